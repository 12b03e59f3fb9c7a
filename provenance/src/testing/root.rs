//! Roots of trust from given keys.

use super::{MemoryRepository, SigningPair, TestLog};
use crate::key::{Role, TrustedKeys};
use crate::reader::ObjectId;
use crate::root::{End, Grant, Holding, Pin, PinSource, ROOT_REF, Reach, Root, SignedRoot, commit_version};
use crate::time::Time;

/// Says that somebody holds a key, in a file.
///
/// # Panics
///
/// When the name is none.
#[must_use]
#[expect(clippy::expect_used, reason = "names in tests are names")]
pub fn holding(pair: &SigningPair, principal: &str) -> Holding {
    Holding {
        key: pair.public(),
        principal: principal.parse().expect("a name"),
        custody: "file".parse().expect("a word"),
    }
}

/// Lets a key sign in a role.
#[must_use]
pub fn grant(pair: &SigningPair, role: Role, reach: Reach) -> Grant {
    let key = pair.public().id();
    Grant { key, role, reach }
}

/// Makes a version 1 with these signers and nothing else.
#[must_use]
pub fn first_root(signers: &[(&SigningPair, &str)], threshold: u64) -> Root {
    Root {
        version: 1,
        previous: None,
        keys: signers.iter().map(|(pair, name)| holding(pair, name)).collect(),
        signers: signers.iter().map(|(pair, _)| pair.public().id()).collect(),
        threshold,
        grants: Vec::new(),
    }
}

/// Makes what may follow on a version: the same, with the next number.
#[must_use]
pub fn next_root(before: &SignedRoot) -> Root {
    Root::after(before)
}

/// Signs a version with these keys, whoever they are.
///
/// # Panics
///
/// When the version contradicts itself.
#[must_use]
#[expect(clippy::expect_used, reason = "versions in tests are sound, or the test must stop")]
pub fn sign_root(root: Root, signers: &[&SigningPair]) -> SignedRoot {
    let unsigned = root.sorted().prepare().expect("a sound version");
    let input = unsigned.to_sign();
    let mut signed = unsigned.into_draft();
    for pair in signers {
        signed
            .add(&pair.public(), &pair.sign(input.as_bytes()))
            .expect("a signature just made");
    }
    signed
}

/// Makes a version 1 that lets the two keys of a log sign in just that log, each until an end or without one.
#[must_use]
pub fn root_of_log(signer: &SigningPair, log: &TestLog, council: Option<End>, of_log: Option<End>) -> SignedRoot {
    let mut root = first_root(&[(signer, "carol")], 1);
    for (pair, role, to) in [(&log.council, Role::Council, council), (&log.signer, Role::Log, of_log)] {
        let reach = Reach::Within {
            log: log.state.log(),
            from: 0,
            to,
        };
        root.keys.push(holding(pair, "host"));
        root.grants.push(grant(pair, role, reach));
    }
    sign_root(root, &[signer])
}

/// Believes in a root of trust and in nobody else.
#[must_use]
pub fn pinned(root: &SignedRoot) -> TrustedKeys {
    let mut keys = TrustedKeys::new();
    keys.pin(Pin {
        digest: root.digest(),
        source: PinSource::Flag,
        least: 1,
    });
    keys
}

impl MemoryRepository {
    /// Puts a version on top of those that are here, whether or not it may follow.
    ///
    /// # Panics
    ///
    /// When the version is too large.
    #[expect(clippy::expect_used, reason = "versions in tests are small")]
    pub fn publish_root(&mut self, version: &SignedRoot) -> ObjectId {
        let parent = self.refs.get(ROOT_REF).copied();
        let time = Time::from_unix_seconds(1_800_000_000).expect("a time");
        let commit = commit_version(version, parent, time).expect("a small version");
        for (kind, bytes) in &commit.objects {
            self.put(*kind, bytes);
        }
        self.refs.insert(ROOT_REF.to_owned(), commit.id);
        commit.id
    }
}
