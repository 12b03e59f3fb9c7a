//! What anybody wrote, as Markdown that shows just that: no markup, no HTML, nobody called, nothing hidden.

/// The longest line that is shown, in characters.
const CHARACTERS_MAX: usize = 400;
/// Signs that Markdown or HTML may read in the midst of a line.
const MARKUP: &str = "\\`*_{}[]<>()|~&$";

/// One line of plain text. Text between single backticks stays code, which shows as it is.
pub(crate) fn plain(text: &str) -> String {
    let line = one_line(text);
    let pieces: Vec<&str> = line.split('`').collect();
    // An even number of backticks, with something between each pair.
    let is_code = |place: usize| place % 2 == 1;
    let is_paired = pieces.len() % 2 == 1
        && pieces
            .iter()
            .enumerate()
            .all(|(place, piece)| !is_code(place) || !piece.trim().is_empty());
    if !is_paired {
        return escaped(&line);
    }
    let mut shown = String::with_capacity(line.len());
    for (place, piece) in pieces.into_iter().enumerate() {
        if is_code(place) {
            shown.push('`');
            shown.push_str(piece);
            shown.push('`');
        } else {
            shown.push_str(&escaped(piece));
        }
    }
    shown
}

/// The same without line breaks, control characters and signs that turn or hide what follows them.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for (count, word) in text
        .split(|sign: char| sign.is_whitespace() || sign.is_control())
        .filter(|word| !word.is_empty())
        .enumerate()
    {
        if count > 0 {
            line.push(' ');
        }
        line.extend(word.chars().filter(|sign| !is_hidden(*sign)));
    }
    if line.chars().count() > CHARACTERS_MAX {
        line = line.chars().take(CHARACTERS_MAX).collect();
        line.push('…');
    }
    line
}

fn is_hidden(sign: char) -> bool {
    matches!(
        sign,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    // What begins a line may begin a heading or a list.
    let (mut is_start, mut is_number) = (true, true);
    for sign in text.chars() {
        let begins = (is_start && "#+-=!:".contains(sign)) || (!is_start && is_number && sign == '.');
        if begins || MARKUP.contains(sign) {
            shown.push('\\');
        }
        shown.push(sign);
        if sign == '@' {
            // A sign that is not seen keeps `@name` from calling somebody.
            shown.push('\u{2060}');
        }
        is_start = false;
        is_number &= sign.is_ascii_digit();
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_of_others_is_text() {
        for (text, shown) in [
            ("add a thing", "add a thing"),
            ("use `a_b` and `<c>`", "use `a_b` and `<c>`"),
            ("a ` b", "a \\` b"),
            ("``x``", "\\`\\`x\\`\\`"),
            ("<script>x</script>", "\\<script\\>x\\</script\\>"),
            ("[a](http://x) ![b](c)", "\\[a\\]\\(http://x\\) !\\[b\\]\\(c\\)"),
            ("thanks @everyone", "thanks @\u{2060}everyone"),
            ("a\n# b\n\u{202e}c\u{200b}d\u{7}e", "a # b cd e"),
            ("*b* _i_ ~s~ &amp; \\", "\\*b\\* \\_i\\_ \\~s\\~ \\&amp; \\\\"),
        ] {
            assert_eq!(plain(text), shown, "{text}");
        }
        assert_eq!(plain(&"x".repeat(1_000)).chars().count(), CHARACTERS_MAX + 1);
    }
}
