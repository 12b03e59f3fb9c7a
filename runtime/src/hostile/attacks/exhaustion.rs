//! Using the machine up from inside the guest.

use assize_provenance::opinion::Absence::{Faulted, FuelExhausted, Malformed, MemoryExhausted, TimedOut, Trapped};
use serde_json::{Value, json};

use crate::hostile::steps::repeated;
use crate::hostile::{Attack, Family, bytes};
use crate::sandbox::Unusable;

/// The attacks of this family.
pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        id: "endless-loop",
        family: Family::Exhaustion,
        tries: "Computes for ever.",
        stopped_by: "Fuel: `fuel_millions` ends it at the same instruction on every machine, and `wall_seconds` stands behind it.",
        act: |ground| {
            ground
                .steps(vec![json!(["spin"])])?
                .ended_as(&[FuelExhausted, TimedOut])
        },
    },
    Attack {
        id: "memory-without-end",
        family: Family::Exhaustion,
        tries: "Takes memory, writes to every page of it and asks on when it is refused.",
        stopped_by: "All memories of a call are counted together against `memory_mib`; fuel ends the asking.",
        act: |ground| {
            ground
                .steps(vec![json!(["grow"])])?
                .ended_as(&[MemoryExhausted, FuelExhausted, TimedOut, Trapped])
        },
    },
    Attack {
        id: "memory-to-the-limit",
        family: Family::Exhaustion,
        tries: "Takes as much memory as it is given, and works on.",
        stopped_by: "What is above `memory_mib` is not given; the guest is told and may go on with what it has.",
        act: |ground| {
            let tried = ground.steps(vec![json!(["grow", 1_000])])?;
            match tried
                .answers
                .first()
                .and_then(|answer| answer.get("ok"))
                .and_then(Value::as_u64)
            {
                Some(taken) if taken <= 64 => Ok(format!("{taken} MiB were given")),
                _ => Err(tried.end()),
            }
        },
    },
    Attack {
        id: "several-memories",
        family: Family::Exhaustion,
        tries: "Grows three memories in turn, each within the limit of one.",
        stopped_by: "The sum over all memories of a call is what is limited.",
        act: |ground| ground.lie('p')?.ended_as(&[MemoryExhausted, FuelExhausted, TimedOut]),
    },
    Attack {
        id: "a-first-memory-that-is-too-large",
        family: Family::Exhaustion,
        tries: "Declares a first memory of 4 GiB, and 16 memories.",
        stopped_by: "Memories are counted when a component is loaded, before anything is mapped.",
        act: |ground| {
            let large = bytes::component(&bytes::module(&[bytes::memories(1, 65_536)]));
            let many = bytes::component(&bytes::module(&[bytes::memories(16, 1)]));
            match (ground.load(&large)?, ground.load(&many)?) {
                (Err(large), Err(many @ Unusable::Resources { .. })) => Ok(format!("{large}; {many}")),
                _ => Err("a component with too much memory was loaded".into()),
            }
        },
    },
    Attack {
        id: "a-table-without-end",
        family: Family::Exhaustion,
        tries: "Grows a table for ever.",
        stopped_by: "A table has at most 20,000 elements; fuel ends the asking.",
        act: |ground| ground.lie('o')?.ended_as(&[FuelExhausted, TimedOut]),
    },
    Attack {
        id: "tables-that-are-too-large",
        family: Family::Exhaustion,
        tries: "Declares a table of ten million elements, and a hundred tables.",
        stopped_by: "Tables are counted when a component is loaded.",
        act: |ground| {
            let large = bytes::component(&bytes::module(&[bytes::tables(1, 10_000_000)]));
            let many = bytes::component(&bytes::module(&[bytes::tables(100, 1)]));
            match (ground.load(&large)?, ground.load(&many)?) {
                // Where instances come from a pool, the engine itself has no place for the large one.
                (
                    Err(large @ (Unusable::Resources { .. } | Unusable::NotAComponent { .. })),
                    Err(many @ Unusable::Resources { .. }),
                ) => Ok(format!("{large}; {many}")),
                other => Err(format!("{other:?}")),
            }
        },
    },
    Attack {
        id: "deep-recursion",
        family: Family::Exhaustion,
        tries: "Calls itself until the stack ends.",
        stopped_by: "The guest has a stack of 512 KiB of its own; its end is a trap.",
        act: |ground| {
            ground
                .steps(vec![json!(["recurse"])])?
                .ended_as(&[Trapped, FuelExhausted])
        },
    },
    Attack {
        id: "a-plain-trap",
        family: Family::Exhaustion,
        tries: "Ends in the middle of its work, after it has written half of it.",
        stopped_by: "A trap ends one call; its store is dropped, and what was written is whole files.",
        act: |ground| {
            let steps = vec![json!(["write", "src/half.txt", "half", "keep"]), json!(["trap"])];
            ground.steps(steps)?.ended_as(&[Trapped])
        },
    },
    Attack {
        id: "a-giant-output",
        family: Family::Exhaustion,
        tries: "Gives a result of 6 MiB, and a summary of as much.",
        stopped_by: "An output has at most 1 MiB and a summary 8,192 bytes; longer ones are no answer.",
        act: |ground| {
            let output = ground.steps(vec![json!(["output", repeated("\"", 6 << 20)])])?;
            let summary = ground.steps(vec![json!(["summary", repeated("s", 6 << 20)])])?;
            let malformed = [Malformed, FuelExhausted];
            output.ended_as(&malformed)?;
            summary.ended_as(&malformed)
        },
    },
    Attack {
        id: "a-deep-output",
        family: Family::Exhaustion,
        tries: "Gives a result of a hundred thousand nested lists, to overflow whoever reads it.",
        stopped_by: "An output is read as JSON with a limit of depth before anything else sees it.",
        act: |ground| {
            let nested = json!({ "repeat": "[", "times": 100_000, "then": "]".repeat(100_000) });
            ground.steps(vec![json!(["output", nested])])?.ended_as(&[Malformed])
        },
    },
    Attack {
        id: "a-giant-fault",
        family: Family::Exhaustion,
        tries: "Fails with a message of 1 MiB that holds escape sequences for the terminal.",
        stopped_by: "What is kept of a fault is one line of at most 256 bytes without control characters.",
        act: |ground| {
            let tried = ground.steps(vec![json!(["fault", repeated("\u{1b}[2J\n", 200_000)])])?;
            let end = tried.end();
            if end.len() > 1_024 || end.chars().any(char::is_control) {
                return Err("the fault was kept as it was".into());
            }
            tried.ended_as(&[Faulted])
        },
    },
];
