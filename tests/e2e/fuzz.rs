//! Hostile bytes for a short while: the kept inputs of every target, and changes of them that a seed decides. The long search,
//! with coverage in sight, is `tests/fuzz`.

use std::fs;
use std::path::{Path, PathBuf};

use assize_tests::dice::Dice;
use assize_tests::fuzz::{INPUT_BYTES_MAX, TARGETS};

/// How many changed inputs each target is given; loading a component takes milliseconds, the others microseconds.
fn rounds(target: &str) -> usize {
    match target {
        "component" => 60,
        "arguments" => 400,
        "workflow" => 1_000,
        _ => 4_000,
    }
}

fn kept(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/fuzz").join(target);
    let listing = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = listing.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    assert!(paths.len() >= 8, "{} keeps too few inputs", folder.display());
    paths.iter().map(|path| fs::read(path).expect("an input")).collect()
}

/// Changes an input as fuzzers do: flips, cuts, doubles, swaps a number, or crosses it with another.
fn change(dice: &mut Dice, input: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..=dice.below(4) {
        if input.is_empty() {
            input.push(0);
        }
        let place = dice.below(input.len());
        match dice.below(6) {
            0 => input[place] ^= dice.flip(),
            1 => input.truncate(place),
            2 => {
                let end = place + dice.below(input.len() - place) + 1;
                let part = input[place..end].to_vec();
                input.splice(place..place, part);
            }
            3 => input[place] = [0, 1, 0x7f, 0x80, 0xff, b'\n', b'"', b'*'][dice.below(8)],
            4 => {
                let end = place + dice.below(input.len() - place) + 1;
                input.drain(place..end);
            }
            _ if !other.is_empty() => {
                let start = dice.below(other.len());
                let end = start + dice.below(other.len() - start) + 1;
                input.splice(place..place, other[start..end].iter().copied());
            }
            _ => {}
        }
        input.truncate(INPUT_BYTES_MAX);
    }
}

fn drive(name: &str) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target");
    let kept = kept(name);
    for input in &kept {
        target(input);
    }
    let mut dice = Dice::of(name);
    for _ in 0..rounds(name) {
        let mut input = kept[dice.below(kept.len())].clone();
        let other = &kept[dice.below(kept.len())];
        change(&mut dice, &mut input, other);
        target(&input);
    }
}

#[test]
fn addresses_of_any_bytes() {
    drive("address");
}

#[test]
fn requests_with_placeholders_anywhere() {
    drive("fill");
}

#[test]
fn secrets_in_any_bytes() {
    drive("mask");
}

#[test]
fn policies_of_any_bytes() {
    drive("policy");
}

#[test]
fn roots_of_trust_of_any_bytes() {
    drive("root");
}

#[test]
fn workflows_of_any_bytes() {
    drive("workflow");
}

#[test]
fn patterns_and_paths_of_any_bytes() {
    drive("pattern");
}

#[test]
fn commands_and_their_patterns_of_any_words() {
    drive("command");
}

#[test]
fn components_of_any_bytes() {
    drive("component");
}

#[test]
fn workspace_calls_with_any_arguments() {
    drive("arguments");
}

#[test]
fn every_target_is_driven_and_has_a_program_of_its_own() {
    let source = include_str!("fuzz.rs");
    for (name, _) in TARGETS {
        assert!(source.contains(&format!("drive(\"{name}\")")), "{name}");
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fuzz/targets/{name}.rs"));
        assert!(program.is_file(), "{} is missing", program.display());
    }
}
