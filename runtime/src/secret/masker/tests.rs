use super::*;

fn masker(values: &[(&str, &str)]) -> Masker {
    let values: Vec<(&str, Value)> = values
        .iter()
        .map(|(name, value)| (*name, Value::new((*value).to_owned())))
        .collect();
    Masker::of(values.iter().map(|(name, value)| (*name, value)))
}

/// Numbers that look random, the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).expect("fits") % end
    }
}

#[test]
fn a_value_and_its_disguises_become_its_name() {
    let masker = masker(&[("token", "s3cr3t/v@lue")]);
    for form in [
        "s3cr3t/v@lue",
        "czNjcjN0L3ZAbHVl",
        "7333637233742f76406c7565",
        "7333637233742F76406C7565",
        "s3cr3t%2Fv%40lue",
        "s3cr3t%2fv%40lue",
        "s3cr3t\\/v@lue",
        "s3cr3t&#x2F;v@lue",
        "%73%33%63%72%33%74%2F%76%40%6C%75%65",
    ] {
        assert_eq!(masker.mask_text(&format!("<{form}>")), "<{{secret:token}}>", "{form}");
    }
}

#[test]
fn a_value_is_found_inside_of_base64_at_each_of_its_places() {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    let masker = masker(&[("token", "s3cr3t/v@lue?>")]);
    for before in ["", "u", "us", "use", "user:"] {
        for after in ["", "x", "xy", "xyz"] {
            let text = format!("{before}s3cr3t/v@lue?>{after}");
            for encoded in [STANDARD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                let masked = masker.mask_text(&encoded);
                assert!(masked.contains("{{secret:token}}"), "{text}: {masked}");
                let kept = masked.replace("{{secret:token}}", "");
                let added = before.len().div_ceil(3) + after.len().div_ceil(3);
                assert!(kept.len() <= added * 4 + 4, "{text}: {masked}");
            }
        }
    }
}

#[test]
fn secrets_that_overlap_leave_no_part_of_either() {
    let masker = masker(&[("one", "abcdefgh"), ("two", "efghijkl"), ("run", "zzzzzzzz")]);
    assert_eq!(masker.mask_text("<abcdefghijkl>"), "<{{secret:one}}>");
    assert_eq!(masker.mask_text("<abcdefghefghijkl>"), "<{{secret:one}}{{secret:two}}>");
    assert_eq!(masker.mask_text("<zzzzzzzzzzzzz>"), "<{{secret:run}}>");
    assert_eq!(masker.mask_text("<zzzzzzz>"), "<zzzzzzz>");
}

#[test]
fn a_line_of_a_value_is_found_alone_and_a_short_one_is_not() {
    let masker = masker(&[("key", "-----BEGIN KEY-----\nc29tZXRoaW5n\nend")]);
    assert_eq!(
        masker.mask_text("line 2: c29tZXRoaW5n end"),
        "line 2: {{secret:key}} end"
    );
}

#[test]
fn without_secrets_everything_passes_at_once() {
    let masker = Masker::default();
    let mut stream = masker.stream();
    assert_eq!(stream.push(b"as it is"), b"as it is");
    assert!(masker.is_empty() && stream.finish().is_empty());
}

/// Any text, cut anywhere, comes out the same, and holds no value any more.
#[test]
fn the_cuts_of_a_stream_change_nothing_and_no_value_remains() {
    let values = [("one", "aababbab"), ("two", "babbabaabab"), ("three", "abababab<>&\"é")];
    let masker = masker(&values);
    let mut pieces: Vec<Vec<u8>> = vec![b"a".to_vec(), b"b".to_vec(), b"aab".to_vec(), b"\n".to_vec()];
    for (_, value) in values {
        pieces.extend(disguise::forms(value));
    }
    let mut dice = Dice(7);
    for _ in 0..2_000 {
        let mut text = Vec::new();
        for _ in 0..dice.below(20) {
            let piece = &pieces[dice.below(pieces.len())];
            let end = if dice.below(3) == 0 {
                dice.below(piece.len() + 1)
            } else {
                piece.len()
            };
            text.extend_from_slice(&piece[..end]);
        }
        let whole = masker.mask(&text);
        for (_, value) in values {
            for form in disguise::forms(value) {
                assert!(memchr::memmem::find(&whole, &form).is_none(), "{text:?}");
            }
        }
        assert_eq!(masker.finds(&text), whole != text, "{text:?}");
        let mut stream = masker.stream();
        let mut cut = Vec::new();
        let mut rest = text.as_slice();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(1 + dice.below(rest.len().min(9)));
            cut.extend(stream.push(piece));
            rest = after;
        }
        cut.extend(stream.finish());
        assert_eq!(cut, whole, "{text:?}");
    }
}

#[test]
fn what_is_held_back_is_shorter_than_the_longest_form() {
    let masker = masker(&[("run", "zzzzzzzz")]);
    let longest = disguise::forms("zzzzzzzz")
        .iter()
        .map(|form| form.len())
        .max()
        .expect("forms");
    let mut stream = masker.stream();
    let mut passed = 0;
    for taken in 1..10_000 {
        passed += stream.push(b"z").len();
        assert!(stream.held.len() < longest && stream.found.len() <= 1, "{taken}");
    }
    assert_eq!(passed, 0);
    assert_eq!(stream.finish(), b"{{secret:run}}");
}

/// Twice as much takes about twice as long, also where every byte could be the start of a secret.
#[test]
fn masking_takes_time_in_proportion() {
    let masker = masker(&[
        ("run", &"z".repeat(4_000)),
        ("other", &format!("{}y", "z".repeat(3_000))),
    ]);
    let time = |bytes: usize| {
        let text = [b"z".repeat(bytes), b"x".to_vec()].concat();
        let started = std::time::Instant::now();
        assert!(masker.mask(&text).len() < bytes);
        started.elapsed()
    };
    time(100_000);
    let (little, much) = (time(200_000), time(1_600_000));
    assert!(much < little * 40, "{little:?} for 200 kB, {much:?} for 1.6 MB");
}
