//! Every function of the contract, held against what the host does: granted it answers, not granted it is refused with the
//! permission's name, and beyond its limits it is refused or ends. And every function is held against this table: one that is
//! added to the contract without a permission, a row or a record is found here.

mod agents;
mod board;
mod judges;
mod runtimes;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use assize::policy::permission::Permission;
use wit_parser::{FunctionKind, Resolve, WorldItem};

/// The worlds of the contract.
const WORLDS: [&str; 2] = ["agent", "judge"];

/// The contract, as files.
fn contract() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")
}

/// The functions that a world imports, as `interface.function`.
fn functions(wit: &Path, world: &str) -> BTreeSet<String> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit).expect("the contract parses");
    let world = resolve
        .select_world(&[package], Some(world))
        .expect("the world is there");
    let mut functions = BTreeSet::new();
    for item in resolve.worlds[world].imports.values() {
        let WorldItem::Interface { id, .. } = item else {
            continue;
        };
        let interface = &resolve.interfaces[*id];
        let name = interface.name.as_deref().expect("a name");
        for (function, item) in &interface.functions {
            assert!(
                matches!(item.kind, FunctionKind::Freestanding),
                "{name}.{function} is no plain function"
            );
            functions.insert(format!("{name}.{function}"));
        }
    }
    functions
}

/// What is missing of a world's functions, and what is there for none.
fn gaps(wit: &Path, world: &str, rows: &[&str], recorded: &[String]) -> Vec<String> {
    let functions = functions(wit, world);
    let mut gaps = Vec::new();
    for function in &functions {
        match Permission::named(function) {
            None => gaps.push(format!("{function} has no permission")),
            Some(permission) if !permission.is_served() => {
                gaps.push(format!("{function} has a permission that says it comes later"));
            }
            Some(_) => {}
        }
        if !rows.contains(&function.as_str()) {
            gaps.push(format!("{function} has no row"));
        }
        if !recorded.contains(function) {
            gaps.push(format!("{function} leaves no record"));
        }
    }
    let unknown = rows.iter().filter(|row| !functions.contains(**row));
    gaps.extend(unknown.map(|row| format!("{row} is a row for no function")));
    gaps
}

fn rows_and_records(world: &str) -> (Vec<&'static str>, Vec<String>) {
    match world {
        "agent" => (agents::rows(), agents::recorded()),
        _ => (judges::rows(), judges::recorded()),
    }
}

#[test]
fn every_function_has_a_permission_a_row_and_a_record() {
    for world in WORLDS {
        let (rows, recorded) = rows_and_records(world);
        assert_eq!(
            gaps(&contract(), world, &rows, &recorded),
            [""; 0],
            "in the world {world}"
        );
    }
}

#[test]
fn every_permission_that_is_served_has_its_function() {
    let functions: BTreeSet<String> = WORLDS.iter().flat_map(|world| functions(&contract(), world)).collect();
    let served = Permission::ALL.iter().filter(|permission| permission.is_served());
    let served: BTreeSet<String> = served.map(|permission| permission.name().to_owned()).collect();
    assert_eq!(functions, served);
}

/// The linker has every function of a world: a component that imports all of them, by name and type, is accepted.
#[test]
fn the_linker_has_every_function() {
    let workshop = assize_tests::workshop::Workshop::open();
    for world in WORLDS {
        let imports = match world {
            "agent" => workshop
                .load(&assize_tests::guests::agent("(i32.const 2048)"))
                .imports()
                .to_vec(),
            _ => {
                let judge = assize_tests::guests::judge("(i32.const 2048)");
                let judge = workshop
                    .sandbox
                    .load(&judge)
                    .expect("the machine holds")
                    .expect("it fits");
                judge.imports().to_vec()
            }
        };
        let imports: BTreeSet<String> = imports.into_iter().collect();
        assert_eq!(imports, functions(&contract(), world), "in the world {world}");
    }
}

/// The test of the test: a contract with one function more is found out, whatever that function lacks.
#[test]
fn a_function_that_is_added_without_its_row_is_found() {
    let made_up = tempfile::tempdir().expect("a folder");
    for entry in fs::read_dir(contract()).expect("the contract") {
        let entry = entry.expect("a file");
        let mut text = fs::read_to_string(entry.path()).expect("a text");
        if entry.file_name() == "workspace.wit" {
            let end = text.rfind('}').expect("an end");
            text.insert_str(end, "    /// Reads everything.\n    read-all: func() -> list<u8>;\n");
        }
        fs::write(made_up.path().join(entry.file_name()), text).expect("written");
    }
    let (rows, recorded) = rows_and_records("agent");
    let expected = [
        "workspace.read-all has no permission",
        "workspace.read-all has no row",
        "workspace.read-all leaves no record",
    ];
    assert_eq!(gaps(made_up.path(), "agent", &rows, &recorded), expected);
    let fewer_rows: Vec<&str> = rows.iter().copied().filter(|row| *row != "workspace.diff").collect();
    assert_eq!(
        gaps(&contract(), "agent", &fewer_rows, &recorded),
        ["workspace.diff has no row"]
    );
    let fewer_records: Vec<String> = recorded.iter().filter(|name| *name != "state.set").cloned().collect();
    assert_eq!(
        gaps(&contract(), "agent", &rows, &fewer_records),
        ["state.set leaves no record"]
    );
    let more_rows = [rows.as_slice(), &["state.forget"]].concat();
    assert_eq!(
        gaps(&contract(), "agent", &more_rows, &recorded),
        ["state.forget is a row for no function"]
    );
}
