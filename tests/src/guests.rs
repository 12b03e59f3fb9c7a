//! Judges written for the tests: core modules in the WebAssembly text format, turned into components by the library.
//!
//! Each guest is one module that fits the world `judge` by the canonical ABI. Hand-written text can lie in ways that no
//! compiler would: that is the point.

use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Imports a guest may use, with the signatures the canonical ABI gives them.
const IMPORTS: &str = r#"
  (import "assize:plugin/evidence@0.1.0" "changes" (func $changes (param i32 i32)))
  (import "assize:plugin/evidence@0.1.0" "read" (func $read (param i32 i32 i32 i64 i32 i32)))
  (import "assize:plugin/evidence@0.1.0" "list" (func $list (param i32 i32 i32 i32 i32)))
  (import "assize:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))
"#;

/// A `describe` that says: name `guest`, version `1.0.0`, and nothing else; and a bump allocator.
const PROLOGUE: &str = r#"
  (global $next (mut i32) (i32.const 65536))
  (data (i32.const 16) "guest1.0.0A guest.guest/ruleboom")
  ;; description at 1024: name, version, summary, requires, wants
  (data (i32.const 1024) "\10\00\00\00\05\00\00\00\15\00\00\00\05\00\00\00\1a\00\00\00\08\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00")
  (func (export "describe") (result i32) (i32.const 1024))
"#;

const ALLOCATOR: &str = r#"
  (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (block $fits
      (br_if $fits (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
      (br_if $fits (i32.ne (i32.const -1)
        (memory.grow (i32.add (i32.const 1) (i32.div_u (local.get $size) (i32.const 65536))))))
      unreachable)
    (local.get $at))
"#;

/// An `ok(opinion)` at 2048: approve, no findings, no rationale. `(i32.const 2048)` returns it.
const APPROVAL: &str = r#"  (data (i32.const 2048) "\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00")
"#;

/// Builds a judge whose `judge` function has the body `body`; it returns a pointer to its result. `(i32.const 2048)` is an
/// approval.
///
/// # Panics
///
/// When the text does not assemble: a mistake in the test.
#[must_use]
pub fn judge(body: &str) -> Vec<u8> {
    judge_with("", body)
}

/// Like [`judge`], with further module fields such as memories, tables and functions.
///
/// # Panics
///
/// When the text does not assemble: a mistake in the test.
#[must_use]
pub fn judge_with(fields: &str, body: &str) -> Vec<u8> {
    module(&format!(
        "(module {IMPORTS} (memory (export \"memory\") 2) {fields} {PROLOGUE} {ALLOCATOR} {APPROVAL}
           (func (export \"judge\") (param $case i32) (result i32) {body}))"
    ))
}

/// Builds a component for the world `judge` from a whole core module.
///
/// # Panics
///
/// When the text does not assemble: a mistake in the test.
#[must_use]
pub fn module(text: &str) -> Vec<u8> {
    let mut module = wat::parse_str(text).expect("the guest's text assembles");
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit"))
        .expect("wit/ parses");
    let world = resolve
        .select_world(&[package], Some("judge"))
        .expect("the world is there");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).expect("the metadata fits");
    ComponentEncoder::default()
        .module(&module)
        .expect("the module fits the world")
        .validate(true)
        .encode()
        .expect("the component encodes")
}

/// A component given as text, for what does not fit the world.
///
/// # Panics
///
/// When the text does not assemble: a mistake in the test.
#[must_use]
pub fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the component's text assembles")
}
