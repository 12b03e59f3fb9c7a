//! The rules themselves: policies, delegation, lock files.

use assize_provenance::opinion::Absence;
use serde_json::{Value, json};

use crate::catalog::lock::Lock;
use crate::hostile::ground::whole_policy;
use crate::hostile::steps::{every_way, read, write};
use crate::hostile::tried::{Tried, cut};
use crate::hostile::{Attack, Family, Ground};
use crate::policy::Policy;
use crate::policy::grant::{Grants, Request};

/// The attacks of this family.
pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        id: "a-policy-that-inherits-itself",
        family: Family::Rules,
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
        family: Family::Rules,
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
        family: Family::Rules,
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
        family: Family::Rules,
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
        family: Family::Rules,
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
        family: Family::Rules,
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
        family: Family::Rules,
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
        family: Family::Rules,
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
];

/// Lets the hostile agent take steps under another policy.
fn under(ground: &Ground, policy: &Policy, role: &str, steps: Vec<Value>) -> Result<Tried, String> {
    let agent = &ground.guests().hostile;
    let request = Request {
        plugin: "hostile",
        requires: &[],
        wants: &[],
        imports: agent.imports(),
    };
    let grants = Grants::resolve(policy, role, request).map_err(|error| error.to_string())?;
    ground.try_with(agent, grants, "intruder", &Value::from(steps).to_string())
}

/// Held when a policy is not read.
fn unread(text: &str) -> Result<String, String> {
    match Policy::parse("hostile.toml", &whole_policy(text)) {
        Err(problems) => Ok(problems
            .first()
            .map(|problem| problem.message.clone())
            .unwrap_or_default()),
        Ok(_) => Err(format!("a policy was read: {}", cut(text))),
    }
}
