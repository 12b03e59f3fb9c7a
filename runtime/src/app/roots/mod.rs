//! The root of trust: looking at it, drafting its next version, signing that together, and pinning it.
//!
//! A draft is a file, and it is the next version already, with the signatures that it has so far. It goes from hand to hand until
//! enough people have signed; whoever is the last of them publishes it. Nothing of it counts before.

mod draft;
mod ends;
mod health;
mod sign;

use std::path::{Path, PathBuf};

use assize_provenance::key::openssh;
use assize_provenance::reader::ObjectReader;
use assize_provenance::root::{Found, Grant, Pin, PinSource, Reach, Root, RootChain, SignedRoot, Tally, read_chain};
use assize_provenance::verify::SeenRoot;

use super::trust::{clone_of, parse_pin};
use super::view::roots::{GrantView, HoldingView, RootView, TallyView, VersionView};
use super::{App, Fault};
use crate::chain::ChainFault;
use crate::chain::pins::Pins;
use crate::repository::Repository;
use crate::settings::Home;

/// The draft's name beside the refs.
const DRAFT_FILE: &str = "assize-root-draft.json";

/// A public key in a file, with what is said of it.
#[derive(Debug, Clone)]
pub struct KeyFile {
    /// The file: a JWK, an OpenSSH line, or allowed signers with one key for the role.
    pub path: PathBuf,
    /// Who holds the key.
    pub principal: String,
    /// How it is kept.
    pub custody: String,
}

/// What a key can be in a root of trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootRole {
    /// It signs versions of the root.
    Signer,
    /// It signs entries.
    Council,
    /// It signs checkpoints and commits.
    Log,
    /// It signs what a person decides.
    Person,
}

/// What is to change in the next version.
#[derive(Debug, Clone)]
pub enum Change {
    /// A key may sign something.
    Grant {
        /// As what.
        role: RootRole,
        /// The key.
        key: KeyFile,
        /// The start of the one log's id; every log without it.
        log: Option<String>,
        /// From which position of that log on.
        from: u64,
    },
    /// A key may sign nothing any more.
    Revoke {
        /// The start of its id, or of its fingerprint.
        key: String,
        /// Starts of logs' ids with sizes up to which the key is believed; where each log stands now without it.
        at: Vec<(String, u64)>,
    },
    /// A new key takes the place of another one.
    Rotate {
        /// The start of the old key's id, or of its fingerprint.
        old: String,
        /// The file of the new key, and how that is kept.
        new: PathBuf,
        /// How the new key is kept.
        custody: String,
        /// As with [`Change::Revoke`].
        at: Vec<(String, u64)>,
    },
}

impl App {
    /// Shows the root of trust of this repository, and the draft of its next version.
    ///
    /// # Errors
    ///
    /// [`Fault`] when what is there cannot be read, or is no root of trust.
    pub fn root_show(&self, draft: Option<&Path>) -> Result<RootView, Fault> {
        let repository = self.repository()?;
        let home = self.home_if_there(&repository)?;
        let published = self.published(&repository, home.as_ref())?;
        let file = self.draft_file(&repository, draft);
        let draft = draft::load(&file)?.map(|draft| (draft, file));
        self.root_view(&repository, home.as_ref(), published.as_ref(), draft)
    }

    /// Pins the root of trust of this clone: the one that is here, or the one with this digest.
    ///
    /// # Errors
    ///
    /// [`Fault`] when there is none, when it is another one, or when the clone goes by another pin and `replaces` does not allow
    /// for that.
    pub fn root_pin(&self, digest: Option<&str>, replaces: bool) -> Result<RootView, Fault> {
        let repository = self.repository()?;
        let home = self.home_for(&repository)?;
        let pins = Pins::in_seen(&home.seen());
        let place = clone_of(&repository)?;
        let found = chain(repository.objects().as_ref())?;
        let pin = match (digest, &found) {
            (Some(digest), found) => {
                let pin = parse_pin(digest, PinSource::Flag, "the command")?;
                if let Some(found) = found {
                    held_against(pin, found)?;
                }
                pin.digest
            }
            (None, Some(found)) => found.first(),
            (None, None) => return Err(no_root()),
        };
        let known = pins.of(&place).map_err(ChainFault::from)?;
        if let Some(known) = known.filter(|known| *known != pin && !replaces) {
            return Err(Fault::wrong(
                format!("this clone goes by another root of trust already: {known}"),
                "`assize root pin --replace` goes by the new one from now on",
            ));
        }
        pins.pin(pin, &place).map_err(ChainFault::from)?;
        let published = self.published(&repository, Some(&home))?;
        if let Some(published) = &published {
            remember(&home, published)?;
        }
        self.root_view(&repository, Some(&home), published.as_ref(), None)
    }

    /// The root of trust that is published here. What is not the pinned one, or is older than what was seen of it, is refused:
    /// nobody should sign what follows on it.
    fn published(&self, repository: &Repository, home: Option<&Home>) -> Result<Option<RootChain>, Fault> {
        let found = chain(repository.objects().as_ref())?;
        let Some(pin) = self.pinned(repository, home, None)? else {
            return Ok(found);
        };
        let Some(found) = found else { return Ok(None) };
        held_against(pin, &found)?;
        let seen = match home {
            Some(home) => Pins::in_seen(&home.seen())
                .newest(pin.digest)
                .map_err(ChainFault::from)?,
            None => None,
        };
        if let Some(SeenRoot { version, digest }) = seen
            && found.digest_of(version) != Some(digest)
        {
            return Err(Fault::wrong(
                format!("version {version} of the root of trust was seen before, and is not the one that is here"),
                "fetch `refs/assize/v1/root` anew; what is here is old, or another one",
            ));
        }
        Ok(Some(found))
    }

    /// Where a draft lies: where somebody says, else beside the refs. A file of the work tree is taken by name only, because
    /// whoever makes commits could put one there.
    fn draft_file(&self, repository: &Repository, named: Option<&Path>) -> PathBuf {
        match named {
            Some(path) => self.dir.join(path),
            None => repository.places().common_dir.join(DRAFT_FILE),
        }
    }

    fn root_view(
        &self,
        repository: &Repository,
        home: Option<&Home>,
        published: Option<&RootChain>,
        draft: Option<(SignedRoot, PathBuf)>,
    ) -> Result<RootView, Fault> {
        let pin: Option<Pin> = self.pinned(repository, home, None)?;
        let before = published.map(|chain| &chain.newest);
        let mut notes = Vec::new();
        if published.is_some() && pin.is_none() {
            notes.push(
                "This root is not pinned here, so nothing that it says counts: see `assize root pin`.".to_owned(),
            );
        }
        Ok(RootView {
            schema: "assize.root/1",
            first: published.map(|chain| chain.first().to_string()),
            pin: pin.map(|pin| pin.to_string()),
            pin_from: pin.map(|pin| pin.source.word()),
            published: before.map(|newest| version_view(newest, None)),
            draft_file: draft.as_ref().map(|(_, file)| file.display().to_string()),
            draft: draft.map(|(draft, _)| version_view(&draft, before.filter(|before| precedes(before, &draft)))),
            notes,
        })
    }
}

/// The chain of versions under the root's ref.
fn chain(reader: &dyn ObjectReader) -> Result<Option<RootChain>, Fault> {
    match read_chain(reader)? {
        Found::Nothing => Ok(None),
        Found::Chain(chain) => Ok(Some(*chain)),
        Found::Broken(fault) => Err(Fault::wrong(
            format!(
                "what lies under `refs/assize/v1/root` is no root of trust: {}",
                fault.sentence
            ),
            "fetch it from somebody you trust; `assize audit verify` says more",
        )),
    }
}

/// Refuses a root that is not the pinned one, or older than its pin asks for.
fn held_against(pin: Pin, found: &RootChain) -> Result<(), Fault> {
    let (first, version) = (found.first(), found.newest.root().version);
    if first == pin.digest && version >= pin.least {
        return Ok(());
    }
    Err(Fault::wrong(
        format!("the root of trust that is here is {first} in version {version}, and {pin} is pinned"),
        "fetch `refs/assize/v1/root` from whoever gave you the digest; `assize audit verify` says more",
    ))
}

/// Remembers the newest version of a root that somebody pinned.
fn remember(home: &Home, chain: &RootChain) -> Result<(), Fault> {
    let seen = SeenRoot {
        version: chain.newest.root().version,
        digest: chain.newest.digest(),
    };
    let pins = Pins::in_seen(&home.seen());
    Ok(pins.remember(chain.first(), seen).map_err(ChainFault::from)?)
}

fn precedes(before: &SignedRoot, draft: &SignedRoot) -> bool {
    draft.root().previous == Some(before.digest())
}

fn no_root() -> Fault {
    Fault::wrong(
        "this repository has no root of trust",
        "`assize root init` drafts one; `git fetch` of `refs/assize/v1/root` brings that of others",
    )
}

/// A version as it is shown; `before` is the one whose signers must agree, too.
fn version_view(version: &SignedRoot, before: Option<&SignedRoot>) -> VersionView {
    let root: &Root = version.root();
    let mut tallies = vec![tally_view(version.tally(root))];
    tallies.extend(before.map(|before| tally_view(version.tally(before.root()))));
    let keys = root.keys.iter().map(|holding| {
        let id = holding.key.id();
        let grants = root.grants.iter().filter(|grant| grant.key == id);
        HoldingView {
            id: id.to_string(),
            fingerprint: openssh::fingerprint(&holding.key),
            principal: holding.principal.to_string(),
            custody: holding.custody.to_string(),
            is_signer: root.signers.contains(&id),
            has_signed: version.has_signed(&holding.key),
            grants: grants.map(grant_view).collect(),
        }
    });
    VersionView {
        version: root.version,
        digest: version.digest().to_string(),
        previous: root.previous.map(|digest| digest.to_string()),
        threshold: root.threshold,
        keys: keys.collect(),
        tallies,
    }
}

fn tally_view(tally: Tally) -> TallyView {
    TallyView {
        rule: tally.rule,
        signed: tally.signed as u64,
        needed: tally.needed,
    }
}

fn grant_view(grant: &Grant) -> GrantView {
    let (log, from, to) = match grant.reach {
        Reach::All => (None, None, None),
        Reach::Within { log, from, to } => (Some(log.to_string()), Some(from), to),
    };
    GrantView {
        role: grant.role.name(),
        log,
        from,
        to_size: to.map(|to| to.size),
        to_root: to.map(|to| to.root.to_string()),
    }
}
