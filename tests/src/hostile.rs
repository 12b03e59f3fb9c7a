//! The hostile judges: each tries one thing, each must end the way its row says.

use assize_provenance::opinion::Absence;

use crate::guests;

/// One hostile judge.
pub struct Hostile {
    /// What it tries.
    pub name: &'static str,
    /// Its component.
    pub component: Vec<u8>,
    /// How a hearing of it ends.
    pub ends: Absence,
}

fn hostile(name: &'static str, ends: Absence, component: Vec<u8>) -> Hostile {
    Hostile { name, component, ends }
}

/// Every hostile judge that loads. They are heard under small limits; see [`crate::room::policy`].
#[must_use]
pub fn judges() -> Vec<Hostile> {
    let mut all = Vec::new();
    all.extend(exhausting());
    all.extend(crossing());
    all.extend(lying());
    all
}

/// Those that want more than they may have.
fn exhausting() -> Vec<Hostile> {
    use Absence::{FuelExhausted, HostLimit, MemoryExhausted, Trapped, Unusable};
    // Every page is written, so that the kernel has to give it.
    let grow_forever = "(local $at i32) (local $end i32)
        (loop $more
          (local.set $at (i32.mul (memory.grow (i32.const 16)) (i32.const 65536)))
          (if (i32.eq (local.get $at) (i32.const -65536)) (then unreachable))
          (local.set $end (i32.add (local.get $at) (i32.const 1048576)))
          (loop $page
            (i32.store (local.get $at) (i32.const 1))
            (local.set $at (i32.add (local.get $at) (i32.const 4096)))
            (br_if $page (i32.lt_u (local.get $at) (local.get $end))))
          (br $more))
        unreachable";
    let memories = r#"(memory $a 1) (memory $b 1) (memory $c 1)"#;
    let grow_in_turn = "(loop $more
        (br_if $more (i32.or (i32.or
          (i32.ne (i32.const -1) (memory.grow $a (i32.const 16)))
          (i32.ne (i32.const -1) (memory.grow $b (i32.const 16))))
          (i32.ne (i32.const -1) (memory.grow $c (i32.const 16)))))) unreachable";
    let recursion = "(func $down (param i32) (result i32)
        (i32.add (i32.const 1) (call $down (i32.add (local.get 0) (i32.const 1)))))";
    vec![
        hostile("an endless loop", FuelExhausted, guests::judge("(loop $on (br $on)) unreachable")),
        hostile("memory without end", MemoryExhausted, guests::judge(grow_forever)),
        hostile("a first memory that is too large", Unusable, guests::judge_with("(memory $big 2000)", "(i32.const 2048)")),
        hostile("several memories", MemoryExhausted, guests::judge_with(memories, grow_in_turn)),
        hostile("deep recursion", Trapped, guests::judge_with(recursion, "(call $down (i32.const 0))")),
        hostile(
            "a table without end",
            FuelExhausted,
            guests::judge_with(
                "(table $t 1 funcref)",
                "(loop $more (drop (table.grow $t (ref.null func) (i32.const 64))) (br $more)) unreachable",
            ),
        ),
        hostile(
            "a flood of log lines",
            HostLimit,
            guests::judge("(loop $on (call $log (i32.const 1) (i32.const 16) (i32.const 16)) (br $on)) unreachable"),
        ),
        hostile(
            "reading everything, again and again",
            HostLimit,
            guests::judge("(loop $on (call $changes (i32.const 0) (i32.const 4096)) (br $on)) unreachable"),
        ),
        hostile(
            "folders that are not there, for ever",
            HostLimit,
            guests::judge(
                "(loop $on (call $list (i32.const 1) (i32.const 16) (i32.const 5) (i32.const 0) (i32.const 4096)) (br $on))
                 unreachable",
            ),
        ),
        hostile("a plain trap", Trapped, guests::judge("unreachable")),
    ]
}

/// Those that hand the host more than it should take.
fn crossing() -> Vec<Hostile> {
    use Absence::Malformed;
    // Length 0x3000000 (48 MiB) of the rationale, inside a memory that really has them.
    let giant = r#"(drop (memory.grow (i32.const 800)))
        (i32.store (i32.const 2064) (i32.const 0)) (i32.store (i32.const 2068) (i32.const 0x3000000)) (i32.const 2048)"#;
    let beyond = r#"(i32.store (i32.const 2064) (i32.const 0)) (i32.store (i32.const 2068) (i32.const 0x7fffffff))
        (i32.const 2048)"#;
    let many = r#"(i32.store (i32.const 2056) (i32.const 0)) (i32.store (i32.const 2060) (i32.const 0x4000000))
        (i32.const 2048)"#;
    let loud = "(drop (memory.grow (i32.const 800)))
        (call $log (i32.const 1) (i32.const 0) (i32.const 0x3000000)) (i32.const 2048)";
    vec![
        hostile("a giant string", Malformed, guests::judge(giant)),
        hostile("a string beyond its memory", Malformed, guests::judge(beyond)),
        hostile("64 million findings", Malformed, guests::judge(many)),
        hostile("a giant log line", Malformed, guests::judge(loud)),
    ]
}

/// Those that lie about what they hand over.
fn lying() -> Vec<Hostile> {
    use Absence::{Faulted, Malformed};
    let vote = "(i32.store8 (i32.const 2052) (i32.const 77)) (i32.const 2048)";
    let case = "(i32.store8 (i32.const 2048) (i32.const 9)) (i32.const 2048)";
    let bytes = r#"(i32.store8 (i32.const 3000) (i32.const 0xff))
        (i32.store (i32.const 2064) (i32.const 3000)) (i32.store (i32.const 2068) (i32.const 1)) (i32.const 2048)"#;
    let escape = r#"(i32.store8 (i32.const 3000) (i32.const 0x1b))
        (i32.store (i32.const 2064) (i32.const 3000)) (i32.store (i32.const 2068) (i32.const 1)) (i32.const 2048)"#;
    let crooked = "(i32.const 2049)";
    let nowhere = "(i32.const 0x7ffffffc)";
    // One finding at 4096 under the rule "A guest.gues".
    let anothers = r#"(i32.store (i32.const 2056) (i32.const 4096)) (i32.store (i32.const 2060) (i32.const 1))
        (i32.store (i32.const 4096) (i32.const 26)) (i32.store (i32.const 4100) (i32.const 12)) (i32.const 2048)"#;
    let fault = r#"(i32.store8 (i32.const 2048) (i32.const 1))
        (i32.store (i32.const 2052) (i32.const 44)) (i32.store (i32.const 2056) (i32.const 4)) (i32.const 2048)"#;
    vec![
        hostile("a vote that is none", Malformed, guests::judge(vote)),
        hostile("a result that is neither", Malformed, guests::judge(case)),
        hostile("a string that is not UTF-8", Malformed, guests::judge(bytes)),
        hostile("an escape sequence for the terminal", Malformed, guests::judge(escape)),
        hostile("an answer at a crooked address", Malformed, guests::judge(crooked)),
        hostile("an answer outside its memory", Malformed, guests::judge(nowhere)),
        hostile("a finding under no rule of its own", Malformed, guests::judge(anothers)),
        hostile("a fault of its own", Faulted, guests::judge(fault)),
    ]
}
