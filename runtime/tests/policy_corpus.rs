//! Policy files that are right and wrong, and the exact words that are said of the wrong ones.
//!
//! `ASSIZE_BLESS=1` writes the words that are said now into the corpus.

use assize::cli::render::{self, Style};
use assize::diagnostic::Diagnostic;
use assize::policy::code::Code;
use assize::policy::summary::Summary;
use assize::policy::{BYTES_MAX, Policy};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A terminal of 80 columns without colour.
const PLAIN: Style = Style {
    columns: 80,
    colour: false,
};

/// The corpus shows what is said of this file, and the file itself is built here: nobody wants to read 256 KiB.
const TOO_LARGE: &str = "P001-too-large";

/// One file of the corpus.
struct Sample {
    name: String,
    bytes: Vec<u8>,
}

#[test]
fn bad_files_are_refused_in_the_words_of_the_corpus() {
    let mut differences = Vec::new();
    for sample in bad() {
        let file_name = format!("{}.toml", sample.name);
        let problems = Policy::parse_bytes(&file_name, &sample.bytes).err().unwrap_or_default();
        assert!(!problems.is_empty(), "{file_name} is accepted");
        let drawn = render::diagnostics(&problems, &String::from_utf8_lossy(&sample.bytes), PLAIN);
        let golden = folder("bad").join(format!("{}.err", sample.name));
        if blesses() {
            fs::write(&golden, &drawn).expect("the corpus can be written");
        } else if fs::read_to_string(&golden).ok().as_ref() != Some(&drawn) {
            differences.push(format!("{}:\n{drawn}", golden.display()));
        }
    }
    assert!(
        differences.is_empty(),
        "other words than in the corpus:\n{}",
        differences.join("\n")
    );
}

#[test]
fn every_golden_text_has_its_file() {
    let names: BTreeSet<_> = bad().into_iter().map(|sample| sample.name).collect();
    let texts: BTreeSet<_> = named(&folder("bad"), "err").into_iter().map(|(name, _)| name).collect();
    assert_eq!(texts, names);
}

#[test]
fn bad_files_break_the_rule_they_are_named_after_and_no_other() {
    for sample in bad().into_iter().filter(|sample| !sample.name.starts_with("mixed-")) {
        let named = sample.name.split('-').next().unwrap_or_default();
        assert_eq!(codes(&sample.bytes), BTreeSet::from([named]), "{}", sample.name);
    }
}

#[test]
fn every_rule_has_a_file_that_breaks_it() {
    let broken: BTreeSet<_> = bad().iter().flat_map(|sample| codes(&sample.bytes)).collect();
    let rules: BTreeSet<_> = Code::ALL.iter().map(|code| code.id()).collect();
    assert_eq!(broken, rules);
}

#[test]
fn every_rule_is_cited_where_it_is_checked() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/policy");
    let folders = ["", "authored", "check", "check/powers"].map(|folder| source.join(folder));
    let texts: String = folders
        .iter()
        .flat_map(|folder| named(folder, "rs"))
        .filter(|(name, _)| name != "code")
        .map(|(_, path)| fs::read_to_string(path).expect("a source file"))
        .collect();
    let comments: Vec<&str> = texts
        .lines()
        .filter_map(|line| line.split_once("//"))
        .map(|(_, text)| text)
        .collect();
    for code in Code::ALL {
        assert!(
            comments.iter().any(|comment| comment.contains(code.id())),
            "no comment cites {}",
            code.id()
        );
    }
}

#[test]
fn drawn_problems_fit_the_terminal() {
    for sample in bad() {
        let problems = Policy::parse_bytes("policy.toml", &sample.bytes)
            .err()
            .unwrap_or_default();
        let drawn = render::diagnostics(&problems, &String::from_utf8_lossy(&sample.bytes), PLAIN);
        for line in drawn.lines() {
            assert!(line.chars().count() <= PLAIN.columns, "{}: {line}", sample.name);
        }
    }
}

#[test]
fn good_files_are_accepted() {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    for folder in [folder("good"), policies.join("examples"), policies] {
        let files = samples(&folder);
        assert!(!files.is_empty(), "{} is empty", folder.display());
        for sample in files {
            if let Err(problems) = Policy::parse_bytes(&sample.name, &sample.bytes) {
                let source = String::from_utf8_lossy(&sample.bytes);
                panic!(
                    "{} is refused:\n{}",
                    sample.name,
                    render::diagnostics(&problems, &source, PLAIN)
                );
            }
        }
    }
}

#[test]
fn large_hostile_files_cost_little() {
    let fill = |piece: &str| piece.repeat((BYTES_MAX - 100) / piece.len());
    let numbered = |pieces: usize, piece: &dyn Fn(usize) -> String| (0..pieces).map(piece).collect::<String>();
    let shapes = [
        fill("["),
        fill("{"),
        fill("a."),
        fill("\""),
        fill("\n"),
        fill("\r"),
        fill("= = =\n"),
        fill("\u{1b}[2J"),
        format!("version = [{}]", fill("[], ")),
        format!("version = 1\n[roles.judge]\nallow = [{}]", fill("\"a\", ")),
        format!(
            "version = 1\n[roles.judge]\nallow = [{}]",
            numbered(255, &|n| format!("\"evidence.{n:0>900}\", "))
        ),
        format!(
            "version = 1\n{}",
            numbered(9_000, &|n| format!("key{n} = {{ a.b.c = {n} }}\n"))
        ),
        format!("version = 1\n{}", numbered(15_000, &|n| format!("[x{n}]\n"))),
        format!("version = 1\n[roles]\n{}", numbered(15_000, &|n| format!("x{n} = 1\n"))),
        format!(
            "version = 1\n[rules]\n{}",
            numbered(9_000, &|n| format!("\"a/b{n}\" = \"x\"\n"))
        ),
        format!("version = 1\n[rules]\n\"a/b\" = [{}]", fill("{}, ")),
        format!(
            "version = 1\n[rules]\n\"a/b\" = {{ {} }}",
            numbered(9_000, &|n| format!("k{n} = 1, "))
        ),
        format!(
            "version = 1\n[rules]\n\"a/b\" = {{ paths = [{}] }}",
            numbered(255, &|_| format!("\"{}\",", "**/a".repeat(200)))
        ),
        format!(
            "version = 1\n{}",
            numbered(64, &|n| {
                let parents = numbered(n, &|parent| format!("\"r{parent}\", "));
                let patterns = numbered(180, &|item| format!("\"{n}-{item}/**\", "));
                format!("[roles.r{n}]\ninherits = [{parents}]\nfiles.read = [{patterns}]\n")
            })
        ),
        format!(
            "version = 1\n{}",
            numbered(2_000, &|n| {
                format!("[[roles.r.http]]\norigin = \"https://h{n}.example\"\nmethods = [\"GET\"]\n")
            })
        ),
        format!(
            "version = 1\n[roles.r]\nprocess.allow = [{}]",
            numbered(250, &|n| format!("[{}\"{n}\"],", "\"*\", ".repeat(180)))
        ),
    ];
    let started = Instant::now();
    for (number, text) in shapes.iter().enumerate() {
        assert!(text.len() <= BYTES_MAX, "shape {number}");
        let problems = Policy::parse("policy.toml", text).expect_err("nothing here is a policy");
        check_drawn(&render::diagnostics(&problems, text, PLAIN), number);
    }
    // Some twenty files take well under a second; what is quadratic in one of them takes minutes.
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
#[expect(clippy::print_stdout, reason = "the seed is what repeats a failure")]
fn damaged_files_never_crash_anything() {
    let seed = std::env::var("ASSIZE_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(20_261_121);
    println!("ASSIZE_SEED={seed}");
    let mut dice = Dice(seed);
    let mut files: Vec<Sample> = bad().into_iter().chain(samples(&folder("good"))).collect();
    files.retain(|sample| sample.bytes.len() < 4_096);
    for round in 0..6_000 {
        let bytes = damaged(&files, &mut dice);
        match Policy::parse_bytes("policy.toml", &bytes) {
            Ok(policy) => check_drawn(&Summary(&policy).to_string(), round),
            Err(problems) => {
                assert!(!problems.is_empty(), "round {round}");
                check_drawn(&draw(&problems, &bytes), round);
            }
        }
    }
}

/// Draws problems with a file that need not be text.
fn draw(problems: &[Diagnostic], bytes: &[u8]) -> String {
    render::diagnostics(problems, &String::from_utf8_lossy(bytes), PLAIN)
}

/// Holds that nothing was drawn that a terminal obeys.
fn check_drawn(drawn: &str, round: usize) {
    assert!(
        drawn
            .chars()
            .all(|character| character == '\n' || !character.is_control()),
        "round {round}: {drawn:?}"
    );
}

/// Returns one of `files` with up to four places damaged.
fn damaged(files: &[Sample], dice: &mut Dice) -> Vec<u8> {
    const WORDS: [&str; 24] = [
        "\"",
        "'",
        "\"\"\"",
        "[",
        "]]",
        "{",
        "}",
        "=",
        "\n",
        "\r",
        "\0",
        "\u{1b}[2J",
        ".",
        "#",
        "é",
        "\u{202e}",
        "\u{feff}",
        "= 9223372036854775808\n",
        "= -1\n",
        "= 1e400\n",
        "[roles]\n",
        "[councils.default]\n",
        "weights = {}\n",
        "[[rules]]\n",
    ];
    let mut bytes = files[dice.below(files.len())].bytes.clone();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        match dice.below(4) {
            0 if at < bytes.len() => bytes[at] = u8::try_from(dice.below(256)).expect("it is below 256"),
            1 => drop(bytes.drain(at..(at + dice.below(40)).min(bytes.len()))),
            2 => drop(bytes.splice(at..at, WORDS[dice.below(WORDS.len())].bytes())),
            _ => {
                let other = &files[dice.below(files.len())].bytes;
                let from = dice.below(other.len());
                let piece = other[from..(from + dice.below(120)).min(other.len())].to_vec();
                drop(bytes.splice(at..at, piece));
            }
        }
    }
    bytes
}

/// Numbers that look random and follow from a seed (splitmix64, Steele, Lea and Flood, 2014).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound.max(1) as u64).expect("it is below a usize")
    }
}

/// Returns the codes of everything that is wrong with a file.
fn codes(bytes: &[u8]) -> BTreeSet<&'static str> {
    let problems = Policy::parse_bytes("policy.toml", bytes).err().unwrap_or_default();
    problems.iter().map(|problem| problem.code).collect()
}

/// Returns every file that must be refused.
fn bad() -> Vec<Sample> {
    let mut bytes = b"version = 1\n".to_vec();
    bytes.resize(BYTES_MAX + 1, b'#');
    let mut all = samples(&folder("bad"));
    all.push(Sample {
        name: TOO_LARGE.to_owned(),
        bytes,
    });
    all
}

/// Returns the policy files of a folder.
fn samples(folder: &Path) -> Vec<Sample> {
    let read = |(name, path)| Sample {
        name,
        bytes: fs::read(path).expect("the file can be read"),
    };
    named(folder, "toml").into_iter().map(read).collect()
}

/// Returns the names and paths of the files of a folder that have an extension, sorted.
fn named(folder: &Path, extension: &str) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let mut files: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| {
            (
                path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
                path,
            )
        })
        .collect();
    files.sort();
    files
}

/// Returns a folder of the corpus.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/corpus/policies")
        .join(name)
}

/// Tells whether the corpus is to be rewritten.
fn blesses() -> bool {
    std::env::var_os("ASSIZE_BLESS").is_some_and(|value| value == "1")
}
