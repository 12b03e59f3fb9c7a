//! What one commit says, by the rules of Conventional Commits 1.0.0 (the numbers below are theirs).

/// A message that follows the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    /// The type, in small letters (15: case does not matter).
    pub(crate) kind: String,
    /// The part that is concerned.
    pub(crate) scope: Option<&'a str>,
    /// Whether it breaks what others rely on (11 to 13, 16).
    pub(crate) is_breaking: bool,
    /// What the change is, in one line.
    pub(crate) description: &'a str,
    /// The footers, in their order (8 to 10).
    pub(crate) footers: Vec<Footer<'a>>,
}

/// One footer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Footer<'a> {
    /// Its token.
    pub(crate) token: &'a str,
    /// Its value, which may have several lines.
    pub(crate) value: String,
}

impl<'a> Message<'a> {
    /// Reads a message; nothing where its first line does not follow the rules.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (title, rest) = text.split_once('\n').unwrap_or((text, ""));
        let (head, description) = title.split_once(": ")?;
        let description = description.trim();
        let (head, has_mark) = head.strip_suffix('!').map_or((head, false), |head| (head, true));
        let (kind, scope) = match head.strip_suffix(')') {
            Some(head) => {
                let (kind, scope) = head.split_once('(')?;
                (kind, Some(scope))
            }
            None => (head, None),
        };
        let is_noun = |word: &str| {
            !word.is_empty()
                && word.len() <= 40
                && word.chars().all(|sign| sign.is_alphanumeric() || "-_".contains(sign))
        };
        let is_scope = |scope: &str| !scope.trim().is_empty() && scope.len() <= 100 && !scope.contains(['(', ')']);
        if description.is_empty() || !is_noun(kind) || scope.is_some_and(|scope| !is_scope(scope)) {
            return None;
        }
        let footers = footers(rest);
        Some(Self {
            kind: kind.to_lowercase(),
            scope: scope.map(str::trim),
            is_breaking: has_mark || footers.iter().any(Footer::is_breaking),
            description,
            footers,
        })
    }

    /// What breaks: the footer says it better than the title.
    pub(crate) fn breaks(&self) -> Option<&str> {
        let told = self.footers.iter().find(|footer| footer.is_breaking());
        self.is_breaking
            .then(|| told.map_or(self.description, |footer| &footer.value))
    }
}

impl Footer<'_> {
    fn is_breaking(&self) -> bool {
        matches!(self.token, "BREAKING CHANGE" | "BREAKING-CHANGE")
    }
}

/// Reads the footers: the last paragraphs, from the first on that starts with a token. What follows a token's line belongs to
/// its value until the next token (10).
fn footers(body: &str) -> Vec<Footer<'_>> {
    let mut found: Vec<Footer<'_>> = Vec::new();
    let mut is_after_blank = false;
    for line in body.lines() {
        let footer = token(line).filter(|_| is_after_blank || !found.is_empty());
        if let Some((token, value)) = footer {
            found.push(Footer {
                token,
                value: value.to_owned(),
            });
        } else if let Some(last) = found.last_mut() {
            last.value.push('\n');
            last.value.push_str(line);
        }
        is_after_blank = line.trim().is_empty();
    }
    for footer in &mut found {
        footer.value = footer.value.trim().to_owned();
    }
    found
}

/// Reads `Token: value` or `Token #value` at the start of a line.
fn token(line: &str) -> Option<(&str, &str)> {
    let of_breaking = ["BREAKING CHANGE", "BREAKING-CHANGE"].into_iter().find_map(|token| {
        let value = line.strip_prefix(token)?;
        let value = value.strip_prefix(": ").or_else(|| value.strip_prefix(" #"))?;
        Some((line.get(..token.len())?, value))
    });
    if of_breaking.is_some() {
        return of_breaking;
    }
    let end = line.find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '-'))?;
    let (token, value) = line.split_at_checked(end)?;
    let value = value.strip_prefix(": ").or_else(|| value.strip_prefix(" #"))?;
    token
        .starts_with(|sign: char| sign.is_ascii_alphabetic())
        .then_some((token, value))
}

/// The commits that a message takes back, as far as it names them: git's own sentence, or the footers of a `revert`.
pub(crate) fn reverted(text: &str) -> Vec<&str> {
    const SENTENCE: &str = "This reverts commit ";
    let is_id = |word: &&str| (7..=64).contains(&word.len()) && word.bytes().all(|digit| digit.is_ascii_hexdigit());
    let word = |text: &'_ str| -> usize { text.find(|sign: char| !sign.is_ascii_hexdigit()).unwrap_or(text.len()) };
    let of_git = text.split(SENTENCE).skip(1).filter_map(|rest| rest.get(..word(rest)));
    let is_revert = Message::parse(text).is_some_and(|message| message.kind == "revert");
    let lines = text.lines().filter(|_| is_revert).filter_map(|line| {
        let (token, value) = token(line)?;
        ["refs", "ref", "reverts"]
            .contains(&token.to_lowercase().as_str())
            .then_some(value)
    });
    let of_footers = lines.flat_map(|value| value.split([',', ' ', ';']));
    of_git.chain(of_footers).filter(is_id).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_rules_are_read() {
        let message = Message::parse(
            "feat: allow provided config object to extend other configs\n\nBREAKING CHANGE: `extends` key in config file is \
             now used for extending other config files",
        )
        .unwrap();
        assert_eq!((message.kind.as_str(), message.scope), ("feat", None));
        assert!(message.breaks().unwrap().starts_with("`extends` key"));
        let message = Message::parse("feat(api)!: send an email to the customer when a product is shipped").unwrap();
        assert_eq!((message.scope, message.is_breaking), (Some("api"), true));
        assert_eq!(
            message.breaks(),
            Some("send an email to the customer when a product is shipped")
        );
        let message = Message::parse(
            "fix: prevent racing of requests\n\nIntroduce a request id and a reference to latest request.\n\nRemove \
             timeouts which were used to mitigate the racing issue.\n\nReviewed-by: Z\nRefs: #123\nFixes #7",
        )
        .unwrap();
        let footers: Vec<_> = message
            .footers
            .iter()
            .map(|footer| (footer.token, footer.value.as_str()))
            .collect();
        assert_eq!(footers, [("Reviewed-by", "Z"), ("Refs", "#123"), ("Fixes", "7")]);
        assert_eq!(Message::parse("FIX(Lang): x").unwrap().kind, "fix");
    }

    #[test]
    fn a_value_goes_on_until_the_next_token() {
        let message =
            Message::parse("fix: x\n\nbody: no\nmore\n\nBREAKING-CHANGE: one\n two\n\nthree\nSigned-off-by: A")
                .unwrap();
        // The first paragraph looks like footers too; the rules cannot tell it apart.
        let breaking = message
            .footers
            .iter()
            .find(|footer| footer.token == "BREAKING-CHANGE")
            .unwrap();
        assert_eq!(breaking.value, "one\n two\n\nthree");
        assert!(message.is_breaking);
        // Small letters do not break anything, and neither does a line inside of a paragraph.
        assert!(!Message::parse("fix: x\n\nbreaking change: no").unwrap().is_breaking);
        assert!(!Message::parse("fix: x\nBREAKING CHANGE: no").unwrap().is_breaking);
    }

    #[test]
    fn other_titles_follow_no_rules() {
        for title in [
            "",
            "Add a thing",
            "feat:x",
            "feat : x",
            "feat(): x",
            "feat( ): x",
            ": x",
            "feat: ",
            "two words: x",
            "feat(a)(b): x",
            "feat(a: x",
            "Merge branch 'a': b",
        ] {
            assert_eq!(Message::parse(title), None, "{title}");
        }
    }

    #[test]
    fn what_is_taken_back_is_found() {
        let id = "676104e4d1e0ad5a58aa5db4f4b9e1a2f4c7e8d9";
        let git = format!("Revert \"x\"\n\nThis reverts commit {id}.\n");
        assert_eq!(reverted(&git), [id]);
        assert_eq!(reverted("revert: x\n\nRefs: 676104e, a215868"), ["676104e", "a215868"]);
        assert!(reverted("fix: x\n\nRefs: 676104e").is_empty());
        assert!(reverted("This reverts commit nothing").is_empty());
    }
}
