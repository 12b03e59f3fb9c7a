//! The tables of `policies/WORKFLOWS.md` say what the code does, because they are written from it; so is the schema for editors.
//!
//! `ASSIZE_BLESS=1` writes them anew.

use assize::plan::code::Code;
use assize::plan::shipped::SHIPPED;
use assize::plan::value::Type;
use assize::plan::{Cause, Library, Retry, Workflow};
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn the_tables_of_the_reference_are_those_of_the_code() {
    let path = policies().join("WORKFLOWS.md");
    let written = fs::read_to_string(&path).expect("the reference is there");
    let mut expected = written.clone();
    for (name, table) in [
        ("types", types()),
        ("causes", causes()),
        ("shipped", shipped()),
        ("codes", codes()),
    ] {
        expected = with_table(&expected, name, &table);
    }
    if blesses() {
        // Replaced in one step, because the other tests read it at the same time.
        let new = path.with_extension("md.new");
        fs::write(&new, &expected).expect("the reference can be written");
        fs::rename(&new, &path).expect("the reference can be replaced");
    } else {
        assert!(
            written == expected,
            "policies/WORKFLOWS.md is stale; write it anew with ASSIZE_BLESS=1"
        );
    }
}

#[test]
fn the_schema_for_editors_is_written_from_the_keys_of_the_code() {
    let path = policies().join("workflow.schema.json");
    let expected = serde_json::to_string_pretty(&assize::plan::schema()).expect("it is JSON") + "\n";
    if blesses() {
        fs::write(&path, &expected).expect("the schema can be written");
    } else {
        let written = fs::read_to_string(&path).expect("the schema is there");
        assert!(
            written == expected,
            "policies/workflow.schema.json is stale; write it anew with ASSIZE_BLESS=1"
        );
    }
}

#[test]
fn the_workflows_of_the_reference_are_right() {
    let text = fs::read_to_string(policies().join("WORKFLOWS.md")).expect("the reference is there");
    let blocks: Vec<&str> = text
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        let workflow =
            Workflow::parse("example", "WORKFLOWS.md", block).unwrap_or_else(|refused| panic!("{refused:#?}"));
        workflow
            .check_links(&Library::default(), None)
            .expect("it contains nothing");
    }
}

#[test]
fn the_reference_names_the_default_retry() {
    let text = fs::read_to_string(policies().join("WORKFLOWS.md")).expect("the reference is there");
    let Retry {
        delay_ms,
        factor_percent,
        delay_ms_max,
        jitter_percent,
        on,
        ..
    } = Retry::default();
    let on: Vec<String> = on.iter().map(|cause| format!("\"{}\"", cause.name())).collect();
    for row in [
        format!("| `delay_ms` | number | {delay_ms} |"),
        format!("| `factor_percent` | 100 to 1,000 | {factor_percent} |"),
        format!("| `delay_max_ms` | number | {},000 |", delay_ms_max / 1_000),
        format!("| `jitter_percent` | 0 to 100 | {jitter_percent} |"),
        format!("| `on` | list of words | `[{}]` |", on.join(", ")),
    ] {
        assert!(text.contains(&row), "{row}");
    }
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

fn types() -> String {
    let rows = Type::ALL.iter().map(|kind| {
        let (name, article, example) = (kind.name(), kind.article(), kind.example());
        format!("| `{name}` | {article} | `--input 'NAME={example}'` |\n")
    });
    format!(
        "| type | its values are | given as |\n|---|---|---|\n{}",
        rows.collect::<String>()
    )
}

fn causes() -> String {
    let rows = Cause::ALL
        .iter()
        .map(|cause| format!("| `{}` | {} |\n", cause.name(), cause.meaning()));
    format!("| word | what has happened |\n|---|---|\n{}", rows.collect::<String>())
}

fn shipped() -> String {
    let rows = SHIPPED.iter().map(|shipped| {
        let workflow = shipped.parse().expect("it is right");
        let parameters = workflow.parameters().iter().map(|parameter| match &parameter.default {
            Some(default) => format!("`{}`, default `{default}`: {}", parameter.name, parameter.summary),
            None => format!("`{}`: {}", parameter.name, parameter.summary),
        });
        let parameters = parameters.collect::<Vec<_>>().join("<br>");
        let name = shipped.name;
        format!(
            "| [`{name}`](workflows/{name}.toml) | {} | {parameters} |\n",
            workflow.summary()
        )
    });
    format!(
        "| workflow | what it is for | parameters |\n|---|---|---|\n{}",
        rows.collect::<String>()
    )
}

fn codes() -> String {
    let rows = Code::ALL
        .iter()
        .map(|code| format!("| {} | {} |\n", code.id(), code.rule()));
    format!("| code | rule |\n|---|---|\n{}", rows.collect::<String>())
}

fn policies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies")
}

fn blesses() -> bool {
    std::env::var_os("ASSIZE_BLESS").is_some_and(|value| value == "1")
}
