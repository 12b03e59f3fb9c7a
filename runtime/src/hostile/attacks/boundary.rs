//! Values that no compiler would hand over: the liar breaks the canonical ABI by hand.

use assize_provenance::opinion::Absence::{self, FuelExhausted, Malformed, MemoryExhausted, TimedOut, Trapped};
use serde_json::json;

use crate::hostile::bytes::Lie;
use crate::hostile::steps::repeated;
use crate::hostile::{Attack, Family, Ground};

/// The attacks of this family.
pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        id: "a-giant-log-line",
        family: Family::Boundary,
        tries: "Hands over one log line of 48 MiB that it really has.",
        stopped_by: "One crossing from guest to host carries at most 8 MiB, counted before anything is copied.",
        act: |ground| lies(ground, &['b'], &[Malformed, Trapped, MemoryExhausted]),
    },
    Attack {
        id: "giant-values",
        family: Family::Boundary,
        tries: "Hands over 48 MiB to remember, 48 MiB to store and a result of 48 MiB.",
        stopped_by: "One crossing from guest to host carries at most 8 MiB, counted before anything is copied.",
        act: |ground| lies(ground, &['l', 'm', 'u'], &[Malformed, Trapped, MemoryExhausted]),
    },
    Attack {
        id: "six-million-literals",
        family: Family::Boundary,
        tries: "Hands over a list of six million texts.",
        stopped_by: "The items of lists count against the 8 MiB of a crossing.",
        act: |ground| lies(ground, &['h'], &[Malformed, Trapped, MemoryExhausted]),
    },
    Attack {
        id: "beyond-its-memory",
        family: Family::Boundary,
        tries: "Hands over texts, lists and results that reach beyond its memory, and wants answers written there.",
        stopped_by: "Every address is held against the guest's memory before it is used.",
        act: |ground| lies(ground, &['c', 'i', 'j', 'r', 't'], &[Malformed, Trapped]),
    },
    Attack {
        id: "crooked-addresses",
        family: Family::Boundary,
        tries: "Uses addresses that no value of that kind may have.",
        stopped_by: "Every address is held against the value's alignment.",
        act: |ground| lies(ground, &['k', 'q'], &[Malformed, Trapped]),
    },
    Attack {
        id: "texts-that-are-none",
        family: Family::Boundary,
        tries: "Hands over paths and a result that are not UTF-8, and half a character of UTF-16.",
        stopped_by: "Texts are checked when they cross; what is no UTF-8 ends the call.",
        act: |ground| lies(ground, &['d', 'e', 'v'], &[Malformed, Trapped]),
    },
    Attack {
        id: "variants-that-are-none",
        family: Family::Boundary,
        tries: "Hands over the 77th of three choices, an option that is neither, and a result that is neither.",
        stopped_by: "A case that the contract does not have ends the call.",
        act: |ground| lies(ground, &['f', 'g', 's'], &[Malformed, Trapped]),
    },
    Attack {
        id: "a-result-that-is-no-json",
        family: Family::Boundary,
        tries: "Gives a result that is no JSON.",
        stopped_by: "A result is read before anything else sees it.",
        act: |ground| lies(ground, &['w'], &[Malformed]),
    },
    Attack {
        id: "a-summary-for-the-terminal",
        family: Family::Boundary,
        tries: "Gives a summary that clears the screen and says that all is well.",
        stopped_by: "A summary holds no control characters but line breaks and tabs; any other is no answer.",
        act: |ground| {
            ground
                .steps(vec![json!(["summary", "\u{1b}[2J\u{1b}[32mgranted"])])?
                .ended_as(&[Malformed])
        },
    },
    Attack {
        id: "memory-given-falsely",
        family: Family::Boundary,
        tries: "Answers the host's wish for memory with an address outside, a crooked one, a trap, a loop, a call back, and \
                all the memory there is.",
        stopped_by: "What a guest gives is checked before the host writes there, counted like its own work, and it may not \
                     call back meanwhile.",
        act: |ground| {
            let mut ends = Vec::new();
            for allocate in 1..=6 {
                let Ok(agent) = ground.load_lie(&Lie { allocate, ..Lie::NONE })? else {
                    ends.push("refused at its load".to_owned());
                    continue;
                };
                let tried = ground.try_agent(&agent, "intruder", "liar", "\"y\"")?;
                ends.push(tried.ended_as(&[Malformed, Trapped, FuelExhausted, TimedOut, MemoryExhausted])?);
            }
            Ok(ends.join("; "))
        },
    },
    Attack {
        id: "the-largest-numbers",
        family: Family::Boundary,
        tries: "Reads, lists, searches, remembers and fetches with the largest numbers there are, plain and by hand.",
        stopped_by: "Numbers are added without overflow and cut to what one answer holds; nothing is allocated from them.",
        act: |ground| {
            let none = "0".repeat(64);
            let steps = vec![
                json!(["read", "src/main.rs", u64::MAX, u32::MAX]),
                json!(["read", "src/main.rs", u64::MAX, 0]),
                json!(["read", "src/main.rs", i64::MAX, 1]),
                json!(["read", "src/main.rs", 0, u32::MAX]),
                json!(["set", "key", "value", u64::MAX]),
                json!(["set", "key", null, i64::MAX]),
                json!(["fetch", none, u64::MAX, u32::MAX]),
                json!(["search", "src", ["main"], u32::MAX]),
            ];
            ground.steps(steps)?.answered()?;
            ground.lie('x')?.ended_as(&[Malformed, Trapped])
        },
    },
    Attack {
        id: "odd-texts-everywhere",
        family: Family::Boundary,
        tries: "Hands the oddest texts to every function that takes one, to make the host panic.",
        stopped_by: "Each text is checked by the function that takes it, and code that serves guests cannot panic: a test \
                     forbids it there.",
        act: odd_texts,
    },
];

/// Held when each of these lies ends the call in one of these ways.
fn lies(ground: &Ground, letters: &[char], allowed: &[Absence]) -> Result<String, String> {
    let mut ends = Vec::new();
    for letter in letters {
        ends.push(ground.lie(*letter)?.ended_as(allowed)?);
    }
    Ok(ends.join("; "))
}

fn odd_texts(ground: &Ground) -> Result<String, String> {
    let texts = [
        json!(""),
        json!("/"),
        json!("."),
        json!("src/"),
        json!("\\"),
        json!("\\x"),
        json!("\0"),
        json!("\u{7f}"),
        json!("\u{85}"),
        json!("\u{2028}"),
        json!("\u{202e}"),
        json!("\u{feff}src"),
        json!("\u{fffd}"),
        json!("\u{10ffff}"),
        json!("e\u{301}\u{301}\u{301}"),
        json!("-rf"),
        json!("--"),
        json!("$(reboot)"),
        json!("'; drop table events; --"),
        json!("%s%n%p"),
        json!("{}{n}"),
        json!("src/\u{1f1e6}\u{1f1e6}"),
        repeated("a", 255),
        repeated("a", 256),
        repeated("a", 257),
        repeated("\u{1f600}", 300),
        repeated("../", 2_000),
        repeated("\\xff", 2_000),
    ];
    let mut steps = Vec::new();
    for text in &texts {
        steps.extend([
            json!(["list", text]),
            json!(["list", "src", text]),
            json!(["read", text, 0, 10]),
            json!(["write", text, text, "keep"]),
            json!(["remove", text]),
            json!(["rename", text, text]),
            json!(["search", text, [text], 10]),
            json!(["diff", text]),
            json!(["get", text]),
            json!(["set", text, text, null]),
            json!(["keys", text, text]),
            json!(["store", text, text, text]),
            json!(["store", "name", text, text]),
            json!(["fetch", text, 0, 10]),
            json!(["log", text]),
        ]);
    }
    // A search counts 500 calls, so a few texts at a time.
    let mut answer = String::new();
    for some in steps.chunks(6 * 15) {
        answer = ground.steps(some.to_vec())?.answered()?;
    }
    Ok(answer)
}
