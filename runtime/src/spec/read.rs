//! From a file to a working spec: our own form and those of CAWS, by their field names.
//!
//! | here | also read as |
//! |---|---|
//! | `tier` | `risk_tier` |
//! | `scope.in`, `scope.out` | `scope.include`, `scope.exclude`; `scope.support` adds to `in` |
//! | `acceptance` | `acceptance_criteria` |
//! | `contracts[].type` | `contracts[].kind` |
//! | `state` | `lifecycle_state`, `status` |
//!
//! Everything else that has a value is kept by its dotted name, so that judges can say which fields a tier asks for.

use assize_provenance::pattern::PathPattern;

use super::{Contract, Criterion, State, WorkingSpec};
use crate::diagnostic::Problem;
use crate::written::{self, Fields, Node, Value};

/// The most items of each list of a spec.
const ITEMS_MAX: usize = 256;
/// The longest text of a spec, in bytes.
const TEXT_BYTES_MAX: usize = 4 << 10;
/// The most fields that are kept by name only.
const OTHER_FIELDS_MAX: usize = 256;

/// What came of reading one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The spec, unless the file cannot be read at all or lacks what every spec has: an id.
    pub spec: Option<WorkingSpec>,
    /// Where it stands in its life.
    pub state: State,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// Reads one file.
#[must_use]
pub fn read(path: &str, bytes: &[u8]) -> Reading {
    let node = match written::parse(path, bytes) {
        Ok(node) => node,
        Err(problem) => {
            return Reading {
                spec: None,
                state: State::Active,
                problems: vec![problem],
            };
        }
    };
    let mut fields = Fields::of(path, &node);
    let state = read_state(&mut fields);
    let spec = read_spec(path, &mut fields);
    Reading {
        spec,
        state,
        problems: fields.into_problems(),
    }
}

fn read_state(fields: &mut Fields<'_>) -> State {
    match fields.text(&["state", "lifecycle_state", "status"]) {
        Some((word, line)) => match word.to_ascii_lowercase().as_str() {
            "active" => State::Active,
            "draft" => State::Draft,
            "closed" | "archived" | "completed" => State::Closed,
            _ => {
                fields.note(line, "`state` is one of draft, active, closed, archived.".to_owned());
                State::Active
            }
        },
        None => State::Active,
    }
}

fn read_spec(path: &str, fields: &mut Fields<'_>) -> Option<WorkingSpec> {
    let id = fields.text(&["id"]);
    if id.is_none() {
        fields.note(0, "A working spec has an `id`, such as FEAT-001.".to_owned());
    }
    let title = fields.text(&["title", "name"]).map(bounded).unwrap_or_default();
    let tier = read_tier(fields);
    let mode = read_mode(fields);
    let (scope_in, scope_out) = read_scope(path, fields);
    let invariants = texts(fields, &["invariants"]);
    let acceptance = read_acceptance(path, fields);
    let contracts = read_contracts(path, fields);
    let rollback = texts(fields, &["rollback"]);
    Some(WorkingSpec {
        path: path.to_owned(),
        id: bounded(id?),
        title,
        tier,
        mode,
        scope_in,
        scope_out,
        invariants,
        acceptance,
        contracts,
        rollback,
        other_fields: other_fields(fields),
    })
}

/// Without a tier that can be read the highest risk is assumed.
fn read_tier(fields: &mut Fields<'_>) -> u8 {
    let Some((text, line)) = fields.text(&["tier", "risk_tier"]) else {
        fields.note(
            0,
            "A working spec has a `risk_tier`: 1 (highest risk), 2 or 3.".to_owned(),
        );
        return 1;
    };
    match text.trim_start_matches(['T', 't']) {
        "1" => 1,
        "2" => 2,
        "3" => 3,
        _ => {
            fields.note(line, "`risk_tier` is 1 (highest risk), 2 or 3.".to_owned());
            1
        }
    }
}

fn read_mode(fields: &mut Fields<'_>) -> String {
    const MODES: [&str; 5] = ["feature", "refactor", "fix", "doc", "chore"];
    let Some((mode, line)) = fields.text(&["mode"]) else {
        return String::new();
    };
    let mode = mode.to_ascii_lowercase();
    let mode = if mode == "docs" { "doc".to_owned() } else { mode };
    if MODES.contains(&mode.as_str()) {
        return mode;
    }
    fields.note(line, format!("`mode` is one of {}.", MODES.join(", ")));
    String::new()
}

fn read_scope(path: &str, fields: &mut Fields<'_>) -> (Vec<String>, Vec<String>) {
    let Some(node) = fields.take(&["scope"]).filter(|node| node.is_filled()) else {
        return Default::default();
    };
    let mut scope = Fields::of(path, node);
    let mut within = scope.texts(&["in", "include"]);
    // Support files may change with the feature wherever they lie.
    within.extend(scope.texts(&["support", "support_files"]));
    let outside = scope.texts(&["out", "exclude"]);
    let within = patterns(&within, &mut scope);
    let outside = patterns(&outside, &mut scope);
    fields.absorb(scope);
    (within, outside)
}

/// A pattern stays one; a plain path means itself and everything below it.
fn patterns(texts: &[(String, u32)], fields: &mut Fields<'_>) -> Vec<String> {
    let mut patterns = Vec::new();
    for (text, line) in texts.iter().take(ITEMS_MAX) {
        let plain = text.trim_start_matches("./").trim_end_matches('/');
        let both = if plain.contains(['*', '?']) {
            vec![plain.to_owned()]
        } else {
            vec![plain.to_owned(), format!("{plain}/**")]
        };
        for pattern in both {
            match pattern.parse::<PathPattern>() {
                Ok(pattern) => patterns.push(pattern.to_string()),
                Err(error) => {
                    fields.note(*line, format!("`scope` has no usable path here: {error}."));
                    break;
                }
            }
        }
    }
    patterns
}

fn read_acceptance(path: &str, fields: &mut Fields<'_>) -> Vec<Criterion> {
    let mut criteria = Vec::new();
    for node in fields
        .tables(&["acceptance", "acceptance_criteria"])
        .into_iter()
        .take(ITEMS_MAX)
    {
        let mut each = Fields::of(path, node);
        let text = |each: &mut Fields<'_>, name| each.text(&[name]).map(bounded).unwrap_or_default();
        let id = each.text(&["id"]);
        if id.is_none() {
            each.note(node.line, "An acceptance criterion has an `id`, such as A1.".to_owned());
        }
        let criterion = Criterion {
            id: id.map(bounded).unwrap_or_default(),
            given: text(&mut each, "given"),
            when: text(&mut each, "when"),
            then: text(&mut each, "then"),
        };
        fields.absorb(each);
        if !criterion.id.is_empty() {
            criteria.push(criterion);
        }
    }
    criteria
}

fn read_contracts(path: &str, fields: &mut Fields<'_>) -> Vec<Contract> {
    let mut contracts = Vec::new();
    for node in fields.tables(&["contracts"]).into_iter().take(ITEMS_MAX) {
        let mut each = Fields::of(path, node);
        let kind = each.text(&["type", "kind"]).map(bounded);
        let place = each.text(&["path", "file"]).map(bounded);
        match (kind, place) {
            (Some(kind), Some(path)) => contracts.push(Contract { kind, path }),
            _ => each.note(node.line, "A contract has a `type` and a `path`.".to_owned()),
        }
        fields.absorb(each);
    }
    contracts
}

/// Fields with a value that nothing above took; those of a table by their own names.
fn other_fields(fields: &Fields<'_>) -> Vec<(String, u32)> {
    let mut names = Vec::new();
    for (key, node) in fields.rest() {
        match &node.value {
            Value::Table(entries) => {
                let filled = entries.iter().filter(|(_, node): &&(_, Node)| node.is_filled());
                names.extend(filled.map(|(inner, _)| (format!("{}.{}", key.name, inner.name), inner.line)));
            }
            _ if node.is_filled() => names.push((key.name.clone(), key.line)),
            _ => {}
        }
    }
    names.truncate(OTHER_FIELDS_MAX);
    names
        .into_iter()
        .map(|(name, line)| (bounded((name, line)), line))
        .collect()
}

fn texts(fields: &mut Fields<'_>, names: &[&str]) -> Vec<String> {
    let texts = fields.texts(names);
    texts.into_iter().take(ITEMS_MAX).map(bounded).collect()
}

fn bounded((mut text, _): (String, u32)) -> String {
    text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    text
}
