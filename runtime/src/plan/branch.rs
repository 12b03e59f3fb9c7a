//! Names of branches.

/// The longest name of a branch, in bytes.
pub const BRANCH_BYTES_MAX: usize = 200;

/// Tells whether git takes this as the short name of a branch, such as `main` or `feature/x`. A full name that starts with
/// `refs/` is none, and neither is one that a command could take for an option.
#[must_use]
pub fn is_branch(name: &str) -> bool {
    let is_refused = |c: char| c.is_control() || matches!(c, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\');
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    (1..=BRANCH_BYTES_MAX).contains(&name.len())
        && !name.starts_with('-')
        && !name.starts_with("refs/")
        && !name.ends_with('.')
        && !matches!(name, "@" | "HEAD")
        && !name.contains("..")
        && !name.contains("@{")
        && !name.contains(is_refused)
        && name.split('/').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::is_branch;

    #[test]
    fn branches_are_called_as_git_allows() {
        for name in ["main", "feature/x", "a.b", "@x", "release-1", "ä"] {
            assert!(is_branch(name), "{name}");
        }
        let refused = [
            "",
            "-x",
            "refs/heads/main",
            "a..b",
            "a b",
            "a~1",
            "a^",
            "a:b",
            "a?",
            "a*",
            "a[b",
            "a\\b",
            "a.lock",
            "a.lock/b",
            ".a",
            "a/.b",
            "a//b",
            "/a",
            "a/",
            "a.",
            "@",
            "HEAD",
            "a@{1}",
            "a\nb",
            "a\u{7f}",
        ];
        for name in refused {
            assert!(!is_branch(name), "{name:?}");
        }
        assert!(!is_branch(&"a".repeat(201)));
    }
}
