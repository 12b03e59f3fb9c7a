//! What single changes of a policy are called. That no widening is missed is held by the tests over small worlds.

use super::{Change, Effect, diff};
use crate::policy::Policy;

const BASE: &str = r#"
version = 1
default_tier = 2

[roles.judge]
allow = ["evidence.*"]

[roles.observer]
allow = ["messages.get"]
deny = ["tasks.create"]

[roles.developer]
inherits = ["observer"]
allow = ["workspace.read", "workspace.write", "tasks.claim"]
[roles.developer.files]
read = ["**"]
write = ["src/**"]
[[roles.developer.http]]
origin = "https://api.example.com"
methods = ["GET"]
path_prefix = "/repos/"
[[roles.developer.secrets]]
name = "token"
origin = "https://api.example.com"
header = "authorization"
[roles.developer.process]
allow = [["cargo", "test", "*"]]
[roles.developer.environment]
allow = ["LANG"]
set = { MODE = "quiet" }
[roles.developer.tasks]
types = ["code"]
can_reassign = false
[roles.developer.limits]
memory_mib = 128

[agents.scribe]
plugin = "codemod"
role = "observer"

[judges.technical]
plugin = "technical"
role = "judge"
[judges.quality]
plugin = "quality"
role = "judge"

[tiers.2]
files = 50

[rules]
"technical/placeholder" = [{ mode = "warn", paths = ["docs/**"] }, "block"]
"technical/large-file" = { max_kib = 256 }
"quality/coverage-low" = { min_percent = 80 }

[councils.default]
judges = ["technical", "quality"]
quorum = 2
veto = ["technical"]
"#;

fn parse(text: &str) -> Policy {
    Policy::parse("policy.toml", text).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"))
}

/// The changes that follow from replacing a text of the policy by another.
fn change(from: &str, to: &str) -> Vec<Change> {
    assert!(BASE.contains(from), "{from}");
    diff(&parse(BASE), &parse(&BASE.replacen(from, to, 1)))
}

fn said(changes: &[Change], effect: Effect) -> Vec<String> {
    let of_effect = changes.iter().filter(|change| change.effect == effect);
    of_effect
        .map(|change| format!("{} {}", change.subject, change.text))
        .collect()
}

/// Every row is one change of the policy and everything that it widens. Read backwards, the same change narrows.
const WIDENINGS: &[(&str, &str, &[&str])] = &[
    (
        "allow = [\"messages.get\"]",
        "allow = [\"messages.get\", \"messages.post\"]",
        &[
            "role `developer` may now use `messages.post`: post messages",
            "role `observer` (agent `scribe`) may now use `messages.post`: post messages",
        ],
    ),
    (
        "allow = [\"workspace.read\", ",
        "allow = [\"workspace.*\", ",
        &[
            "role `developer` may now use `workspace.list`: list folders, as far as the role's `files.read` opens them",
            "role `developer` may now use `workspace.remove`: remove files and empty folders, as far as the role's \
             `files.write` opens them",
            "role `developer` may now use `workspace.rename`: rename files and folders, as far as the role's `files.write` \
             opens both paths",
            "role `developer` may now use `workspace.search`: search files, as far as the role's `files.read` opens them",
            "role `developer` may now use `workspace.diff`: see what it has changed, as far as the role's `files.read` \
             opens it",
            "role `developer` allows \"workspace.*\", which also covers functions of later versions",
        ],
    ),
    (
        "deny = [\"tasks.create\"]",
        "",
        &[
            "role `developer` no longer denies \"tasks.create\", so that an `allow` of it counts",
            "role `observer` (agent `scribe`) no longer denies \"tasks.create\", so that an `allow` of it counts",
        ],
    ),
    (
        "write = [\"src/**\"]",
        "write = [\"src/**\", \"tests/**\"]",
        &["role `developer` may now write `tests/**`"],
    ),
    (
        "write = [\"src/**\"]",
        "write = [\"s*/**\"]",
        &["role `developer` may now write `s*/**`"],
    ),
    (
        "read = [\"**\"]",
        "read = [\"**\", \".git/HEAD\"]",
        &["role `developer` may now read `.git/HEAD`"],
    ),
    (
        "methods = [\"GET\"]",
        "methods = [\"GET\", \"POST\"]",
        &["role `developer` may now send `GET/POST https://api.example.com/repos/`"],
    ),
    (
        "path_prefix = \"/repos/\"",
        "path_prefix = \"/repos\"",
        &["role `developer` may now send `GET https://api.example.com/repos`"],
    ),
    (
        "header = \"authorization\"",
        "query = \"token\"",
        &["role `developer` may now use the secret `token to https://api.example.com in the parameter token`"],
    ),
    (
        "[\"cargo\", \"test\", \"*\"]",
        "[\"cargo\", \"test\", \"**\"]",
        &["role `developer` may now run `cargo test **`"],
    ),
    (
        "allow = [\"LANG\"]",
        "allow = [\"LANG\", \"HOME\"]",
        &["role `developer` now sees the variable `HOME` as it is outside"],
    ),
    (
        "MODE = \"quiet\"",
        "MODE = \"loud\"",
        &["role `developer` now sees the variable `MODE` \"loud\""],
    ),
    (
        "types = [\"code\"]",
        "types = [\"code\", \"release\"]",
        &["role `developer` may now take tasks of type `release`"],
    ),
    (
        "types = [\"code\"]",
        "",
        &["role `developer` may now take tasks of every type"],
    ),
    (
        "can_reassign = false",
        "",
        &["role `developer` may now give away tasks that others hold"],
    ),
    (
        "memory_mib = 128",
        "memory_mib = 256",
        &["role `developer` `memory_mib` rises from 128 to 256"],
    ),
    (
        "role = \"observer\"",
        "role = \"judge\"",
        &[
            "agent `scribe` may now use `evidence.*`",
            "agent `scribe` no longer denies \"tasks.create\", so that an `allow` of it counts",
            "agent `scribe` allows \"evidence.*\", which also covers functions of later versions",
        ],
    ),
    (
        "plugin = \"codemod\"",
        "plugin = \"./mine.wasm\"",
        &["agent `scribe` is another plugin: `./mine.wasm` in place of `codemod`"],
    ),
    (
        "[agents.scribe]",
        "[agents.second]\nplugin = \"x\"\nrole = \"developer\"\n[agents.scribe]",
        &["agent `second` is new: the plugin `x` holds the role `developer`"],
    ),
    (
        "plugin = \"quality\"",
        "plugin = \"./quality.wasm\"",
        &["judge `quality` is another plugin: `./quality.wasm` in place of `quality`"],
    ),
    (
        "quorum = 2",
        "quorum = 1",
        &["council `default` `quorum` falls from 2 to 1"],
    ),
    (
        "veto = [\"technical\"]",
        "",
        &["council `default` takes the veto from the judge `technical`"],
    ),
    (
        "quorum = 2\n",
        "quorum = 2\nrule = \"majority\"\n",
        &["council `default` decides by the rule \"majority\" in place of \"unanimous\""],
    ),
    (
        "judges = [\"technical\", \"quality\"]\nquorum = 2",
        "judges = [\"technical\"]\nquorum = 1",
        &[
            "council `default` no longer hears the judge `quality`",
            "council `default` `quorum` falls from 2 to 1",
        ],
    ),
    (
        "quorum = 2\n",
        "quorum = 2\nshow_author = true\n",
        &["council `default` shows the judges who wrote a change"],
    ),
    ("files = 50", "files = 51", &["tier 2 `files` rises from 50 to 51"]),
    (
        "\"block\"]",
        "\"warn\"]",
        &["rule `technical/placeholder` only warns wherever nothing else is said"],
    ),
    (
        "mode = \"warn\", paths",
        "mode = \"off\", paths",
        &["rule `technical/placeholder` is off in `docs/**`"],
    ),
    (
        "paths = [\"docs/**\"]",
        "paths = [\"docs/**\", \"src/**\"]",
        &["rule `technical/placeholder` only warns in `src/**`"],
    ),
    (
        "max_kib = 256",
        "max_kib = 512",
        &["rule `technical/large-file` `max_kib` is 512 in place of 256"],
    ),
    (
        "min_percent = 80",
        "min_percent = 70",
        &["rule `quality/coverage-low` `min_percent` is 70 in place of 80"],
    ),
];

#[test]
fn every_widening_is_named_and_every_way_back_narrows() {
    assert!(WIDENINGS.len() >= 20);
    for (from, to, expected) in WIDENINGS {
        let changes = change(from, to);
        assert_eq!(&said(&changes, Effect::Widens), expected, "{from} → {to}");
        let narrowing = said(&changes, Effect::Narrows);
        let replaces = ["header =", "plugin =", "role = \"observer\""];
        if !replaces.iter().any(|key| from.starts_with(key)) {
            assert!(narrowing.is_empty(), "{from} → {to}: {narrowing:?}");
            let back = diff(&parse(&BASE.replacen(from, to, 1)), &parse(BASE));
            let is_set_anew = from.starts_with("MODE") || from.starts_with("judges =");
            assert_eq!(
                said(&back, Effect::Widens).is_empty(),
                !is_set_anew,
                "{from} ← {to}: {back:#?}"
            );
            assert!(is_set_anew || !said(&back, Effect::Narrows).is_empty(), "{from} ← {to}");
        }
    }
}

#[test]
fn a_widening_knows_its_line() {
    let changes = change("write = [\"src/**\"]", "write = [\n\"src/**\",\n\"tests/**\"]");
    let line = BASE
        .lines()
        .position(|line| line.starts_with("write"))
        .map(|line| line + 3);
    assert_eq!(changes[0].line.map(|(_, line)| line), line);
}

#[test]
fn nothing_is_said_of_what_is_the_same_in_other_words() {
    for (from, to) in [
        ("write = [\"src/**\"]", "write = [\"src/**\", \"src/a/*.rs\"]"),
        (
            "allow = [\"evidence.*\"]",
            "allow = [\"evidence.*\", \"evidence.read\", \"log.write\"]",
        ),
        ("memory_mib = 128", "memory_mib = 128\nwall_seconds = 30"),
        ("default_tier = 2", "default_tier = 2 # as ever"),
        ("quorum = 2\n", "rule = \"unanimous\"\n"),
        ("[tiers.2]", "[tiers.1]\nfiles = 10\n[tiers.2]"),
        ("\"block\"]", "{ mode = \"block\", paths = [\"src/**\"] }]"),
        (
            "max_kib = 256 }\n",
            "max_kib = 256 }\n\"technical/god-file\" = { warn_lines = 1_750 }\n",
        ),
    ] {
        assert_eq!(change(from, to), [], "{from} → {to}");
    }
}

#[test]
fn a_judge_that_sees_less_is_weaker() {
    let changes = change(
        "allow = [\"evidence.*\"]",
        "allow = [\"evidence.*\"]\ndeny = [\"evidence.read\"]",
    );
    assert_eq!(
        said(&changes, Effect::Widens),
        [
            "role `judge` (judge `quality`, judge `technical`) may no longer use `evidence.read`: read any file of the repository, \
          before and after the change, so that it judges with less before it"
        ]
    );
    let changes = change(
        "allow = [\"evidence.*\"]",
        "allow = [\"evidence.*\"]\nlimits.fuel_millions = 1",
    );
    assert_eq!(said(&changes, Effect::Widens).len(), 1);
}

#[test]
fn a_new_council_and_another_default_widen() {
    let to = "[councils.lax]\njudges = [\"quality\"]\n[councils.default]";
    assert_eq!(
        said(&change("[councils.default]", to), Effect::Widens),
        ["council `lax` is new, and its verdicts can be asked for"]
    );
    let both = BASE
        .replace("[councils.default]", to)
        .replace("default_tier = 2", "default_tier = 3\ndefault_council = \"lax\"");
    let changes = diff(&parse(BASE), &parse(&both));
    for text in [
        "the policy lets the council `lax` decide in place of `default`",
        "the policy puts changes without a spec into tier 3 in place of 2",
        "a change without a spec its number of files rises from 50 to 500",
    ] {
        assert!(
            said(&changes, Effect::Widens).contains(&text.to_owned()),
            "{text}: {changes:#?}"
        );
    }
}
