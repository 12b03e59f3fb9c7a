//! `go.mod` and `go.sum`. Every required module names one version.

use crate::dependency::{Declared, Locked, Source};

/// What a manifest asks for. Modules that only others need are left out.
pub(crate) fn declared(text: &str) -> Vec<Declared> {
    let mut declared: Vec<Declared> = Vec::new();
    let mut replaced = Vec::new();
    let mut block = "";
    for line in text.lines() {
        let (line, is_indirect) = line.split_once("//").map_or((line, false), |(before, comment)| {
            (before, comment.trim().starts_with("indirect"))
        });
        let mut words: Vec<&str> = line
            .split_whitespace()
            .map(|word| word.trim_matches(['"', '`']))
            .collect();
        if words.as_slice() == [")"] {
            block = "";
            continue;
        }
        let directive = if block.is_empty() && !words.is_empty() {
            words.remove(0)
        } else {
            block
        };
        match (directive, words.as_slice()) {
            (_, ["("]) => block = directive,
            ("require", [name, version]) if !is_indirect => declared.push(Declared {
                name: (*name).to_owned(),
                requirement: (*version).to_owned(),
                is_exact: true,
                source: Source::Registry(None),
                is_dev: false,
            }),
            ("replace", [name, "=>", place] | [name, _, "=>", place]) => {
                replaced.push((*name, Source::Folder((*place).to_owned())));
            }
            ("replace", [name, "=>", place, version] | [name, _, "=>", place, version]) => {
                replaced.push((*name, Source::Address(format!("{place} {version}"))));
            }
            _ => {}
        }
    }
    for (name, source) in replaced {
        for declared in declared.iter_mut().filter(|declared| declared.name == name) {
            declared.source = source.clone();
        }
    }
    declared
}

/// What the sums hold: modules whose contents are known, in every version that was ever considered.
pub(crate) fn locked(text: &str) -> Locked {
    let mut locked = Locked::default();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [name, version, _] = words.as_slice()
            && !version.ends_with("/go.mod")
        {
            locked.add(name, version, Source::Registry(None));
        }
    }
    locked
}
