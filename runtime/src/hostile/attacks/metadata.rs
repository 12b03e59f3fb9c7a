//! Lies about what a component is.

use crate::hostile::bytes::Lie;
use crate::hostile::steps::{list, read, write};
use crate::hostile::{Attack, Family, Ground, bytes};
use crate::outcome::Outcome;
use crate::policy::grant::{GrantError, Grants, Request};
use crate::sandbox::Unusable;

/// The attacks of this family.
pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        id: "requires-what-does-not-exist",
        family: Family::Metadata,
        tries: "Requires the permission `workspace.everything`.",
        stopped_by: "A required permission that does not exist refuses the plugin.",
        act: |ground| {
            let lie = Lie {
                requires: 1,
                permission: "workspace.everything",
                ..Lie::NONE
            };
            withheld(ground, &lie, "intruder", |error| {
                matches!(error, GrantError::UnknownPermission { .. })
            })
        },
    },
    Attack {
        id: "requires-a-wildcard",
        family: Family::Metadata,
        tries: "Requires `*` and `workspace.*`, as roles may write them.",
        stopped_by: "A plugin names permissions one by one; a wildcard is no permission.",
        act: |ground| {
            for permission in ["*", "workspace.*"] {
                let lie = Lie {
                    requires: 1,
                    permission,
                    ..Lie::NONE
                };
                withheld(ground, &lie, "intruder", |error| {
                    matches!(error, GrantError::UnknownPermission { .. })
                })?;
            }
            Ok("no permission".into())
        },
    },
    Attack {
        id: "requires-more-than-its-role",
        family: Family::Metadata,
        tries: "Requires to write, in a role that may only read.",
        stopped_by: "A required permission that the role lacks refuses the plugin, and names the line to add.",
        act: |ground| {
            let lie = Lie {
                requires: 1,
                permission: "workspace.write",
                ..Lie::NONE
            };
            withheld(ground, &lie, "reader", |error| {
                matches!(error, GrantError::Withheld { .. })
            })
        },
    },
    Attack {
        id: "requires-a-million-times",
        family: Family::Metadata,
        tries: "Requires the same permission a million times, and four billion times.",
        stopped_by: "What a plugin says of itself crosses under the limits of every call; at most 256 permissions are named.",
        act: |ground| {
            for requires in [1_000, 1_000_000, u32::MAX] {
                undescribed(ground, &Lie { requires, ..Lie::NONE })?;
            }
            Ok("its description gave no usable answer".into())
        },
    },
    Attack {
        id: "imports-more-than-it-says",
        family: Family::Metadata,
        tries: "Says that it needs nothing, imports every function, and calls them in a role that holds none.",
        stopped_by: "What is imported and not granted is linked to a function that refuses.",
        act: |ground| {
            ground
                .steps_as("nobody", vec![list(""), read("docs/guide.md"), write("src/main.rs")])?
                .all_refused_as(&["denied"])
        },
    },
    Attack {
        id: "an-endless-name",
        family: Family::Metadata,
        tries: "Gives itself a name of 100 KiB, one of 48 MiB, and one that reaches beyond its memory.",
        stopped_by: "A name is 1 to 64 lower-case letters, digits and hyphens, and crosses under the limits of every call.",
        act: |ground| {
            undescribed(
                ground,
                &Lie {
                    name_at: Some((0, 100 << 10)),
                    ..Lie::NONE
                },
            )?;
            undescribed(
                ground,
                &Lie {
                    name_at: Some((0, 48 << 20)),
                    describe: 9,
                    ..Lie::NONE
                },
            )?;
            undescribed(
                ground,
                &Lie {
                    name_at: Some((0, u32::MAX)),
                    ..Lie::NONE
                },
            )
        },
    },
    Attack {
        id: "a-name-that-is-none",
        family: Family::Metadata,
        tries: "Calls itself nothing, `../liar`, `LIAR`, by escape sequences, and by two lines of a log.",
        stopped_by: "A name is 1 to 64 lower-case letters, digits and hyphens.",
        act: |ground| {
            for name in [
                "",
                "../liar",
                "LIAR",
                "\u{1b}[2J",
                "liar\ngranted",
                "a b",
                "l\u{430}\u{456}r",
            ] {
                undescribed(ground, &Lie { name, ..Lie::NONE })?;
            }
            Ok("its name must be a name".into())
        },
    },
    Attack {
        id: "anothers-name",
        family: Family::Metadata,
        tries: "Calls itself by the name of another agent, to get at what that one remembers.",
        stopped_by: "What an agent remembers is kept under the name that the policy gives it; what a component calls itself \
                     decides nothing.",
        act: |ground| {
            let set = serde_json::json!([["set", "token", "another agent's", null]]);
            ground
                .try_agent(&ground.guests().hostile, "friend", "friend", &set.to_string())?
                .answered()?;
            let renamed = bytes::patched(bytes::HOSTILE, "hostile", "friend-");
            let agent = match ground.load(&renamed)? {
                Ok(agent) => agent,
                Err(unusable) => return Ok(unusable.to_string()),
            };
            let get = serde_json::json!([["get", "token"], ["keys", ""]]);
            let tried = ground.try_agent(&agent, "intruder", "intruder", &get.to_string())?;
            let nothing = tried
                .answers
                .first()
                .and_then(|answer| answer.get("ok"))
                .is_some_and(serde_json::Value::is_null);
            if nothing {
                Ok("it remembers nothing".into())
            } else {
                Err(tried.end())
            }
        },
    },
    Attack {
        id: "describes-for-ever",
        family: Family::Metadata,
        tries: "Loops, traps, recurses, takes all memory and floods the log when it is asked what it is.",
        stopped_by: "`describe` runs under small limits of its own.",
        act: |ground| {
            for describe in 1..=5 {
                undescribed(ground, &Lie { describe, ..Lie::NONE })?;
            }
            Ok("its description gave no usable answer".into())
        },
    },
    Attack {
        id: "describes-beyond-its-memory",
        family: Family::Metadata,
        tries: "Points to its description at a crooked address, and outside its memory.",
        stopped_by: "Every address is held against the guest's memory and the value's alignment.",
        act: |ground| {
            undescribed(
                ground,
                &Lie {
                    describe: 7,
                    ..Lie::NONE
                },
            )?;
            undescribed(
                ground,
                &Lie {
                    describe: 8,
                    ..Lie::NONE
                },
            )
        },
    },
    Attack {
        id: "works-while-it-describes",
        family: Family::Metadata,
        tries: "Writes a file while it is asked what it is, before any role is known.",
        stopped_by: "`describe` has no powers: every function that needs one is refused.",
        act: |ground| match ground.load_lie(&Lie {
            describe: 6,
            ..Lie::NONE
        })? {
            Ok(agent) if agent.description().name == "liar" => {
                if ground.path("work/src/liar.txt").exists() {
                    return Err("it wrote a file".into());
                }
                Ok("refused while it described itself".into())
            }
            Ok(_) => Err("its write was not refused".into()),
            Err(unusable) => Ok(unusable.to_string()),
        },
    },
];

/// Held when the lie loads and its grants are refused for this reason.
fn withheld(ground: &Ground, lie: &Lie<'_>, role: &str, expected: fn(&GrantError) -> bool) -> Result<String, String> {
    let agent = ground.load_lie(lie)?.map_err(|unusable| unusable.to_string())?;
    let description = agent.description();
    let request = Request {
        plugin: &description.name,
        requires: &description.requires,
        wants: &description.wants,
        imports: agent.imports(),
    };
    match Grants::resolve(ground.policy(), role, request) {
        Err(error) if expected(&error) => Ok(error.to_string()),
        Err(error) => Err(format!("refused for another reason: {error}")),
        Ok(_) => Err("it was granted".into()),
    }
}

/// Held when the lie cannot be loaded because it does not say what it is.
fn undescribed(ground: &Ground, lie: &Lie<'_>) -> Result<String, String> {
    match ground.load_lie(lie)? {
        Err(unusable @ Unusable::Describe { .. }) => Ok(unusable.to_string()),
        Err(unusable) => Err(format!("refused for another reason: {unusable}")),
        Ok(agent) => {
            // What it would have done is of interest.
            let ran = ground.try_agent(&agent, "intruder", "liar", "\"a\"")?;
            let end = matches!(ran.outcome, Outcome::Finished(_));
            Err(format!(
                "it was loaded as `{}` and {}",
                agent.description().name,
                if end { "ran" } else { "did not run" }
            ))
        }
    }
}
