//! Bytes that are no honest component.

use serde_json::json;

use crate::hostile::bytes::{self, Chance};
use crate::hostile::{Attack, Family, Ground};
use crate::sandbox::Unusable;

/// How many lengths a component is cut at.
const CUTS: usize = 96;
/// How many components with flipped bits are loaded.
const FLIPPED: usize = 150;

/// The attacks of this family.
pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        id: "nothing-at-all",
        family: Family::Components,
        tries: "Hands over no bytes, a header and nothing else, and a text.",
        stopped_by: "Bytes are parsed and validated as a whole before anything is compiled, and must fit their world.",
        act: |ground| {
            for bytes in [
                &b""[..],
                b"\0",
                b"\0asm",
                b"\0asm\x0d\0\x01\0",
                b"#!/bin/sh\nreboot\n",
                b"(component)",
            ] {
                refused(ground, bytes)?;
            }
            refused(ground, &[0; 4096])
        },
    },
    Attack {
        id: "cut-short",
        family: Family::Components,
        tries: "Hands over components that end early, at a hundred places.",
        stopped_by: "Bytes are parsed and validated as a whole before anything is compiled.",
        act: |ground| {
            for (component, cuts) in [(bytes::LIAR, CUTS), (bytes::HOSTILE, 16), (bytes::HOSTILE_WASI, 16)] {
                let step = component.len().div_ceil(cuts);
                for end in (1..component.len()).step_by(step) {
                    // What is cut at the end may lose no more than names.
                    used(ground, component.get(..end).unwrap_or_default())?;
                }
            }
            refused(ground, bytes::LIAR.get(..bytes::LIAR.len() / 2).unwrap_or_default())
        },
    },
    Attack {
        id: "bytes-by-chance",
        family: Family::Components,
        tries: "Hands over bytes by chance, bare and behind a component's header.",
        stopped_by: "Bytes are parsed and validated as a whole before anything is compiled.",
        act: |ground| {
            let mut chance = Chance::new(ground.seed());
            for length in 1..64 {
                refused(ground, &chance.bytes(length * 16))?;
                refused(
                    ground,
                    &[&b"\0asm\x0d\0\x01\0"[..], &chance.bytes(length * 16)].concat(),
                )?;
            }
            Ok(seeded(ground))
        },
    },
    Attack {
        id: "flipped-bits",
        family: Family::Components,
        tries: "Changes single bits of an honest component, and runs what still loads.",
        stopped_by: "What still is a valid component runs within the same limits as any other.",
        act: |ground| {
            let mut chance = Chance::new(ground.seed());
            let mut ran = 0_u32;
            for _ in 0..FLIPPED {
                let mut flipped = bytes::LIAR.to_vec();
                for _ in 0..=chance.below(3) {
                    chance.flip(&mut flipped);
                }
                if used(ground, &flipped)? {
                    ran = ran.saturating_add(1);
                }
            }
            Ok(format!(
                "{ran} of {FLIPPED} ran, within their limits; {}",
                seeded(ground)
            ))
        },
    },
    Attack {
        id: "too-many-bytes",
        family: Family::Components,
        tries: "Hands over a component of more than 64 MiB.",
        stopped_by: "A component has at most 64 MiB; larger ones are not parsed.",
        act: |ground| {
            let mut large = bytes::LIAR.to_vec();
            large.resize((64 << 20) + 1, 0);
            refused_as(ground, &large, |unusable| matches!(unusable, Unusable::TooLarge { .. }))
        },
    },
    Attack {
        id: "a-core-module",
        family: Family::Components,
        tries: "Hands over a core module instead of a component.",
        stopped_by: "Only components are loaded.",
        act: |ground| {
            let module = bytes::module(&[bytes::memories(1, 1)]);
            refused_as(ground, &module, |unusable| {
                matches!(unusable, Unusable::NotAComponent { .. })
            })
        },
    },
    Attack {
        id: "no-exports",
        family: Family::Components,
        tries: "Hands over components that export nothing, or no `run`, or no `describe`.",
        stopped_by: "A component must have the exports of its world, with their types.",
        act: |ground| {
            let is_world = |unusable: &Unusable| matches!(unusable, Unusable::World { .. });
            refused_as(ground, &bytes::component(&bytes::module(&[])), is_world)?;
            refused(ground, &bytes::patched(bytes::LIAR, "describe", "descrybe"))
        },
    },
    Attack {
        id: "an-unknown-import",
        family: Family::Components,
        tries: "Imports `assize:plugin/workspaze`, `assize:kernel/workspace` and `wasi:http`.",
        stopped_by: "A component may import the interfaces of its world and WASI 0.2 without HTTP, and nothing else.",
        act: |ground| {
            let is_import = |unusable: &Unusable| matches!(unusable, Unusable::Import { .. });
            refused_as(
                ground,
                &bytes::patched(bytes::LIAR, "plugin/workspace", "plugin/workspaze"),
                is_import,
            )?;
            refused_as(
                ground,
                &bytes::patched(bytes::LIAR, "assize:plugin/", "assize:kernel/"),
                is_import,
            )?;
            refused_as(
                ground,
                &bytes::patched(bytes::HOSTILE_WASI, "wasi:random/random", "wasi:http/outgoing"),
                is_import,
            )
        },
    },
    Attack {
        id: "evidence-for-an-agent",
        family: Family::Components,
        tries: "Imports what only judges may read.",
        stopped_by: "Each world has its own interfaces; an agent's does not have `evidence`.",
        act: |ground| {
            let bytes = bytes::patched(bytes::HOSTILE, "assize:plugin/artifacts", "assize:plugin/evidence_");
            refused(ground, &bytes)
        },
    },
    Attack {
        id: "an-agent-as-a-judge",
        family: Family::Components,
        tries: "Sits an agent, which can write files, on a council.",
        stopped_by: "A judge may import the case and the log, and nothing else of the contract.",
        act: |ground| match ground.sandbox().load(bytes::HOSTILE) {
            Ok(Err(unusable @ Unusable::Import { .. })) => Ok(unusable.to_string()),
            other => Err(format!("{other:?}")),
        },
    },
    Attack {
        id: "another-contract",
        family: Family::Components,
        tries: "Is built against older, newer and impossible versions of the contract.",
        stopped_by: "The version of each import is read; another minor version is refused by name, with the one that is served.",
        act: |ground| {
            let is_version = |unusable: &Unusable| matches!(unusable, Unusable::ContractVersion { .. });
            let mut says = String::new();
            for version in ["@0.0.1", "@0.2.0", "@0.9.0", "@1.0.0", "@9.9.9"] {
                says = refused_as(ground, &bytes::patched(bytes::LIAR, "@0.1.0", version), is_version)?;
            }
            for version in ["@0.1.x", "@0.1.-", "@.....", "@99999"] {
                refused(ground, &bytes::patched(bytes::LIAR, "@0.1.0", version))?;
            }
            Ok(says)
        },
    },
    Attack {
        id: "a-later-patch",
        family: Family::Components,
        tries: "Is built against a later 0.1 of the contract and expects nothing new.",
        stopped_by: "Versions of one minor are compatible: it loads, and works within its grants.",
        act: |ground| {
            let later = bytes::patched(bytes::LIAR, "@0.1.0", "@0.1.7");
            match ground.load(&later)? {
                Ok(agent) => ground.try_agent(&agent, "intruder", "liar", "\"a\"")?.answered(),
                Err(unusable) => Ok(unusable.to_string()),
            }
        },
    },
    Attack {
        id: "wasi-of-another-age",
        family: Family::Components,
        tries: "Imports WASI 0.3, and one that never was.",
        stopped_by: "Only WASI 0.2 is served; any other version is refused with a sentence.",
        act: |ground| {
            let is_version = |unusable: &Unusable| matches!(unusable, Unusable::WasiVersion { .. });
            let mut says = String::new();
            for version in ["@0.3.0", "@0.1.0", "@7.0.0"] {
                says = refused_as(
                    ground,
                    &bytes::patched(bytes::HOSTILE_WASI, "@0.2.0", version),
                    is_version,
                )?;
            }
            Ok(says)
        },
    },
];

/// Held when the bytes are refused, for whatever reason.
fn refused(ground: &Ground, bytes: &[u8]) -> Result<String, String> {
    refused_as(ground, bytes, |_| true)
}

/// Held when the bytes are refused for this reason.
fn refused_as(ground: &Ground, bytes: &[u8], expected: fn(&Unusable) -> bool) -> Result<String, String> {
    match ground.load(bytes)? {
        Err(unusable) if unusable.to_string().contains("the compiler failed") => Err(unusable.to_string()),
        Err(unusable) if expected(&unusable) => Ok(unusable.to_string()),
        Err(unusable) => Err(format!("refused for another reason: {unusable}")),
        Ok(agent) => Err(format!(
            "{} bytes were loaded as `{}`",
            bytes.len(),
            agent.description().name
        )),
    }
}

/// Loads and runs bytes that may or may not be a component; tells whether they ran. Both are bounded, and neither may
/// change what it may not.
fn used(ground: &Ground, bytes: &[u8]) -> Result<bool, String> {
    match ground.load(bytes)? {
        Err(unusable) if unusable.to_string().contains("the compiler failed") => Err(unusable.to_string()),
        Err(_) => Ok(false),
        Ok(agent) => {
            ground.try_agent(&agent, "intruder", "liar", &json!("a").to_string())?;
            Ok(true)
        }
    }
}

fn seeded(ground: &Ground) -> String {
    format!("the seed was {}", ground.seed())
}
