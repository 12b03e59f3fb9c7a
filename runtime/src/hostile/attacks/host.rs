//! The host's own files and rules.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use assize_provenance::opinion::Absence;
use serde_json::json;

use crate::catalog::lock::Lock;
use crate::hostile::bytes;
use crate::hostile::ground::whole_policy;
use crate::hostile::steps::{every_way, read, write};
use crate::hostile::{Attack, Family, Ground};
use crate::policy::Policy;
use crate::sandbox::{Allocation, EngineOptions, Sandbox};
use crate::settings::Home;

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
        id: "a-policy-that-inherits-itself",
        family: Family::Host,
        tries: "Writes roles that inherit themselves, each other in a ring, and each the next a thousand times.",
        stopped_by: "Inheritance is checked for rings and depth when a policy is read.",
        act: |_| {
            let own = "version = 1\n[roles.a]\ninherits = [\"a\"]\n".to_owned();
            let ring = "version = 1\n[roles.a]\ninherits = [\"b\"]\n[roles.b]\ninherits = [\"c\"]\n[roles.c]\ninherits = [\"a\"]\n";
            let chain = (0..1_000).map(|number| format!("[roles.r{number}]\ninherits = [\"r{}\"]\n", number + 1));
            let chain = format!("version = 1\n{}[roles.r1000]\n", chain.collect::<String>());
            let says = unread(&own)?;
            unread(ring)?;
            // A long chain is no ring; it must end, one way or the other.
            let _ = Policy::parse("hostile.toml", &whole_policy(&chain));
            Ok(says)
        },
    },
    Attack {
        id: "a-policy-that-denies-and-allows",
        family: Family::Host,
        tries: "Allows everything in a role that inherits a denial.",
        stopped_by: "A denial wins over every permission, also over inherited ones.",
        act: |ground| {
            let text = "version = 1\n[roles.base]\ndeny = [\"workspace.write\"]\n[roles.child]\ninherits = [\"base\"]\n\
                        allow = [\"*\"]\n[roles.child.files]\nread = [\"**\"]\nwrite = [\"**\"]\n";
            let policy = Policy::parse("hostile.toml", &whole_policy(text)).map_err(|_| "the policy was not read")?;
            let tried = under(
                ground,
                &policy,
                "child",
                vec![write("src/main.rs"), write("docs/guide.md")],
            )?;
            tried.all_refused_as(&["denied"])
        },
    },
    Attack {
        id: "a-policy-with-every-wildcard",
        family: Family::Host,
        tries: "Opens everything by `*`, `**`, `**/*`, `.*/**` and `?git/**`, and goes into `.git`.",
        stopped_by: "A guarded name is matched only by a part of a pattern without wildcards.",
        act: |ground| {
            let text = "version = 1\n[roles.all]\nallow = [\"*\"]\n[roles.all.files]\n\
                        read = [\"**\", \"*\", \"**/*\", \".*/**\", \"?git/**\"]\nwrite = [\"**\", \"*/**\", \"**/*\", \".*/**\", \".g*/**\"]\n";
            let policy = Policy::parse("hostile.toml", &whole_policy(text)).map_err(|problems| {
                let first = problems.first().map(|problem| problem.message.clone());
                first.unwrap_or_default()
            });
            let policy = match policy {
                Ok(policy) => policy,
                Err(problem) => return Ok(problem),
            };
            let mut steps = every_way(".git/hooks/pre-commit");
            steps.extend(every_way(".assize/policy.toml"));
            under(ground, &policy, "all", steps)?.all_refused()
        },
    },
    Attack {
        id: "a-policy-that-hides",
        family: Family::Host,
        tries: "Writes a policy with characters that turn text around, of another version, and of 10 MiB.",
        stopped_by: "A policy is read strictly: known keys, known versions, visible characters and a limit of bytes.",
        act: |_| {
            unread("version = 1\n[roles.\"a\u{202e}b\"]\n")?;
            unread("version = 2\n")?;
            unread("version = 1\n[roles.a]\nalow = [\"*\"]\n")?;
            unread(&format!("version = 1\n# {}\n", "x".repeat(10 << 20)))
        },
    },
    Attack {
        id: "on-behalf-of-somebody-weaker",
        family: Family::Host,
        tries: "Works on behalf of an agent that may only read `docs`, and uses its own powers.",
        stopped_by: "A call on behalf of another holds at most what that one holds: permissions, files and limits.",
        act: |ground| {
            let agent = &ground.guests().hostile;
            let grants = ground
                .grants(agent, "intruder")?
                .attenuate(&ground.grants(agent, "reader")?);
            let steps = json!([
                write("src/main.rs"),
                read("src/main.rs"),
                write("docs/guide.md"),
                ["list", ""],
                ["set", "key", "value", null],
                ["store", "name", "text/plain", "contents"],
            ]);
            ground
                .try_with(agent, grants, "intruder", &steps.to_string())?
                .all_refused_as(&["denied"])
        },
    },
    Attack {
        id: "on-behalf-of-each-other",
        family: Family::Host,
        tries: "Works on behalf of an agent that works on behalf of it, to get back what was taken.",
        stopped_by: "Whoever is in the chain of callers takes away and gives nothing back.",
        act: |ground| {
            let agent = &ground.guests().hostile;
            let (intruder, nobody) = (ground.grants(agent, "intruder")?, ground.grants(agent, "nobody")?);
            let grants = intruder.attenuate(&nobody.attenuate(&intruder)).attenuate(&intruder);
            let steps = json!([read("src/main.rs"), write("src/main.rs"), ["get", "key"]]);
            ground
                .try_with(agent, grants, "intruder", &steps.to_string())?
                .all_refused_as(&["denied"])
        },
    },
    Attack {
        id: "on-behalf-of-somebody-smaller",
        family: Family::Host,
        tries: "Loops for ever with the fuel of a role that has much, on behalf of one that has little.",
        stopped_by: "Of each limit the smaller one counts.",
        act: |ground| {
            let agent = &ground.guests().hostile;
            let grants = ground
                .grants(agent, "friend")?
                .attenuate(&ground.grants(agent, "intruder")?);
            if grants.limits().fuel() > 200_000_000 {
                return Err(format!("it has {} units of fuel", grants.limits().fuel()));
            }
            let ends = [Absence::FuelExhausted, Absence::TimedOut];
            ground
                .try_with(agent, grants, "intruder", "[[\"spin\"]]")?
                .ended_as(&ends)
        },
    },
    Attack {
        id: "a-lock-file-that-leads-out",
        family: Family::Host,
        tries: "Pins plugins to files outside the repository, by names that are none, and without a digest.",
        stopped_by: "Each line of `.assize/plugins.lock` is checked when it is read.",
        act: |_| {
            let line = |name: &str, file: &str, digest: &str| {
                format!(
                    "version = 1\n[plugins.{name}]\nfile = \"{file}\"\nworld = \"agent\"\ncomponent = \"{digest}\"\n"
                )
            };
            let digest = format!("sha256:{}", "0".repeat(64));
            Lock::parse(line("one", "one.wasm", &digest).as_bytes()).map_err(|error| error.to_string())?;
            let mut says = String::new();
            for text in [
                line("one", "../one.wasm", &digest),
                line("one", "/tmp/one.wasm", &digest),
                line("one", "a/./one.wasm", &digest),
                line("\"../one\"", "one.wasm", &digest),
                line("One", "one.wasm", &digest),
                line("one", "one.wasm", "sha256:0"),
                line("one", "one.wasm", "sha1:0"),
            ] {
                match Lock::parse(text.as_bytes()) {
                    Ok(_) => return Err(format!("it was read: {text}")),
                    Err(error) => says = error.to_string(),
                }
            }
            Ok(says)
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
            let workspace = crate::workspace::Workspace::open(&folder).map_err(|error| error.to_string())?;
            fs::rename(&folder, &away).map_err(|error| error.to_string())?;
            std::os::unix::fs::symlink(ground.path("outside"), &folder).map_err(|error| error.to_string())?;
            let steps = json!([read("src/main.rs"), write("src/new.txt")]);
            let agent = &ground.guests().hostile;
            let task = crate::sandbox::Task {
                agent: "intruder".into(),
                input: steps.to_string(),
            };
            let account = ground
                .sandbox()
                .run(agent, &task, ground.grants(agent, "intruder")?, Some(&workspace), None)
                .map_err(|fault| fault.to_string())?;
            let tried = crate::hostile::tried::Tried::new(account);
            if away.join("src/new.txt").exists() {
                tried.answered()
            } else {
                Err(tried.end())
            }
        },
    },
];

/// Lets the hostile agent take steps under another policy.
fn under(
    ground: &Ground,
    policy: &Policy,
    role: &str,
    steps: Vec<serde_json::Value>,
) -> Result<crate::hostile::tried::Tried, String> {
    let agent = &ground.guests().hostile;
    let request = crate::policy::grant::Request {
        plugin: "hostile",
        requires: &[],
        wants: &[],
        imports: agent.imports(),
    };
    let grants = crate::policy::grant::Grants::resolve(policy, role, request).map_err(|error| error.to_string())?;
    ground.try_with(agent, grants, "intruder", &serde_json::Value::from(steps).to_string())
}

/// Held when a policy is not read.
fn unread(text: &str) -> Result<String, String> {
    match Policy::parse("hostile.toml", &whole_policy(text)) {
        Err(problems) => Ok(problems
            .first()
            .map(|problem| problem.message.clone())
            .unwrap_or_default()),
        Ok(_) => Err(format!("a policy was read: {}", crate::hostile::tried::cut(text))),
    }
}

/// Every file below a folder.
fn files_below(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path)
            } else {
                files.push(path)
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
    let spoilers: [(&str, fn(&[u8]) -> Vec<u8>); 4] = [
        ("emptied", |_| Vec::new()),
        ("cut", |bytes| bytes.get(..bytes.len() / 2).unwrap_or_default().to_vec()),
        ("of zeroes", |bytes| vec![0; bytes.len()]),
        ("of text", |_| b"not compiled".to_vec()),
    ];
    let mut spoiled = 0_usize;
    for (how, spoil) in spoilers {
        for file in files_below(&cache).map_err(|error| error.to_string())? {
            let bytes = fs::read(&file).map_err(|error| error.to_string())?;
            fs::write(&file, spoil(&bytes)).map_err(|error| error.to_string())?;
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
