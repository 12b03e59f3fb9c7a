//! Whose signatures count: the root of trust, held against its pin and against what was seen of it before.

use super::SeenRoot;
use crate::key::TrustedKeys;
use crate::reader::{ObjectReader, ReadError};
use crate::report::{Fault, FaultCode, FoundRoot, Place, RootReport, Standing};
use crate::root::{Found, Pin, ROOT_REF, RootChain, Trust, read_chain};

/// Where a root of trust should be believed and cannot be, nobody is: what it revokes is not known.
static NOBODY: TrustedKeys = TrustedKeys::new();

/// Reads the root of trust and tells whom to believe.
pub(super) fn held<'keys>(
    reader: &dyn ObjectReader,
    keys: &'keys TrustedKeys,
    seen: Option<SeenRoot>,
) -> Result<(Trust<'keys>, Option<RootReport>), ReadError> {
    let pin = keys.pinned();
    let report = |found, standing| Some(RootReport { pin, found, standing });
    let found = read_chain(reader)?;
    let chain = match (&found, pin) {
        (Found::Nothing, None) => return Ok((Trust::in_keys(keys), None)),
        (Found::Nothing, Some(_)) => {
            let sentence = format!("a root of trust is pinned, and there is none under `{ROOT_REF}`");
            let standing = refuted(FaultCode::RootMissing, sentence);
            return Ok((Trust::in_keys(&NOBODY), report(None, standing)));
        }
        (Found::Broken(fault), pin) => {
            let believed = if pin.is_some() { &NOBODY } else { keys };
            let standing = Standing::Refuted(vec![fault.clone()]);
            return Ok((Trust::in_keys(believed), report(None, standing)));
        }
        (Found::Chain(chain), _) => chain,
    };
    let found = Some(FoundRoot {
        version: chain.newest.root().version,
        digest: chain.newest.digest(),
        first: chain.first(),
    });
    let Some(pin) = pin else {
        let reason = "no pin says that this is the right root of trust, so nothing that it says counts";
        let standing = Standing::NotCheckable(reason.to_owned());
        return Ok((Trust::in_keys(keys), report(found, standing)));
    };
    match departure(chain, pin, seen) {
        Some(standing) => Ok((Trust::in_keys(&NOBODY), report(found, standing))),
        None => Ok((Trust::in_root(keys, chain), report(found, Standing::Proved))),
    }
}

/// Holds a root against its pin and against what was seen of it before.
fn departure(chain: &RootChain, pin: Pin, seen: Option<SeenRoot>) -> Option<Standing> {
    let first = chain.first();
    if first != pin.digest {
        let sentence = format!(
            "version 1 of the root of trust is {first}, and {} is pinned",
            pin.digest
        );
        return Some(refuted(FaultCode::RootPin, sentence));
    }
    let version = chain.newest.root().version;
    if version < pin.least {
        let sentence = format!(
            "the root of trust has version {version}, and the pin asks for version {}",
            pin.least
        );
        return Some(refuted(FaultCode::RootRolledBack, sentence));
    }
    let seen = seen?;
    match chain.digest_of(seen.version) {
        Some(digest) if digest == seen.digest => None,
        Some(_) => {
            let sentence = format!(
                "version {} of the root of trust is not the one seen before",
                seen.version
            );
            Some(refuted(FaultCode::RootForked, sentence))
        }
        None => {
            let sentence = format!(
                "the root of trust has version {version}, and version {} was seen before",
                seen.version
            );
            Some(refuted(FaultCode::RootRolledBack, sentence))
        }
    }
}

fn refuted(code: FaultCode, sentence: String) -> Standing {
    Standing::Refuted(vec![Fault {
        code,
        place: Place::default(),
        sentence,
    }])
}
