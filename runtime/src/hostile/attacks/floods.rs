//! Using the machine up through host functions.

use std::fs;

use assize_provenance::opinion::Absence::{FuelExhausted, HostLimit, TimedOut};
use serde_json::{Value, json};

use crate::hostile::steps::{list, read, repeat, repeated, search, until_refused};
use crate::hostile::{Attack, Family, Ground};

/// How long the endless ones may go on before they count as not stopped.
const TIMES: u64 = 1_000_000;

/// The attacks of this family.
pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        id: "host-calls-without-end",
        family: Family::Floods,
        tries: "Asks for the same small file for ever.",
        stopped_by: "`host_calls` ends the call.",
        act: |ground| {
            ground
                .steps(vec![repeat(None, read("src/main.rs"))])?
                .ended_as(&[HostLimit])
        },
    },
    Attack {
        id: "small-host-calls-by-hand",
        family: Family::Floods,
        tries: "Makes the smallest host call there is as fast as a machine can.",
        stopped_by: "`host_calls` ends the call.",
        act: |ground| ground.lie('n')?.ended_as(&[HostLimit]),
    },
    Attack {
        id: "refusals-without-end",
        family: Family::Floods,
        tries: "Asks for what it may not have for ever, and ignores every refusal.",
        stopped_by: "Refused calls count like others; alike ones that follow each other are recorded as one.",
        act: |ground| {
            let tried = ground.steps(vec![repeat(None, read("private/secret.txt"))])?;
            if tried.accesses.len() > 10 {
                return Err(format!("{} records of one refusal", tried.accesses.len()));
            }
            tried.ended_as(&[HostLimit])
        },
    },
    Attack {
        id: "events-without-end",
        family: Family::Floods,
        tries: "Uses its powers on a new thing each time, so that each use is an event of its own.",
        stopped_by: "`host_calls` and the most events of a call (`audit_events`) end it; nothing is left out of the record.",
        act: |ground| {
            let tried = ground.steps(vec![repeat(None, json!(["read", "src/none-{n}.txt", 0, 1]))])?;
            if tried.accesses.len() as u64 > tried.host_calls {
                return Err("there are more records than calls".into());
            }
            tried.ended_as(&[HostLimit])
        },
    },
    Attack {
        id: "log-without-end",
        family: Family::Floods,
        tries: "Writes log lines for ever, empty and long, with escape sequences for the terminal.",
        stopped_by: "Lines above `log_kib` are dropped and counted, control characters escaped; `host_calls` ends the call.",
        act: |ground| {
            let line = json!(["log", { "repeat": "\u{1b}[31m\r\n", "times": 100, "then": "" }]);
            let tried = ground.steps(vec![repeat(Some(100), line), repeat(None, json!(["log", ""]))])?;
            if tried.log_bytes > 16 << 10 || tried.log_dropped == 0 {
                return Err(format!("{} bytes of log were kept", tried.log_bytes));
            }
            tried
                .ended_as(&[HostLimit])
                .map(|end| format!("{end}; {} lines kept, {} dropped", tried.log_lines, tried.log_dropped))
        },
    },
    Attack {
        id: "disk-filling",
        family: Family::Floods,
        tries: "Writes files of 256 KiB until the disk is full.",
        stopped_by: "What a call writes counts against `write_mib`.",
        act: |ground| {
            let step = json!(["write", "src/fill-{n}.bin", { "repeat": "x", "times": 256 << 10, "then": "" }, "keep"]);
            let tried = ground.steps(vec![until_refused(TIMES, step)])?;
            bounded_disk(ground, 4 << 20)?;
            tried.bounded_by("limit")
        },
    },
    Attack {
        id: "disk-filling-with-one-file",
        family: Family::Floods,
        tries: "Appends to one file until the disk is full, and replaces it again and again.",
        stopped_by: "Each write counts against `write_mib`, also where it replaces what was written before.",
        act: |ground| {
            let append = json!(["write", "src/one.bin", { "repeat": "x", "times": 64 << 10, "then": "" }, "append"]);
            let replace = json!(["write", "src/one.bin", { "repeat": "y", "times": 64 << 10, "then": "" }, "replace"]);
            let tried = ground.steps(vec![until_refused(TIMES, append), until_refused(TIMES, replace)])?;
            bounded_disk(ground, 4 << 20)?;
            tried.bounded_by("limit")
        },
    },
    Attack {
        id: "tiny-files",
        family: Family::Floods,
        tries: "Makes empty files and folders until the disk has no room for names.",
        stopped_by: "Each file counts 512 bytes and each folder 4 KiB besides its contents against `write_mib`.",
        act: |ground| {
            let tried = ground.steps(vec![until_refused(TIMES, json!(["write", "src/{n}/e", "", "keep"]))])?;
            let made = fs::read_dir(ground.path("work/src"))
                .map_err(|error| error.to_string())?
                .count();
            if made > 2_000 {
                return Err(format!("{made} folders were made"));
            }
            tried
                .bounded_by("limit")
                .map(|answer| format!("{answer}; {made} folders were made"))
        },
    },
    Attack {
        id: "giant-contents",
        family: Family::Floods,
        tries: "Writes 12 MiB at once.",
        stopped_by: "One crossing from guest to host carries at most 8 MiB, and one write 4 MiB.",
        act: |ground| {
            let step = json!(["write", "src/giant.bin", repeated("x", 12 << 20), "keep"]);
            let tried = ground.steps(vec![step])?;
            bounded_disk(ground, 4 << 20)?;
            if tried.answers.is_empty() {
                tried.ended_as(&[assize_provenance::opinion::Absence::Malformed, FuelExhausted, TimedOut])
            } else {
                tried.all_refused_as(&["limit"])
            }
        },
    },
    Attack {
        id: "reading-without-end",
        family: Family::Floods,
        tries: "Reads a file of 1 MiB again and again.",
        stopped_by: "All answers of a call count against `evidence_mib`.",
        act: |ground| {
            fs::write(ground.path("work/src/large.txt"), vec![b'x'; 1 << 20]).map_err(|error| error.to_string())?;
            let step = json!(["read", "src/large.txt", 0, u32::MAX]);
            ground.steps(vec![until_refused(TIMES, step)])?.bounded_by("limit")
        },
    },
    Attack {
        id: "searching-without-end",
        family: Family::Floods,
        tries: "Searches everything for 64 literals again and again.",
        stopped_by: "A search counts as 500 host calls.",
        act: |ground| {
            let literals: Vec<String> = (0..64).map(|number| format!("literal-{number}")).collect();
            ground
                .steps(vec![repeat(None, json!(["search", "", literals, 1_000]))])?
                .ended_as(&[HostLimit])
        },
    },
    Attack {
        id: "searching-giant-lists",
        family: Family::Floods,
        tries: "Searches for ten thousand literals, for empty ones and for giant ones.",
        stopped_by: "A search takes 1 to 64 literals of 3 to 256 bytes.",
        act: |ground| {
            let steps = vec![
                json!(["search", "src", { "list": "literal", "times": 10_000 }, 10]),
                json!(["search", "src", [], 10]),
                json!(["search", "src", [""], 10]),
                json!(["search", "src", [repeated("x", 1 << 20)], 10]),
                json!(["search", "src", ["main"], 0]),
                json!(["search", "src", ["main"], u32::MAX]),
            ];
            ground.steps(steps)?.all_refused()
        },
    },
    Attack {
        id: "state-filling",
        family: Family::Floods,
        tries: "Remembers ever more, under one key and under ever new ones.",
        stopped_by: "All values of an agent together count against `state_kib`, and a value has at most 64 KiB.",
        act: |ground| {
            let large = json!(["set", "large", repeated("x", 65 << 10), null]);
            let many = json!(["set", "key-{n}", repeated("x", 4 << 10), null]);
            ground
                .steps(vec![large, until_refused(TIMES, many)])?
                .all_refused_as(&["limit"])
        },
    },
    Attack {
        id: "empty-values-to-remember",
        family: Family::Floods,
        tries: "Remembers nothing under very many keys, and clears keys that were never set.",
        stopped_by: "Keys count against `state_kib` besides their values; `host_calls` ends the call.",
        act: |ground| {
            let set = json!(["set", { "repeat": "k", "times": 240, "then": "-{n}" }, "", null]);
            let set_many = json!(["set", "{n}", "", null]);
            let tried = ground.steps(vec![until_refused(2_000, set), until_refused(TIMES, set_many)])?;
            tried.bounded_by("limit")
        },
    },
    Attack {
        id: "one-key-again-and-again",
        family: Family::Floods,
        tries: "Sets one key to ever new values of 60 KiB, each of which the record keeps.",
        stopped_by: "What a call sets counts in all, also where it replaces what was there: at most 16 times `state_kib`.",
        act: |ground| {
            let step = json!(["set", "key", { "repeat": "x", "times": 60 << 10, "then": "{n}" }, null]);
            let tried = ground.steps(vec![until_refused(TIMES, step)])?;
            let kept = ground.kept_bytes()?;
            if kept > 8 << 20 {
                return Err(format!("the store has {kept} bytes"));
            }
            tried.bounded_by("limit")
        },
    },
    Attack {
        id: "artifact-filling",
        family: Family::Floods,
        tries: "Stores ever more artifacts, large, small and empty.",
        stopped_by: "What a call stores counts against `artifact_mib`, and 512 bytes for each besides.",
        act: |ground| {
            let large = json!(["store", "large-{n}", "text/plain", repeated("x", 1 << 20)]);
            let empty = json!(["store", "empty-{n}", "text/plain", ""]);
            let tried = ground.steps(vec![until_refused(TIMES, large), until_refused(TIMES, empty)])?;
            let kept = ground.kept_bytes()?;
            if kept > 16 << 20 {
                return Err(format!("the store has {kept} bytes"));
            }
            tried.bounded_by("limit").or_else(|_| tried.ended_as(&[TimedOut]))
        },
    },
    Attack {
        id: "a-folder-of-very-many",
        family: Family::Floods,
        tries: "Lists a folder of five thousand entries at once, again and again.",
        stopped_by: "A page has at most 1,000 entries, and all pages count against `evidence_mib`.",
        act: |ground| {
            let folder = ground.path("work/src/many");
            fs::create_dir(&folder).map_err(|error| error.to_string())?;
            for number in 0..5_000 {
                fs::write(folder.join(number.to_string()), "").map_err(|error| error.to_string())?;
            }
            let tried = ground.steps(vec![list("src/many")])?;
            let entries = tried
                .answers
                .first()
                .and_then(|answer| answer.pointer("/ok/count"))
                .and_then(Value::as_u64);
            if entries != Some(1_000) {
                return Err(tried.end());
            }
            let tried = ground.steps(vec![until_refused(TIMES, list("src/many"))])?;
            tried
                .bounded_by("limit")
                .or_else(|_| tried.ended_as(&[FuelExhausted, TimedOut]))
        },
    },
    Attack {
        id: "a-changed-file-without-end",
        family: Family::Floods,
        tries: "Changes large files and asks for the difference again and again.",
        stopped_by: "A difference is shown for files of at most 1 MiB; its pages count against `evidence_mib`.",
        act: |ground| {
            let lines: String = (0..20_000).map(|number| format!("line {number}\n")).collect();
            fs::write(ground.path("work/src/lines.txt"), lines).map_err(|error| error.to_string())?;
            let change = json!(["write", "src/lines.txt", repeated("other\n", 20_000), "replace"]);
            let tried = ground.steps(vec![
                change,
                until_refused(TIMES, json!(["diff"])),
                search("src", "other"),
            ])?;
            match &tried.outcome {
                crate::outcome::Outcome::Finished(_) => tried.answered(),
                crate::outcome::Outcome::Ended(..) => tried.ended_as(&[HostLimit, TimedOut, FuelExhausted]),
            }
        },
    },
];

/// Held when what lies in the open folder is not more than this.
fn bounded_disk(ground: &Ground, bytes_max: u64) -> Result<(), String> {
    let told = |error: std::io::Error| error.to_string();
    let mut bytes = 0_u64;
    for entry in fs::read_dir(ground.path("work/src")).map_err(told)? {
        bytes = bytes.saturating_add(entry.map_err(told)?.metadata().map_err(told)?.len());
    }
    // The folder's own files are there too.
    if bytes <= bytes_max.saturating_add(64 << 10) {
        Ok(())
    } else {
        Err(format!("{bytes} bytes were written"))
    }
}
