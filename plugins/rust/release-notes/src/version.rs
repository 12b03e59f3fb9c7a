//! Semantic versions: what the next one is.

use semver::{BuildMetadata, Prerelease, Version};

/// How far a version goes up. Ordered: the largest of all changes decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// Something was mended.
    Patch,
    /// Something was added.
    Minor,
    /// Something that others rely on is otherwise now.
    Major,
}

impl Step {
    /// The step's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

/// Reads a version, with or without a `v` before it.
pub(crate) fn parse(text: &str) -> Option<Version> {
    Version::parse(text.strip_prefix(['v', 'V']).unwrap_or(text)).ok()
}

/// Reads the version at the end of a tag's name: `v1.2.0`, `1.2.0-rc.1`, `name-v1.2.0`, `name/1.2.0`.
fn of_tag(tag: &str) -> Option<Version> {
    let name = tag.rsplit('/').next()?;
    let start = name.char_indices().map(|(at, _)| at).find(|at| {
        let (before, after) = name.split_at_checked(*at).unwrap_or_default();
        after.starts_with(|sign: char| sign.is_ascii_digit())
            && (before.is_empty() || before.ends_with(['v', 'V', '-', '@', '_']))
    })?;
    Version::parse(name.get(start..)?).ok()
}

/// The version after the one that a tag names. Before 1.0.0 nothing is promised: what breaks goes up by a minor step there. A
/// release follows what was on the way to it; without a tag 0.1.0 is the first.
pub(crate) fn next(tag: Option<&str>, step: Option<Step>) -> Result<Version, String> {
    let Some(tag) = tag else {
        return Ok(Version::new(0, 1, 0));
    };
    let last = of_tag(tag).ok_or_else(|| {
        format!("commits.tag: `{tag}` names no semantic version, so no next one follows; say which with the member `version`")
    })?;
    if !last.pre.is_empty() {
        return Ok(Version {
            pre: Prerelease::EMPTY,
            build: BuildMetadata::EMPTY,
            ..last
        });
    }
    let step = match step.unwrap_or(Step::Patch) {
        Step::Major if last.major == 0 => Step::Minor,
        step => step,
    };
    let next = |part: u64| {
        part.checked_add(1)
            .ok_or_else(|| format!("commits.tag: no version follows `{tag}`"))
    };
    Ok(match step {
        Step::Major => Version::new(next(last.major)?, 0, 0),
        Step::Minor => Version::new(last.major, next(last.minor)?, 0),
        Step::Patch => Version::new(last.major, last.minor, next(last.patch)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_change_decides() {
        for (tag, step, expected) in [
            (None, Some(Step::Major), "0.1.0"),
            (Some("v1.2.3"), Some(Step::Patch), "1.2.4"),
            (Some("v1.2.3"), Some(Step::Minor), "1.3.0"),
            (Some("pkg/v1.2.3+5"), Some(Step::Major), "2.0.0"),
            (Some("name-v0.2.3"), Some(Step::Major), "0.3.0"),
            (Some("0.2.3"), Some(Step::Minor), "0.3.0"),
            (Some("v2.0.0-rc.1"), Some(Step::Minor), "2.0.0"),
            (Some("1.2.3"), None, "1.2.4"),
        ] {
            let version = next(tag, step).map(|version| version.to_string());
            assert_eq!(version.as_deref(), Ok(expected), "{tag:?} {step:?}");
        }
        for tag in ["nightly", "v1", "v1.2", "x1.2.3", "v18446744073709551615.0.0"] {
            assert!(next(Some(tag), Some(Step::Major)).is_err(), "{tag}");
        }
    }
}
