//! Roots of trust: envelopes of any bytes, and payloads of any text.

use std::collections::BTreeMap;

use assize_provenance::digest::Digest;
use assize_provenance::log_id::LogId;
use assize_provenance::root::{End, Reach, Root, RootError, SignedRoot, v1};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How many versions of one input are looked at.
const VERSIONS_MAX: usize = 8;

/// Takes the whole as an envelope, and each line as the payload of a version that nobody has signed.
///
/// # Panics
///
/// When a promise is broken.
pub fn root(bytes: &[u8]) {
    if let Ok(version) = SignedRoot::parse(bytes) {
        assert_eq!(version.to_bytes().as_deref(), Ok(bytes), "two spellings");
        let _ = version.check_first();
    }
    let mut before: Option<SignedRoot> = None;
    for line in bytes.split(|byte| *byte == b'\n').take(VERSIONS_MAX) {
        let envelope = format!(
            r#"{{"payload":"{}","payloadType":"{}","signatures":[]}}"#,
            STANDARD.encode(line),
            v1::PAYLOAD_TYPE
        );
        let Ok(version) = SignedRoot::parse(envelope.as_bytes()) else {
            continue;
        };
        assert_eq!(version.digest(), Digest::of(line));
        assert!(version.check_first().is_err(), "nobody has signed it");
        if let Some(before) = &before {
            assert!(version.check_after(before).is_err(), "nobody has signed it");
        }
        revoke_each(&version);
        before = Some(version);
    }
}

/// Revokes every key where each log that is named has seven entries. Afterwards the key signs nothing without end.
fn revoke_each(version: &SignedRoot) {
    let root = version.root();
    let logs = root.grants.iter().filter_map(|grant| match grant.reach {
        Reach::All => None,
        Reach::Within { log, .. } => Some(log),
    });
    let end = End {
        size: 7,
        root: Digest::of(b"seven"),
    };
    let ends: BTreeMap<LogId, End> = logs.map(|log| (log, end)).collect();
    for holding in &root.keys {
        let key = holding.key.id();
        let mut next = Root::after(version);
        next.revoke(&key, &ends).expect("every log is named");
        assert!(!next.signers.contains(&key));
        for grant in next.grants.iter().filter(|grant| grant.key == key) {
            assert!(
                matches!(grant.reach, Reach::Within { to: Some(to), .. } if to.size <= 7),
                "{} is left",
                grant.reach
            );
        }
        let prepared = next.sorted().prepare();
        let is_sound = !matches!(
            prepared,
            Err(RootError::Order(_) | RootError::Overlap(_) | RootError::NoRange(_) | RootError::TwoRoles(_))
        );
        assert!(is_sound, "{prepared:?}");
    }
}
