//! Ways into `.git` and `.assize`.

use serde_json::json;

use crate::hostile::steps::{append, every_way, list, read, remove, rename, search, write};
use crate::hostile::{Attack, Family, Ground};

/// The attacks of this family. They are made in a role whose patterns are `**`.
pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        id: "git-hook",
        family: Family::Guarded,
        tries: "Plants a hook that git would start, and changes the one that is there.",
        stopped_by: "`.git` matches no wildcard: no pattern grants it unless it is named.",
        act: |ground| ways_in(ground, &[".git/hooks/pre-commit", ".git/hooks/post-checkout"]),
    },
    Attack {
        id: "git-config",
        family: Family::Guarded,
        tries: "Reads and writes git's configuration, which can name commands to start.",
        stopped_by: "`.git` matches no wildcard, for reading as for writing.",
        act: |ground| ways_in(ground, &[".git/config", ".git/HEAD", ".git/info/attributes"]),
    },
    Attack {
        id: "git-listed-and-searched",
        family: Family::Guarded,
        tries: "Lists and searches `.git` and `.assize`.",
        stopped_by: "A search and a list pass over what no pattern opens.",
        act: |ground| {
            ground
                .steps_as(
                    "wide",
                    vec![
                        list(".git"),
                        list(".git/hooks"),
                        search(".git", "the-secret-"),
                        list(".assize"),
                        search(".assize", "the-secret-"),
                    ],
                )?
                .all_refused_as(&["denied"])
        },
    },
    Attack {
        id: "git-in-capitals",
        family: Family::Guarded,
        tries: "Spells `.git` as `.GIT`, `.Git`, `.gIt`, which many file systems take for the same.",
        stopped_by: "Names that a file system may take for `.git` are guarded like it, on every machine.",
        act: |ground| spelled(ground, &[".GIT", ".Git", ".gIt", ".giT"]),
    },
    Attack {
        id: "git-by-its-short-name",
        family: Family::Guarded,
        tries: "Uses the short names of Windows: `git~1`, `GIT~2`.",
        stopped_by: "Short names of `.git` are guarded like it.",
        act: |ground| spelled(ground, &["git~1", "GIT~1", "git~2", "Git~4"]),
    },
    Attack {
        id: "git-with-dots-and-spaces",
        family: Family::Guarded,
        tries: "Adds what Windows cuts off: `.git.`, `.git `, `.git. .`.",
        stopped_by: "Dots and spaces behind a guarded name are passed over when it is compared.",
        act: |ground| spelled(ground, &[".git.", ".git ", ".git...", ".git. . ", ".GIT "]),
    },
    Attack {
        id: "git-as-a-stream",
        family: Family::Guarded,
        tries: "Names a stream of `.git`, as NTFS has them: `.git::$INDEX_ALLOCATION`.",
        stopped_by: "What follows a colon is passed over when a guarded name is compared.",
        act: |ground| spelled(ground, &[".git::$INDEX_ALLOCATION", ".git:x", ".GIT::$DATA", "git~1:x"]),
    },
    Attack {
        id: "git-with-invisible-letters",
        family: Family::Guarded,
        tries: "Puts characters into `.git` that some file systems ignore, such as U+200C and U+FEFF.",
        stopped_by: "Characters that file systems ignore are passed over when a guarded name is compared.",
        act: |ground| {
            spelled(
                ground,
                &[
                    ".g\u{200c}it",
                    ".git\u{200d}",
                    "\u{feff}.git",
                    ".gi\u{206f}t",
                    ".G\u{202c}IT",
                ],
            )
        },
    },
    Attack {
        id: "git-behind-a-backslash",
        family: Family::Guarded,
        tries: "Hides `.git` behind a backslash, which parts folders on Windows.",
        stopped_by: "Each piece between backslashes is compared with the guarded names.",
        act: |ground| {
            let steps = ["src\\x5c.git\\x5cconfig", ".git\\x5cconfig", "src/a\\x5c.GIT"]
                .into_iter()
                .flat_map(|path| [write(path), read(path)]);
            ground.steps_as("wide", steps.collect())?.all_refused()
        },
    },
    Attack {
        id: "git-further-down",
        family: Family::Guarded,
        tries: "Makes a repository of its own below an open folder: `src/.git/config`, and a file `src/.git` that names another.",
        stopped_by: "A guarded name is guarded in every part of a path.",
        act: |ground| {
            let mut steps = every_way("src/.git/config");
            steps.extend(every_way("src/deep/.git"));
            steps.push(json!(["write", "src/.git", "gitdir: ../../outside\n", "keep"]));
            ground.steps_as("wide", steps)?.all_refused()
        },
    },
    Attack {
        id: "rename-over-git",
        family: Family::Guarded,
        tries: "Moves `.git` away, and a folder of its own into its place.",
        stopped_by: "Both paths of a move must be open, and `.git` is not.",
        act: |ground| {
            let steps = vec![
                rename(".git", "src/git"),
                rename("src", ".git"),
                rename("src/deep", ".git/hooks/deep"),
                rename(".git/config", "src/config"),
                rename("src/main.rs", ".git/hooks/pre-commit"),
                rename("src/deep", "src/.GIT"),
                remove(".git"),
                remove(".git/config"),
            ];
            ground.steps_as("wide", steps)?.all_refused()
        },
    },
    Attack {
        id: "own-policy",
        family: Family::Guarded,
        tries: "Writes the policy that it is judged by, and gives itself more.",
        stopped_by: "`.assize` matches no wildcard; and the policy is read from the revision that a change starts from.",
        act: |ground| {
            ways_in(
                ground,
                &[
                    ".assize/policy.toml",
                    ".assize/plugins.lock",
                    ".assize/waivers/mine.toml",
                ],
            )
        },
    },
    Attack {
        id: "own-policy-spelled-otherwise",
        family: Family::Guarded,
        tries: "Spells `.assize` in capitals, by its short name, with dots and with invisible letters.",
        stopped_by: "All spellings of `.assize` are guarded like those of `.git`.",
        act: |ground| {
            spelled(
                ground,
                &[
                    ".ASSIZE",
                    ".Assize",
                    "ASSIZE~1",
                    ".assize.",
                    ".assize ",
                    ".as\u{200c}size",
                ],
            )
        },
    },
    Attack {
        id: "appends-behind-the-policy",
        family: Family::Guarded,
        tries: "Appends a line to the policy through a hard link that lies in an open folder.",
        stopped_by: "A file with several names is copied before anything is written behind its end.",
        act: |ground| {
            let (policy, link) = (
                ground.path("work/.assize/policy.toml"),
                ground.path("work/src/policy.toml"),
            );
            std::fs::hard_link(policy, link).map_err(|error| error.to_string())?;
            ground
                .steps_as("wide", vec![append("src/policy.toml"), write("src/policy.toml")])?
                .answered()
        },
    },
];

/// Held when a role with the patterns `**` is refused every use of these paths.
fn ways_in(ground: &Ground, paths: &[&str]) -> Result<String, String> {
    let steps = paths.iter().flat_map(|path| every_way(path)).collect();
    ground.steps_as("wide", steps)?.all_refused()
}

/// Held when a name cannot be made or used, at the top and further down.
fn spelled(ground: &Ground, names: &[&str]) -> Result<String, String> {
    let paths = names.iter().flat_map(|name| {
        [
            format!("{name}/hooks/pre-commit"),
            format!("src/{name}/config"),
            format!("src/{name}"),
        ]
    });
    let steps = paths.flat_map(|path| [write(&path), read(&path), list(&path), rename("src/main.rs", &path)]);
    ground.steps_as("wide", steps.collect())?.all_refused()
}
