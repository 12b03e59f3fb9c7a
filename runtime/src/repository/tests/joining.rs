//! Joining two changes, held against what git makes of them.

use assize_provenance::reader::ObjectId;

use super::Bed;
use crate::repository::join::{Joined, join};

/// What git makes of it, without looking for renames, by the same algorithm for lines: a tree, or nothing for conflicts.
fn by_git(bed: &Bed, base: &str, ours: &str, theirs: &str) -> Option<String> {
    let output = std::process::Command::new("git")
        .args([
            "-c",
            "merge.renames=false",
            "merge-tree",
            "--write-tree",
            "-Xno-renames",
            "-Xdiff-algorithm=myers",
        ])
        .arg(format!("--merge-base={base}"))
        .args([ours, theirs])
        .current_dir(bed.path("work"))
        .env("HOME", bed.folder.path())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(output.status.code().is_some_and(|code| code < 2), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then(|| text.trim().to_owned())
}

fn tree(bed: &Bed, commit: &str) -> ObjectId {
    bed.git("work", &["rev-parse", &format!("{commit}^{{tree}}")])
        .parse()
        .unwrap()
}

fn ours(bed: &Bed, base: &str, our: &str, their: &str) -> Joined {
    let repository = bed.open("work").unwrap();
    join(
        repository.objects().as_ref(),
        tree(bed, base),
        tree(bed, our),
        tree(bed, their),
    )
    .unwrap()
}

/// A few files with a few lines, changed by chance.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn change(&mut self, files: &mut std::collections::BTreeMap<String, Vec<String>>) {
        const NAMES: [&str; 7] = ["a", "b", "c/d", "c/e", "c", "f/g/h", "f/g"];
        for _ in 0..=self.below(3) {
            let name = NAMES[self.below(7) as usize].to_owned();
            match self.below(6) {
                0 => {
                    files.remove(&name);
                }
                1 => {
                    let lines = (0..self.below(4)).map(|line| format!("new {line}")).collect();
                    files.insert(name, lines);
                }
                _ => {
                    if let Some(lines) = files.get_mut(&name) {
                        let place = self.below(lines.len() as u64 + 1) as usize;
                        match self.below(3) {
                            0 if place < lines.len() => {
                                lines.remove(place);
                            }
                            1 if place < lines.len() => lines[place] = format!("changed {}", self.below(3)),
                            _ => lines.insert(place, format!("more {}", self.below(3))),
                        }
                    }
                }
            }
            // A file and a folder cannot have one name.
            for (file, below) in [("c", ["c/d", "c/e"]), ("f/g", ["f/g/h", "f/g/h"])] {
                if files.contains_key(file) && below.iter().any(|name| files.contains_key(*name)) {
                    if self.below(2) == 0 {
                        files.remove(file);
                    } else {
                        below.iter().for_each(|name| drop(files.remove(*name)));
                    }
                }
            }
        }
    }
}

fn commit(bed: &Bed, files: &std::collections::BTreeMap<String, Vec<String>>) -> String {
    let index = bed.path("index");
    let _ = std::fs::remove_file(&index);
    let lines: Vec<String> = files
        .iter()
        .map(|(name, lines)| {
            let file = bed.path("contents");
            std::fs::write(&file, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
            let id = bed.git("work", &["hash-object", "-w", file.to_str().unwrap()]);
            format!("100644 {id}\t{name}\n")
        })
        .collect();
    let repository = bed.open("work").unwrap();
    let mut overlay = crate::repository::overlay::Overlay::over(None);
    let files = lines
        .iter()
        .map(|line| {
            let (id, name) = line
                .strip_prefix("100644 ")
                .unwrap()
                .trim_end()
                .split_once('\t')
                .unwrap();
            (
                name.as_bytes().to_vec(),
                (assize_provenance::tree::Mode::File, id.parse().unwrap()),
            )
        })
        .collect();
    let root = overlay.put_tree(&files);
    drop(repository);
    let objects = overlay.into_objects();
    bed.open("work").unwrap().write_pack(&objects).unwrap();
    bed.git("work", &["commit-tree", "-m", "x", &root.to_string()])
}

#[test]
fn joined_trees_are_those_of_git() {
    let Some(bed) = Bed::new() else { return };
    let (mut trees, mut conflicts) = (0, 0);
    for seed in 0..60 {
        let mut chance = Chance(seed);
        let mut base = std::collections::BTreeMap::new();
        for name in ["a", "b", "c/d", "c/e", "f/g"] {
            base.insert(name.to_owned(), (0..12).map(|line| format!("line {line}")).collect());
        }
        let (mut our, mut their) = (base.clone(), base.clone());
        chance.change(&mut our);
        chance.change(&mut their);
        let [base, our, their] = [&base, &our, &their].map(|files| commit(&bed, files));
        match (ours(&bed, &base, &our, &their), by_git(&bed, &base, &our, &their)) {
            (Joined::Tree { tree, objects }, Some(expected)) => {
                trees += 1;
                assert_eq!(tree.to_string(), expected, "seed {seed}");
                bed.open("work").unwrap().write_pack(&objects).unwrap();
                assert_eq!(bed.git("work", &["cat-file", "-t", &expected]), "tree");
            }
            (Joined::Conflicts(_), None) => conflicts += 1,
            (joined, expected) => panic!("seed {seed}: {joined:?}, and git says {expected:?}"),
        }
    }
    assert!(trees > 10 && conflicts > 10, "{trees} trees, {conflicts} conflicts");
}

#[test]
fn what_does_not_go_together_is_named() {
    let Some(bed) = Bed::new() else { return };
    let files = |entries: &[(&str, &str)]| {
        let lines = |text: &str| text.split_terminator('\n').map(ToOwned::to_owned).collect();
        let files = entries
            .iter()
            .map(|(name, text)| ((*name).to_owned(), lines(text)))
            .collect();
        commit(&bed, &files)
    };
    let base = files(&[("a", "1\n2\n3\n"), ("b", "1\n"), ("c", "\0\n")]);
    let our = files(&[
        ("a", "1\nours\n3\n"),
        ("c", "\0ours\n"),
        ("d", "ours\n"),
        ("e/f", "x\n"),
    ]);
    let their = files(&[
        ("a", "1\ntheirs\n3\n"),
        ("b", "2\n"),
        ("c", "\0theirs\n"),
        ("d", "theirs\n"),
    ]);
    let Joined::Conflicts(found) = ours(&bed, &base, &our, &their) else {
        panic!()
    };
    let found: Vec<(String, &str)> = found
        .into_iter()
        .map(|conflict| (conflict.path.to_string(), conflict.reason))
        .collect();
    assert_eq!(
        found,
        [
            ("a".to_owned(), "both sides changed the same lines of it"),
            ("b".to_owned(), "one side changed it and the other removed it"),
            ("c".to_owned(), "both sides changed it, and it is no text file"),
            ("d".to_owned(), "both sides added it, with different contents"),
        ]
    );
    let other = files(&[("a", "1\n2\n3\n"), ("b", "1\n"), ("c", "\0\n"), ("e", "a file\n")]);
    assert!(matches!(ours(&bed, &base, &our, &other), Joined::Conflicts(found) if found[0].path.to_string() == "e"));
}
