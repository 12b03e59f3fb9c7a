//! Signing what a person says of a waiver, into this clone's own log.

use assize_provenance::entry::{
    Actor, ActorKind, Content, Entry, EntryId, Revision, Subject, WaiverRecord, WaiverTerms,
};
use assize_provenance::time::Time;

use super::said::Seen;
use crate::app::durability::Wanted;
use crate::app::signatory::Signatory;
use crate::app::view::EntryView;
use crate::app::view::durability::DurabilityView;
use crate::app::view::waivers::WaiverShowView;
use crate::app::{App, Fault};
use crate::case::history;
use crate::chain::keys::KeyStore;
use crate::chain::waivers::WaiverReader;
use crate::chain::{Append, Chain, ChainFault, Durability, Reliance};
use crate::repository::Repository;
use crate::secret::mask_tokens;
use crate::waiver::{self, SignedWaiver, is_same_person};

/// How often a person's word is signed anew because somebody else was faster.
const TRIES_MAX: u32 = 8;

/// Who speaks, and what may not happen meanwhile.
pub(super) struct Wish<'a> {
    /// Who signs, if not whoever has the newest key here.
    pub(super) signatory: Option<&'a str>,
    /// Whether nobody may propose another waiver meanwhile.
    pub(super) alone: bool,
}

/// What is to be signed.
pub(super) struct Said {
    /// The terms it is about.
    pub(super) about: WaiverTerms,
    pub(super) record: WaiverRecord,
    /// The proposal of which nobody may say anything meanwhile.
    pub(super) proposal: Option<EntryId>,
}

/// Makes what is to be signed of what stands in the log, or says why it is not signed.
type Speech<'a> = &'a dyn Fn(&Seen, Time, &Speaker<'_>) -> Result<Said, Fault>;

/// Who is about to sign, and whether a key is theirs as well.
pub(super) struct Speaker<'a> {
    signatory: &'a Signatory,
    /// Whether somebody's step is this person's, by the root of trust where it speaks of the keys, else by key and name.
    is_own: &'a dyn Fn(&waiver::Step) -> bool,
}

impl App {
    /// Approves a waiver that somebody else proposed.
    ///
    /// # Errors
    ///
    /// [`Fault`], also when it is one's own, approved by oneself already, revoked or over; then nothing was signed.
    pub fn approve_waiver(
        &self,
        name: &str,
        signatory: Option<&str>,
        announce: &mut dyn FnMut(&str),
    ) -> Result<WaiverShowView, Fault> {
        let wish = Wish {
            signatory,
            alone: false,
        };
        self.say(&wish, announce, &|seen, now, speaker| {
            let waiver = seen.find(name, now)?;
            let id = &waiver.terms.id;
            insist_on_open(seen, waiver, now)?;
            if (speaker.is_own)(&waiver.proposed) {
                return Err(Fault::wrong(
                    format!(
                        "{} proposed the waiver {id}, so somebody else has to approve it",
                        speaker.signatory.name
                    ),
                    "let them run this with a person's key of their own; with several keys here, --as names one",
                ));
            }
            if let Some(step) = waiver.approved.iter().find(|step| (speaker.is_own)(step)) {
                return Err(Fault::wrong(
                    format!("{} approved the waiver {id} already, in entry {}", step.by, step.entry),
                    "nothing is to be done; where it takes two, somebody else approves as well",
                ));
            }
            let previous = waiver.proposed.entry;
            Ok(Said {
                about: waiver.terms.clone(),
                record: WaiverRecord::Approved { previous },
                proposal: Some(previous),
            })
        })
    }

    /// Takes a waiver back, whoever gave it.
    ///
    /// # Errors
    ///
    /// [`Fault`], also when it is revoked or over already; then nothing was signed.
    pub fn revoke_waiver(
        &self,
        name: &str,
        reason: &str,
        signatory: Option<&str>,
        announce: &mut dyn FnMut(&str),
    ) -> Result<WaiverShowView, Fault> {
        // It stays in the log for ever.
        let reason = waiver::reason_of(&mask_tokens(reason))
            .map_err(|sentence| Fault::wrong(sentence, "say why in fewer or plainer words"))?;
        let wish = Wish {
            signatory,
            alone: false,
        };
        self.say(&wish, announce, &|seen, now, _| {
            let waiver = seen.find(name, now)?;
            insist_on_open(seen, waiver, now)?;
            let previous = waiver.proposed.entry;
            Ok(Said {
                about: waiver.terms.clone(),
                record: WaiverRecord::Revoked {
                    previous,
                    reason: reason.clone(),
                },
                proposal: Some(previous),
            })
        })
    }

    /// Signs what a person says, and seals it. Where somebody was faster, it is looked at anew what there is to be said.
    pub(super) fn say(
        &self,
        wish: &Wish<'_>,
        announce: &mut dyn FnMut(&str),
        speech: Speech<'_>,
    ) -> Result<WaiverShowView, Fault> {
        let repository = self.repository()?;
        let home = self.home_for(&repository)?;
        let head = head_of(&repository)?;
        let store = KeyStore::new(home.keys());
        // Nothing is made for somebody who cannot sign.
        let reader = self.waiver_reader(&repository, Some(&home))?;
        let before = self.waivers_seen(&repository, Some(&home))?;
        if let Some(log) = before.log {
            reader.held_trust().ask(repository.objects().as_ref(), |trust, _| {
                Ok(self.signatory(&store, trust, (log, before.outlook.position), wish.signatory))
            })??;
        } else if store.person_pen()?.is_none() {
            return Err(Fault::wrong(
                "you have no key of your own to sign with",
                "`assize key new --role person` makes one",
            ));
        }
        let chain = Chain::open(&repository, &home, self.clock, announce)?;
        let mut tries = 0_u32;
        loop {
            // What waits is read where it is sealed.
            chain.seal_waiting()?;
            let said = self.say_once(&repository, &chain, &store, &reader, head, wish, speech);
            match said {
                Err(Fault::Chain(ChainFault::Overtaken)) if tries < TRIES_MAX => {}
                outcome => {
                    let mut view = outcome?;
                    if let Some(entry) = &mut view.entry {
                        let place = (chain.log(), entry.index);
                        entry.durability = self.made_safe(&repository, &home, place, Wanted::default())?;
                    }
                    return Ok(view);
                }
            }
            tries = tries.saturating_add(1);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "each is opened once, by the only caller")]
    fn say_once(
        &self,
        repository: &Repository,
        chain: &Chain,
        store: &KeyStore,
        reader: &WaiverReader,
        head: Revision,
        wish: &Wish<'_>,
        speech: Speech<'_>,
    ) -> Result<WaiverShowView, Fault> {
        let (objects, log, now) = (repository.objects().as_ref(), chain.log(), self.now()?);
        let seen = Seen {
            log: Some(log),
            outlook: reader.outlook(objects, Some(log))?,
        };
        let position = seen.outlook.position;
        let (signed, reliance) = reader.held_trust().ask(objects, |trust, _| {
            let signatory = match self.signatory(store, trust, (log, position), wish.signatory) {
                Ok(signatory) => signatory,
                Err(fault) => return Ok(Err(fault)),
            };
            let key = signatory.pen.key().id();
            let is_own = |step: &waiver::Step| {
                // A root of trust knows who holds a key; without one, a second key of the same name is the same person's.
                let is_known = [step.key, key].iter().all(|key| trust.principal(key).is_some());
                trust.people(&[step.key, key]) < 2 || (!is_known && is_same_person(&step.by, &signatory.name))
            };
            let speaker = Speaker {
                signatory: &signatory,
                is_own: &is_own,
            };
            let said = match speech(&seen, now, &speaker) {
                Ok(said) => said,
                Err(fault) => return Ok(Err(fault)),
            };
            let reliance = Reliance {
                seen: seen.outlook.known,
                waivers: said.proposal.into_iter().map(|proposal| (proposal, u64::MAX)).collect(),
                alone: wish.alone,
            };
            let entry = match entry(&said, &signatory, (log, now), head) {
                Ok(entry) => entry,
                Err(fault) => return Ok(Err(fault)),
            };
            Ok(Ok((signatory.pen.sign_entry(entry)?, reliance)))
        })??;
        let proposal = signed.entry().content.previous().unwrap_or_else(|| signed.id());
        let key = signed.key_id().to_string();
        let sealed = chain.append_relying_and_seal(Append {
            entries: vec![signed],
            documents: Vec::new(),
            reliance,
        })?;
        let seen = Seen {
            log: Some(log),
            outlook: reader.outlook(objects, Some(log))?,
        };
        let waiver = seen.outlook.register.at(&proposal);
        let waiver = waiver.ok_or_else(|| Fault::Bug("what was signed just now is not believed".to_owned()))?;
        Ok(WaiverShowView {
            schema: "assize.waiver/1",
            waiver: seen.view(waiver, now),
            entry: Some(EntryView {
                id: sealed.entry.to_string(),
                log: log.to_string(),
                index: sealed.index,
                size: sealed.size,
                r#ref: log.log_ref(),
                commit: Some(sealed.commit.to_string()),
                key,
                durability: DurabilityView::unasked(Wanted::default().level, Durability::Sealed),
            }),
        })
    }
}

/// The entry of what a person says.
fn entry(
    said: &Said,
    signatory: &Signatory,
    (log, time): (assize_provenance::log_id::LogId, Time),
    head: Revision,
) -> Result<Entry, Fault> {
    let case = said.about.digest().map_err(|error| {
        Fault::wrong(
            format!("the waiver cannot be written down: {error}"),
            "use fewer or shorter paths",
        )
    })?;
    Ok(Entry {
        log,
        time,
        actor: Actor {
            kind: ActorKind::Person,
            name: signatory.name.clone(),
        },
        subject: Subject { case, head },
        content: Content::Waiver(Box::new(said.record.clone())),
    })
}

/// Insists that a waiver may still be spoken of.
fn insist_on_open(seen: &Seen, waiver: &SignedWaiver, now: Time) -> Result<(), Fault> {
    let id = &waiver.terms.id;
    if let Some(step) = &waiver.revoked {
        return Err(Fault::wrong(
            format!("{} revoked the waiver {id}, in entry {}", step.by, step.entry),
            "`assize waiver propose` proposes a new one",
        ));
    }
    if seen.is_open(waiver, now) {
        return Ok(());
    }
    let (until, expires) = (waiver.terms.until, waiver.terms.expires);
    Err(Fault::wrong(
        format!("the waiver {id} is over: it held until {expires}, and for cases up to position {until} of the log"),
        "`assize waiver propose` proposes a new one",
    ))
}

/// The state that whoever speaks looks at.
fn head_of(repository: &Repository) -> Result<Revision, Fault> {
    let commit = repository.range("HEAD")?.head;
    let tree = history::read_commit(repository.objects().as_ref(), &commit)
        .map_err(|error| Fault::Case(error.into()))?
        .tree;
    Ok(Revision { commit, tree })
}
