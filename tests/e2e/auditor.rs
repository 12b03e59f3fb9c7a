//! An auditor's own program, which depends on the auditor's crate and nothing else of Assize.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use assize_provenance::testing::skip;
use assize_tests::bed::{Run, ran};
use assize_tests::forgery;
use assize_tests::scene::Scene;

const EXECUTABLE: &str = env!("CARGO_BIN_EXE_assize-under-test");

/// The example, which `cargo test` builds beside the binaries.
fn program() -> Option<PathBuf> {
    let built = Path::new(EXECUTABLE).parent()?.join("examples/verify");
    if !built.is_file() {
        skip("the example of the auditor's crate (not built; `cargo test --workspace` builds it)");
        return None;
    }
    Some(built)
}

fn audit(program: &Path, scene: &Scene) -> Run {
    let signers = scene.bed().beside("signers");
    let text = scene
        .bed()
        .assize(&["key", "list", "--format", "allowed-signers"])
        .expect(0);
    fs::write(&signers, text.stdout).expect("a file");
    let mut command = Command::new(program);
    command.arg(scene.git_dir()).arg(&signers).env_clear();
    ran(&command.output().expect("it starts"))
}

#[test]
fn a_program_of_fewer_than_sixty_lines_verifies_a_repository() {
    let text = include_str!("../../provenance/examples/verify.rs");
    assert!(text.lines().count() < 60, "{} lines", text.lines().count());
    let Some(program) = program() else { return };
    let mut scene = Scene::empty(EXECUTABLE);
    scene.go_on();
    let sound = audit(&program, &scene).expect(0);
    assert!(sound.stdout.contains("quorum         proved"), "{}", sound.stdout);
    assert!(sound.stdout.ends_with("Proved\n"), "{}", sound.stdout);
    // The same log with one file of its tip gone.
    let chain = forgery::take(&scene.git_dir());
    let log = chain
        .refs
        .iter()
        .find(|(name, _)| name.starts_with("refs/assize/v1/log/"))
        .expect("a log");
    let victim = forgery::reachable(&chain, *log.1)
        .into_iter()
        .max_by_key(|id| chain.objects[id].bytes.len())
        .expect("an object");
    let mut bytes = chain.objects[&victim].bytes.clone();
    bytes[100] ^= 1;
    let bent = forgery::substitute(&chain, log.0, victim, &bytes, &forgery::Signing::Kept);
    forgery::lay_down(&bent, &scene.git_dir());
    let run = audit(&program, &scene).expect(1);
    assert!(run.stdout.ends_with("Refuted\n"), "{}", run.stdout);
}
