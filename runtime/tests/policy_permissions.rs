//! The table of permissions and the contract in `wit/` name the same host functions.

use assize::policy::permission::Permission;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn every_host_function_of_the_contract_has_exactly_one_permission() {
    let mut functions = BTreeSet::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    for entry in fs::read_dir(&folder).expect("the contract is there") {
        let text = fs::read_to_string(entry.expect("the folder can be read").path()).expect("the contract is text");
        functions.extend(host_functions(&text));
    }
    let names: BTreeSet<_> = Permission::ALL.iter().map(|permission| permission.name()).collect();
    assert_eq!(names.len(), Permission::ALL.len());
    let served: BTreeSet<_> = Permission::ALL
        .iter()
        .filter(|permission| permission.is_served())
        .map(|permission| permission.name().to_owned())
        .collect();
    assert_eq!(served, functions);
}

/// Returns the functions of the interfaces in a WIT file, as `interface.function`. What a world exports is the guest's.
fn host_functions(text: &str) -> Vec<String> {
    let mut functions = Vec::new();
    let mut interface = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("interface ") {
            interface = rest.split_whitespace().next();
        } else if line == "}" {
            interface = None;
        }
        if let (Some(interface), Some((name, _))) = (interface, line.trim().split_once(": func(")) {
            functions.push(format!("{interface}.{}", name.trim_start_matches('%')));
        }
    }
    functions
}
