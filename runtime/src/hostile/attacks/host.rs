//! The host's own files, and others at work in them.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::hostile::bytes;
use crate::hostile::steps::{read, write};
use crate::hostile::tried::Tried;
use crate::hostile::{Attack, Family, Ground};
use crate::sandbox::{Allocation, EngineOptions, Sandbox, Surroundings, Task};
use crate::settings::Home;
use crate::workspace::Workspace;

/// The attacks of this family.
pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        id: "spoiled-cache",
        family: Family::Host,
        tries: "Cuts, empties and overwrites every compiled component in the cache.",
        stopped_by: "What cannot be read back from the cache is compiled again.",
        act: spoiled_cache,
    },
    Attack {
        id: "shared-home",
        family: Family::Host,
        tries: "Opens the folder of keys and compiled components to other users of the machine.",
        stopped_by: "A home that others can open is refused before anything in it is used.",
        act: |ground| {
            let home = ground.aside("home");
            fs::DirBuilder::new()
                .mode(0o700)
                .create(&home)
                .map_err(|error| error.to_string())?;
            for mode in [0o777, 0o770, 0o707, 0o755] {
                fs::set_permissions(&home, fs::Permissions::from_mode(mode)).map_err(|error| error.to_string())?;
                if Home::open(&home).is_ok() {
                    return Err(format!("a home with the mode {mode:o} was opened"));
                }
            }
            fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).map_err(|error| error.to_string())?;
            Home::open(&home)
                .map(|_| "refused until it was closed".to_owned())
                .map_err(|error| error.to_string())
        },
    },
    Attack {
        id: "home-in-the-repository",
        family: Family::Host,
        tries: "Puts the home with its compiled components inside the repository, where agents write.",
        stopped_by: "A home inside the repository is refused.",
        act: |ground| {
            let inside = ground.path("work/src/home");
            let home = Home::open(&inside).map_err(|error| error.to_string())?;
            match home.outside(&ground.path("work")) {
                Err(error) => Ok(error.to_string()),
                Ok(()) => Err("a home inside the repository was taken".into()),
            }
        },
    },
    Attack {
        id: "a-token-in-a-path",
        family: Family::Host,
        tries: "Uses its powers on paths that hold a token and a password, to have them recorded for ever.",
        stopped_by: "Tokens of known vendors and passwords in addresses are masked before anything is recorded.",
        act: |ground| {
            let token = format!("ghp_{:016x}{:016x}0000", ground.seed(), ground.seed());
            let address = format!("https://user:{:016x}@host", ground.seed());
            let steps = vec![
                read(&format!("src/{token}")),
                read(&format!("src/{token}/{address}")),
                json!(["keys", address]),
                json!(["fetch", address, 0, 1]),
            ];
            ground.steps(steps)?.answered()?;
            for text in [&token, &format!("user:{:016x}", ground.seed())] {
                if let Some(file) = ground.kept_in_store(text)? {
                    return Err(format!("the store's {file} holds it"));
                }
            }
            Ok("masked in the record".into())
        },
    },
    Attack {
        id: "another-agents-memory",
        family: Family::Host,
        tries: "Reads, lists and overwrites what another agent remembers.",
        stopped_by: "Each agent has a space of its own, named by the policy; no function takes another's name.",
        act: |ground| {
            let set = json!([["set", "token", "theirs", null]]);
            ground
                .try_agent(&ground.guests().hostile, "friend", "friend", &set.to_string())?
                .answered()?;
            let steps = vec![
                json!(["get", "token"]),
                json!(["keys", ""]),
                json!(["get", "friend/token"]),
                json!(["get", "../friend/token"]),
                json!(["set", "token", "mine", 1]),
            ];
            let tried = ground.steps(steps)?;
            if tried.answers.iter().any(|answer| answer.to_string().contains("theirs")) {
                return Err(tried.end());
            }
            let again = ground.try_agent(&ground.guests().hostile, "friend", "friend", "[[\"get\",\"token\"]]")?;
            if again.end().contains("theirs") {
                Ok("each remembers its own".into())
            } else {
                Err(again.end())
            }
        },
    },
    Attack {
        id: "two-at-once",
        family: Family::Host,
        tries: "Writes the same key and the same file from two calls at once, each believing to be alone.",
        stopped_by: "A key is set only at the version that was expected, in one transaction; contents are replaced at once.",
        act: two_at_once,
    },
    Attack {
        id: "a-workspace-that-vanishes",
        family: Family::Host,
        tries: "Works in a folder that another process moves away and replaces during the call.",
        stopped_by: "A workspace is opened once and kept open; what its path means later does not matter.",
        act: |ground| {
            let (folder, other) = (ground.aside("moving"), ground.aside("other"));
            for folder in [&folder, &other] {
                fs::create_dir_all(folder.join("src")).map_err(|error| error.to_string())?;
            }
            let away = ground.aside("away");
            let workspace = Workspace::open(&folder).map_err(|error| error.to_string())?;
            fs::rename(&folder, &away).map_err(|error| error.to_string())?;
            std::os::unix::fs::symlink(ground.path("outside"), &folder).map_err(|error| error.to_string())?;
            let steps = json!([read("src/main.rs"), write("src/new.txt")]);
            let agent = &ground.guests().hostile;
            let task = Task::new("intruder", &steps.to_string()).map_err(|error| error.to_string())?;
            let account = ground
                .sandbox()
                .run(
                    agent,
                    &task,
                    ground.grants(agent, "intruder")?,
                    Surroundings {
                        workspace: Some(&workspace),
                        ..Surroundings::default()
                    },
                )
                .map_err(|fault| fault.to_string())?;
            let tried = Tried::new(account);
            if away.join("src/new.txt").exists() {
                tried.answered()
            } else {
                Err(tried.end())
            }
        },
    },
];

/// Every file below a folder.
fn files_below(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                files.push(path);
            }
        }
    }
    Ok(files)
}

fn spoiled_cache(ground: &Ground) -> Result<String, String> {
    let cache = ground.aside("cache");
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&cache)
        .map_err(|error| error.to_string())?;
    let start = || {
        Sandbox::start(&EngineOptions {
            cache_dir: Some(cache.clone()),
            allocation: Allocation::OnDemand,
        })
        .map_err(|fault| fault.to_string())
    };
    let works = |when: &str| {
        let loaded = start()?
            .load_agent(bytes::LIAR)
            .map_err(|fault| format!("{when}: {fault}"))?;
        loaded.map(drop).map_err(|unusable| format!("{when}: {unusable}"))
    };
    works("with an empty cache")?;
    let mut spoiled = 0_usize;
    // No bits are flipped: what is compiled is trusted, and wrong code would run.
    for how in ["emptied", "cut", "of zeroes", "of text"] {
        for file in files_below(&cache).map_err(|error| error.to_string())? {
            // The cache's own thread renames files meanwhile.
            let bytes = match fs::read(&file) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                read => read.map_err(|error| error.to_string())?,
            };
            let instead = match how {
                "emptied" => Vec::new(),
                "cut" => bytes.get(..bytes.len() / 2).unwrap_or_default().to_vec(),
                "of zeroes" => vec![0; bytes.len()],
                _ => b"not compiled".to_vec(),
            };
            fs::write(&file, instead).map_err(|error| error.to_string())?;
            spoiled = spoiled.saturating_add(1);
        }
        works(how)?;
    }
    if spoiled < 4 {
        return Err("there was nothing in the cache to spoil".into());
    }
    Ok(format!("compiled again after {spoiled} files were spoiled"))
}

fn two_at_once(ground: &Ground) -> Result<String, String> {
    let steps = json!([
        ["repeat", 100, ["set", "counter", "{n}", 0]],
        ["repeat", 200, ["write", "src/both.txt", { "repeat": "ab", "times": 3_000, "then": "" }, "replace"]],
        ["repeat", 200, ["read", "src/both.txt", 0, 10_000]],
    ])
    .to_string();
    let agent = &ground.guests().hostile;
    let counted = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| ground.try_agent(agent, "intruder", "intruder", &steps)))
            .collect();
        let mut set = 0_u64;
        for call in calls {
            let tried = call.join().map_err(|_| "the host panicked".to_owned())??;
            tried.answered()?;
            let oks = tried.answers.first().and_then(|answer| answer.pointer("/counts/ok"));
            set = set.saturating_add(oks.and_then(serde_json::Value::as_u64).unwrap_or(0));
            let torn = tried.answers.last().and_then(|answer| answer.pointer("/last/ok/bytes"));
            if torn
                .and_then(serde_json::Value::as_u64)
                .is_some_and(|bytes| bytes != 6_000)
            {
                return Err("half of a file was read".to_owned());
            }
        }
        Ok(set)
    })?;
    if counted == 1 {
        Ok("one of two hundred won".into())
    } else {
        Err(format!("{counted} calls set the same version"))
    }
}
