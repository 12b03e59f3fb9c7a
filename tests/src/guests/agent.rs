//! Agents: guests of the world `agent`.

use super::{ALLOCATOR, DESCRIBE, PROLOGUE, module_for};

/// Imports an agent may use, with the signatures the canonical ABI gives them.
pub const AGENT_IMPORTS: &str = r#"
  (import "assize:plugin/workspace@0.1.0" "list" (func $list (param i32 i32 i32 i32 i32 i32)))
  (import "assize:plugin/workspace@0.1.0" "read" (func $read (param i32 i32 i64 i32 i32)))
  (import "assize:plugin/workspace@0.1.0" "write" (func $write (param i32 i32 i32 i32 i32 i32)))
  (import "assize:plugin/workspace@0.1.0" "remove" (func $remove (param i32 i32 i32)))
  (import "assize:plugin/workspace@0.1.0" "rename" (func $rename (param i32 i32 i32 i32 i32)))
  (import "assize:plugin/workspace@0.1.0" "search" (func $search (param i32 i32 i32 i32 i32 i32)))
  (import "assize:plugin/workspace@0.1.0" "diff" (func $diff (param i32 i32 i32 i32)))
  (import "assize:plugin/state@0.1.0" "get" (func $get (param i32 i32 i32)))
  (import "assize:plugin/state@0.1.0" "set" (func $set (param i32 i32 i32 i32 i32 i32 i64 i32)))
  (import "assize:plugin/state@0.1.0" "list" (func $keys (param i32 i32 i32 i32 i32 i32)))
  (import "assize:plugin/artifacts@0.1.0" "store" (func $store (param i32 i32 i32 i32 i32 i32 i32)))
  (import "assize:plugin/artifacts@0.1.0" "get" (func $fetch (param i32 i32 i64 i32 i32)))
  (import "assize:plugin/process@0.1.0" "run" (func $command (param i32 i32 i32 i32 i32 i32 i32)))
  (import "assize:plugin/http@0.1.0" "send"
    (func $send (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "assize:plugin/tasks@0.1.0" "create" (func $task_create
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i64 i32 i32 i32)))
  (import "assize:plugin/tasks@0.1.0" "claim" (func $task_claim (param i64 i32)))
  (import "assize:plugin/tasks@0.1.0" "complete" (func $task_complete (param i64 i32 i32 i32)))
  (import "assize:plugin/tasks@0.1.0" "fail" (func $task_fail (param i64 i32 i32 i32)))
  (import "assize:plugin/tasks@0.1.0" "update" (func $task_update (param i64 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "assize:plugin/tasks@0.1.0" "assign" (func $task_assign (param i64 i32 i32 i32)))
  (import "assize:plugin/tasks@0.1.0" "get" (func $task (param i64 i32)))
  (import "assize:plugin/tasks@0.1.0" "list" (func $tasks (param i32 i32 i64 i32)))
  (import "assize:plugin/messages@0.1.0" "post" (func $post (param i32 i32 i32 i32 i32 i64 i32)))
  (import "assize:plugin/messages@0.1.0" "get" (func $messages (param i32 i32 i64 i32)))
  (import "assize:plugin/knowledge@0.1.0" "share" (func $share (param i32 i32 i32 i32 i32)))
  (import "assize:plugin/knowledge@0.1.0" "get" (func $known (param i32 i32 i32)))
  (import "assize:plugin/knowledge@0.1.0" "update" (func $revise (param i32 i32 i32 i32 i32 i64 i32)))
  (import "assize:plugin/decisions@0.1.0" "propose" (func $propose (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "assize:plugin/decisions@0.1.0" "vote" (func $vote (param i64 i32 i32 i32 i32)))
  (import "assize:plugin/decisions@0.1.0" "get" (func $decision (param i64 i32)))
  (import "assize:plugin/workflows@0.1.0" "create" (func $workflow (param i32 i32 i32 i32 i32)))
  (import "assize:plugin/workflows@0.1.0" "start" (func $workflow_start (param i64 i32)))
  (import "assize:plugin/status@0.1.0" "update" (func $say_status (param i32 i32 i32)))
  (import "assize:plugin/status@0.1.0" "team" (func $team (param i32)))
  (import "assize:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))
"#;

/// An `ok(outcome)` at 2048: no summary, and the output `true`, which stands at 2080. `false` stands at 2084 and `null` at 2089.
/// `(i32.const 2048)` returns it.
pub(super) const OUTCOME: &str = r#"
  (data (i32.const 2048) "\00\00\00\00\00\00\00\00\00\00\00\00\20\08\00\00\04\00\00\00")
  (data (i32.const 2080) "truefalsenull")
"#;

/// Builds an agent whose `run` function has the body `body`, which returns a pointer to its result; `(i32.const 2048)` says that
/// it is done. The locals `$agent`, `$agent_length`, `$input` and `$input_length` hold its task.
///
/// # Panics
///
/// When the text does not assemble: a mistake in the test.
#[must_use]
pub fn agent(body: &str) -> Vec<u8> {
    agent_with("", body)
}

/// Like [`agent`], with further module fields such as memories, tables and functions.
///
/// # Panics
///
/// When the text does not assemble: a mistake in the test.
#[must_use]
pub fn agent_with(fields: &str, body: &str) -> Vec<u8> {
    agent_module(&format!(
        "(module {AGENT_IMPORTS} (memory (export \"memory\") 2) {fields} {PROLOGUE} {DESCRIBE} {ALLOCATOR} {OUTCOME}
           (func (export \"run\")
             (param $agent i32) (param $agent_length i32) (param $input i32) (param $input_length i32) (result i32) {body}))"
    ))
}

/// An agent that is done at once, and whose `describe` function has the body `body`; `(i32.const 1024)` is the usual description.
///
/// # Panics
///
/// When the text does not assemble: a mistake in the test.
#[must_use]
pub fn agent_describing(fields: &str, body: &str) -> Vec<u8> {
    agent_module(&format!(
        "(module {AGENT_IMPORTS} (memory (export \"memory\") 2) {fields} {PROLOGUE} {ALLOCATOR} {OUTCOME}
           (func (export \"describe\") (result i32) {body})
           (func (export \"run\") (param i32 i32 i32 i32) (result i32) (i32.const 2048)))"
    ))
}

/// An agent that is done at once and imports nothing: what a call costs without any work. [`voting`](super::voting) makes the
/// judge of this kind.
///
/// # Panics
///
/// When the text does not assemble: a mistake in the test.
#[must_use]
pub fn idle_agent() -> Vec<u8> {
    agent_module(&format!(
        "(module (memory (export \"memory\") 2) {PROLOGUE} {DESCRIBE} {ALLOCATOR} {OUTCOME}
           (func (export \"run\") (param i32 i32 i32 i32) (result i32) (i32.const 2048)))"
    ))
}

/// An agent that never comes to an end by itself, and imports nothing.
///
/// # Panics
///
/// When the text does not assemble: a mistake in the test.
#[must_use]
pub fn endless_agent() -> Vec<u8> {
    agent_module(&format!(
        "(module (memory (export \"memory\") 2) {PROLOGUE} {DESCRIBE} {ALLOCATOR} {OUTCOME}
           (func (export \"run\") (param i32 i32 i32 i32) (result i32) (loop $on (br $on)) (unreachable)))"
    ))
}

/// Builds a component for the world `agent` from a whole core module.
///
/// # Panics
///
/// When the text does not assemble: a mistake in the test.
#[must_use]
pub fn agent_module(text: &str) -> Vec<u8> {
    module_for("agent", text)
}
