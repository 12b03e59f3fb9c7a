//! Judges and agents written for the tests: core modules in the WebAssembly text format, turned into components by the library.
//!
//! Each guest is one module that fits its world by the canonical ABI. Hand-written text can lie in ways that no compiler would:
//! that is the point.

mod agent;
mod http;
mod runtime;

pub use agent::{AGENT_IMPORTS, agent, agent_describing, agent_module, agent_with, endless_agent, idle_agent};
pub use http::{Asked, Body, sending_agent, wasi_sending_agent, wasi_sending_judge};
pub use runtime::{Found, probing_agent, probing_judge, runtime_agent};

use std::path::Path;

use assize_provenance::opinion::{Finding, Location, Opinion, Severity, Side, Vote};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Imports a guest may use, with the signatures the canonical ABI gives them.
const IMPORTS: &str = r#"
  (import "assize:plugin/evidence@0.1.0" "changes" (func $changes (param i32 i32)))
  (import "assize:plugin/evidence@0.1.0" "hunks" (func $hunks (param i32 i32 i32 i32)))
  (import "assize:plugin/evidence@0.1.0" "read" (func $read (param i32 i32 i32 i64 i32 i32)))
  (import "assize:plugin/evidence@0.1.0" "list" (func $list (param i32 i32 i32 i32 i32)))
  (import "assize:plugin/evidence@0.1.0" "search" (func $search (param i32 i32 i32 i32 i32)))
  (import "assize:plugin/evidence@0.1.0" "document" (func $document (param i32 i32 i64 i32 i32)))
  (import "assize:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))
"#;

/// A description that says: name `guest`, version `1.0.0`, and nothing else; and where the bump allocator begins.
const PROLOGUE: &str = r#"
  (global $next (mut i32) (i32.const 65536))
  (data (i32.const 16) "guest1.0.0A guest.guest/ruleboom")
  ;; description at 1024: name, version, summary, requires, wants
  (data (i32.const 1024) "\10\00\00\00\05\00\00\00\15\00\00\00\05\00\00\00\1a\00\00\00\08\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00")
"#;

/// Says what stands at 1024.
const DESCRIBE: &str = r#"(func (export "describe") (result i32) (i32.const 1024))"#;

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
        "(module {IMPORTS} (memory (export \"memory\") 2) {fields} {PROLOGUE} {DESCRIBE} {ALLOCATOR} {APPROVAL}
           (func (export \"judge\") (param $case i32) (result i32) {body}))"
    ))
}

/// A judge that approves, and whose `describe` function has the body `body`; `(i32.const 1024)` is the usual description.
///
/// # Panics
///
/// When the text does not assemble: a mistake in the test.
#[must_use]
pub fn describing(fields: &str, body: &str) -> Vec<u8> {
    module(&format!(
        "(module {IMPORTS} (memory (export \"memory\") 2) {fields} {PROLOGUE} {ALLOCATOR} {APPROVAL}
           (func (export \"describe\") (result i32) {body})
           (func (export \"judge\") (param $case i32) (result i32) (i32.const 2048)))"
    ))
}

/// Builds a component for the world `judge` from a whole core module.
///
/// # Panics
///
/// When the text does not assemble: a mistake in the test.
#[must_use]
pub fn module(text: &str) -> Vec<u8> {
    module_for("judge", text)
}

fn module_for(world: &str, text: &str) -> Vec<u8> {
    let mut module = wat::parse_str(text).expect("the guest's text assembles");
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit"))
        .expect("wit/ parses");
    let world = resolve
        .select_world(&[package], Some(world))
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

/// A judge that votes and says nothing else.
///
/// # Panics
///
/// When the text does not assemble: a mistake in the test.
#[must_use]
pub fn voting(vote: Vote) -> Vec<u8> {
    saying(&Opinion {
        vote,
        findings: Vec::new(),
        rationale: String::new(),
    })
}

/// A judge that always gives this opinion. Its findings stand under rules of `guest`.
///
/// # Panics
///
/// When the opinion takes more than the first pages of its memory: a mistake in the test.
#[must_use]
pub fn saying(opinion: &Opinion) -> Vec<u8> {
    let mut memory = Layout { bytes: Vec::new() };
    let rationale = memory.text(&opinion.rationale);
    let findings: Vec<u8> = opinion
        .findings
        .iter()
        .flat_map(|finding| memory.finding(finding))
        .collect();
    let findings_at = memory.place(&findings);
    let vote: u32 = match opinion.vote {
        Vote::Approve => 0,
        Vote::Reject => 1,
        Vote::Abstain => 2,
    };
    let count = u32::try_from(opinion.findings.len()).expect("few findings");
    // `ok`, then the opinion: vote, findings, rationale.
    let answer = [words(&[0, vote, findings_at, count]), rationale].concat();
    let answer_at = memory.place(&answer);
    assert!(
        memory.bytes.len() <= LAYOUT_BYTES_MAX,
        "the opinion is too long for a guest"
    );
    let bytes: String = memory.bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
    judge_with(
        &format!("(data (i32.const {LAYOUT_AT}) \"{bytes}\")"),
        &format!("(i32.const {answer_at})"),
    )
}

/// Where laid-out values start, and how much room they have before the guest's allocator begins.
const LAYOUT_AT: usize = 8_192;
const LAYOUT_BYTES_MAX: usize = 65_536 - LAYOUT_AT;

/// Values in linear memory, as the canonical ABI of the component model lays them out.
struct Layout {
    bytes: Vec<u8>,
}

impl Layout {
    /// Places bytes at a multiple of four and gives their address.
    fn place(&mut self, bytes: &[u8]) -> u32 {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        let at = u32::try_from(LAYOUT_AT + self.bytes.len()).expect("a small address");
        self.bytes.extend_from_slice(bytes);
        at
    }

    /// Places a text and gives its address and length.
    fn text(&mut self, text: &str) -> Vec<u8> {
        let at = self.place(text.as_bytes());
        words(&[at, u32::try_from(text.len()).expect("a short text")])
    }

    /// Gives the record of a finding and places the texts in it.
    fn finding(&mut self, finding: &Finding) -> Vec<u8> {
        let severity: u32 = match finding.severity {
            Severity::Note => 0,
            Severity::Warning => 1,
            Severity::Error => 2,
            Severity::Critical => 3,
        };
        let location = match &finding.location {
            Some(Location {
                side,
                path,
                start_line,
                end_line,
            }) => {
                let side = u32::from(*side == Side::Head);
                [words(&[1, side]), self.text(path), words(&[*start_line, *end_line])].concat()
            }
            None => words(&[0; 6]),
        };
        let suggestion = match &finding.suggestion {
            Some(text) => [words(&[1]), self.text(text)].concat(),
            None => words(&[0; 3]),
        };
        let (rule, message) = (self.text(&finding.rule), self.text(&finding.message));
        [rule, words(&[severity]), message, location, suggestion].concat()
    }
}

/// Numbers as a guest reads them.
fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}
