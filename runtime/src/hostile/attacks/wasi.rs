//! The doors of WASI.

use assize_provenance::opinion::Absence::{self, FuelExhausted, HostLimit, Malformed, TimedOut, Trapped};
use serde_json::{Value, json};

use crate::hostile::tried::kind;
use crate::hostile::{Attack, Family, Ground};
use crate::outcome::Outcome;

/// The attacks of this family.
pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        id: "sleeping-for-ever",
        family: Family::Wasi,
        tries: "Waits for a clock that strikes in five hundred years.",
        stopped_by: "`wall_seconds`: the call is dropped while it waits.",
        act: |ground| ends(ground, "sleep", &[TimedOut]),
    },
    Attack {
        id: "very-many-clocks",
        family: Family::Wasi,
        tries: "Waits for hundreds of clocks at once, again and again, which costs the host and not the guest.",
        stopped_by: "A call holds at most 1,024 handles, and `wall_seconds` ends it.",
        act: |ground| {
            ends(
                ground,
                "many-sleeps",
                &[TimedOut, FuelExhausted, Trapped, HostLimit, Malformed],
            )
        },
    },
    Attack {
        id: "hoarding-handles",
        family: Family::Wasi,
        tries: "Takes handles for ever and gives none back.",
        stopped_by: "A call holds at most 1,024 handles; one more ends it.",
        act: |ground| {
            ends(
                ground,
                "handles",
                &[TimedOut, FuelExhausted, Trapped, HostLimit, Malformed],
            )
        },
    },
    Attack {
        id: "giant-randomness",
        family: Family::Wasi,
        tries: "Asks for eighteen quintillion random bytes.",
        stopped_by: "One call gives at most 64 KiB of randomness; nothing is allocated from the wish.",
        act: |ground| ends(ground, "random", &[Trapped, HostLimit, Malformed, FuelExhausted]),
    },
    Attack {
        id: "randomness-without-end",
        family: Family::Wasi,
        tries: "Asks for 64 KiB of random bytes again and again.",
        stopped_by: "One call gives at most 64 KiB of randomness; fuel and `wall_seconds` bound the rest.",
        act: |ground| {
            ends(
                ground,
                "random-often",
                &[Trapped, HostLimit, Malformed, FuelExhausted, TimedOut],
            )
        },
    },
    Attack {
        id: "output-without-end",
        family: Family::Wasi,
        tries: "Prints 16 MiB to standard output, and as much to standard error.",
        stopped_by: "What is above `output_kib` is dropped and counted.",
        act: |ground| {
            let mut dropped = 0_u64;
            for door in ["stdout", "stderr"] {
                let tried = ground.knock(door)?;
                if tried.log_bytes > 32 << 10 {
                    return Err(format!("{} bytes of output were kept", tried.log_bytes));
                }
                dropped = dropped.saturating_add(tried.output_dropped);
            }
            Ok(format!("{dropped} bytes were dropped"))
        },
    },
    Attack {
        id: "giant-zeroes",
        family: Family::Wasi,
        tries: "Asks standard output for eighteen quintillion zeroes, and writes more than it was allowed.",
        stopped_by: "More zeroes than may be written end the call before any is made; of the rest `output_kib` is kept.",
        act: |ground| {
            let unasked = ground.knock("unasked")?;
            if unasked.log_bytes > 32 << 10 {
                return Err(format!("{} bytes of output were kept", unasked.log_bytes));
            }
            ends(ground, "zeroes", &[Trapped, Malformed])
        },
    },
    Attack {
        id: "the-environment",
        family: Family::Wasi,
        tries: "Reads the variables, arguments and working folder of whoever runs Assize.",
        stopped_by: "A guest's environment is made for it: no variables that were not granted, no folder, its own name.",
        act: |ground| {
            let tried = ground.knock("environment")?;
            let answer = tried.answers.first().cloned().unwrap_or_default();
            let empty = answer.get("variables") == Some(&json!([])) && answer.get("folder") == Some(&Value::Null);
            let arguments = answer
                .get("arguments")
                .and_then(Value::as_array)
                .map_or(usize::MAX, Vec::len);
            if empty && arguments <= 1 {
                Ok(answer.to_string())
            } else {
                Err(tried.end())
            }
        },
    },
    Attack {
        id: "the-input",
        family: Family::Wasi,
        tries: "Reads what was typed for Assize from standard input.",
        stopped_by: "A guest's standard input is empty and closed.",
        act: |ground| {
            let tried = ground.knock("stdin")?;
            match tried.answers.first() {
                Some(answer) if kind(answer).is_some() || answer.get("bytes") == Some(&json!(0)) => tried.answered(),
                _ => Err(tried.end()),
            }
        },
    },
    Attack {
        id: "folders-of-the-machine",
        family: Family::Wasi,
        tries: "Asks which folders of the machine are open to it.",
        stopped_by: "No folder is open through WASI; files are reached through `workspace` alone.",
        act: |ground| {
            let tried = ground.knock("folders")?;
            match tried.answers.first() {
                Some(answer) if answer.get("folders") == Some(&json!(0)) => Ok("there are none".into()),
                _ => Err(tried.end()),
            }
        },
    },
    Attack {
        id: "leaving",
        family: Family::Wasi,
        tries: "Ends the process it believes to be.",
        stopped_by: "To leave is to end one call, and an agent that leaves has given no result.",
        act: |ground| ends(ground, "exit", &[Trapped, Absence::Faulted, Malformed]),
    },
    Attack {
        id: "connecting",
        family: Family::Wasi,
        tries: "Opens a connection to a server.",
        stopped_by: "Sockets are refused, and so is every address.",
        act: |ground| shut(ground, "connect"),
    },
    Attack {
        id: "listening",
        family: Family::Wasi,
        tries: "Opens a port for datagrams.",
        stopped_by: "Sockets are refused, and so is every address.",
        act: |ground| shut(ground, "bind"),
    },
    Attack {
        id: "asking-for-names",
        family: Family::Wasi,
        tries: "Sends out what it knows as the name of a server to look up.",
        stopped_by: "Looking up names is refused.",
        act: |ground| shut(ground, "names"),
    },
];

/// Held when a door ends the call in one of these ways.
fn ends(ground: &Ground, door: &str, allowed: &[Absence]) -> Result<String, String> {
    ground.knock(door)?.ended_as(allowed)
}

/// Held when a door is refused, or ends the call.
fn shut(ground: &Ground, door: &str) -> Result<String, String> {
    let tried = ground.knock(door)?;
    match &tried.outcome {
        Outcome::Finished(_) => tried.all_refused(),
        Outcome::Ended(..) => tried.ended_as(&[Trapped, Malformed]),
    }
}
