//! The tables of `policies/REFERENCE.md` say what the code does, because they are written from it.
//!
//! `ASSIZE_BLESS=1` writes them anew.

use assize::policy::code::Code;
use assize::policy::default;
use assize::policy::limits::Limit;
use assize::policy::permission::Permission;
use assize::policy::rules::RULES;
use assize::policy::tier::Tier;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn the_tables_of_the_reference_are_those_of_the_code() {
    let path = policies().join("REFERENCE.md");
    let written = fs::read_to_string(&path).expect("the reference is there");
    let mut expected = written.clone();
    for (name, table) in [
        ("permissions", permissions()),
        ("names", names()),
        ("limits", limits()),
        ("tiers", tiers()),
        ("rules", rules()),
        ("codes", codes()),
    ] {
        expected = with_table(&expected, name, &table);
    }
    if std::env::var_os("ASSIZE_BLESS").is_some_and(|value| value == "1") {
        // Replaced in one step, because the other tests read it at the same time.
        let new = path.with_extension("md.new");
        fs::write(&new, &expected).expect("the reference can be written");
        fs::rename(&new, &path).expect("the reference can be replaced");
    } else {
        assert!(
            written == expected,
            "policies/REFERENCE.md is stale; write it anew with ASSIZE_BLESS=1"
        );
    }
}

#[test]
fn the_schema_for_editors_is_written_from_the_keys_of_the_code() {
    let path = policies().join("policy.schema.json");
    let expected = serde_json::to_string_pretty(&assize::policy::schema()).expect("it is JSON") + "\n";
    if std::env::var_os("ASSIZE_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, &expected).expect("the schema can be written");
    } else {
        let written = fs::read_to_string(&path).expect("the schema is there");
        assert!(
            written == expected,
            "policies/policy.schema.json is stale; write it anew with ASSIZE_BLESS=1"
        );
    }
}

#[test]
fn the_toml_of_the_reference_parses() {
    let text = fs::read_to_string(policies().join("REFERENCE.md")).expect("the reference is there");
    let blocks: Vec<&str> = text
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(blocks.len() >= 12, "{}", blocks.len());
    for block in blocks {
        toml::from_str::<toml::Table>(block).expect(block);
    }
}

#[test]
fn the_default_policy_writes_out_the_defaults() {
    let policy = default::policy().expect("the default policy is right");
    for tier in Tier::ALL {
        assert_eq!(policy.budget(tier), tier.standard_budget());
    }
    let judge = policy.role("judge").expect("judges have a role");
    for limit in Limit::ALL {
        assert_eq!(judge.limits.get(limit), limit.standard(), "{}", limit.name());
    }
    let mut standard: Vec<(&str, &str, u64)> = Vec::new();
    for rule in RULES {
        standard.extend(
            rule.parameters
                .iter()
                .map(|known| (rule.id, known.name, known.standard)),
        );
    }
    let mut set: Vec<(&str, &str, u64)> = Vec::new();
    for setting in policy.settings() {
        set.extend(
            setting
                .parameters
                .iter()
                .map(|(name, value)| (setting.rule.as_str(), name.as_str(), *value)),
        );
    }
    standard.sort_unstable();
    set.sort_unstable();
    assert_eq!(set, standard);
}

/// Replaces what stands between the marks of one table.
fn with_table(text: &str, name: &str, table: &str) -> String {
    let (before, rest) = text
        .split_once(&format!("<!-- {name}: "))
        .expect("the table has a mark");
    let (mark, rest) = rest.split_once("-->\n").expect("the mark ends");
    let (_, behind) = rest.split_once("<!-- end -->").expect("the table ends");
    format!("{before}<!-- {name}: {mark}-->\n{table}<!-- end -->{behind}")
}

fn permissions() -> String {
    let rows = Permission::ALL.iter().map(|permission| {
        let everyones = if permission.is_everyones() {
            "; every role holds it unless one denies it"
        } else {
            ""
        };
        let here = if permission.is_served() { "yes" } else { "later" };
        format!("| `{permission}` | {}{everyones} | {here} |\n", permission.meaning())
    });
    format!(
        "| permission | a plugin that holds it may | here |\n|---|---|---|\n{}",
        rows.collect::<String>()
    )
}

fn names() -> String {
    let rows = Permission::ALL.iter().flat_map(|permission| {
        permission
            .other_names()
            .iter()
            .map(move |name| format!("| `{name}` | `{permission}` |\n"))
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort();
    format!("| original name | permission |\n|---|---|\n{}", rows.concat())
}

fn limits() -> String {
    let rows = Limit::ALL.map(|limit| {
        format!(
            "| `{}` | {} | {} | {} |\n",
            limit.name(),
            grouped(limit.standard()),
            grouped(limit.max()),
            limit.meaning()
        )
    });
    format!(
        "| limit | default | largest | meaning |\n|---|---|---|---|\n{}",
        rows.concat()
    )
}

fn tiers() -> String {
    let rows = Tier::ALL.map(|tier| {
        let budget = tier.standard_budget();
        format!(
            "| {} | {} | {} |\n",
            tier.number(),
            grouped(budget.files_max.into()),
            grouped(budget.lines_max.into())
        )
    });
    format!(
        "| tier | `files`: changed files, by default at most | `lines`: added and removed lines together |\n|---|---|---|\n{}",
        rows.concat()
    )
}

fn rules() -> String {
    let rows = RULES.iter().map(|rule| {
        let parameters = rule.parameters.iter().map(|parameter| {
            format!(
                "`{}`, default {}: {}",
                parameter.name,
                grouped(parameter.standard),
                parameter.meaning
            )
        });
        format!("| `{}` | {} |\n", rule.id, parameters.collect::<Vec<_>>().join("<br>"))
    });
    format!("| rule | parameters |\n|---|---|\n{}", rows.collect::<String>())
}

fn codes() -> String {
    let rows = Code::ALL
        .iter()
        .map(|code| format!("| {} | {} |\n", code.id(), code.rule()));
    format!("| code | rule |\n|---|---|\n{}", rows.collect::<String>())
}

/// Writes a number with a comma before each group of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(String::from_utf8_lossy)
        .collect();
    groups.join(",")
}

fn policies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies")
}
