//! Recorded hearings held again: the judges that a case names, on the change that the repository holds, under the policy of its
//! base. What they say now is held against what is on record, so that a host which made up an opinion is found out by anyone.
//!
//! | step | file |
//! |---|---|
//! | find what decided: policy, change, waivers, judges | `find.rs` |
//! | hear, and compare | `compare.rs` |
//! | find what a new hearing of the same change needs | `anew.rs` |
//!
//! A judge's component is the one that the policy names: read from the base, as it was then; an embedded one by its digest, from
//! this binary or from whoever asks. A host cannot put another in its place without being told apart.

mod anew;
mod compare;
mod find;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use assize_provenance::cases::HeardCase;
use assize_provenance::digest::Digest;
use assize_provenance::evidence::Evidence as Documents;

use super::hearing::{Loaded, ask_all};
use super::prepare::PrepareFault;
use crate::case::evidence::Objects;
use crate::sandbox::{HostFault, Sandbox};
use crate::waiver::Register;

/// How something recorded compares with what is found now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Again {
    /// It is the same, byte for byte.
    Same,
    /// It is something else; a sentence says where it first departs.
    Departs(String),
    /// What is needed to tell is not here; a sentence says what.
    NotCheckable(String),
}

impl Again {
    /// Returns the word for it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Departs(_) => "departs",
            Self::NotCheckable(_) => "not checkable",
        }
    }

    /// Returns the sentence, where there is one.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Same => None,
            Self::Departs(why) | Self::NotCheckable(why) => Some(why),
        }
    }
}

/// One opinion, asked for again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpinionAgain {
    /// The judge.
    pub judge: String,
    /// The position of its entry in the log, from 0.
    pub index: u64,
    /// How it compares.
    pub again: Again,
}

/// A hearing held again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearing {
    /// The case: its change, its policy, its terms.
    pub case: Again,
    /// Every opinion, in the order of the log.
    pub opinions: Vec<OpinionAgain>,
    /// The verdict.
    pub verdict: Again,
}

impl Rehearing {
    /// Whether anything departs, else whether anything is not checkable, with its sentence.
    #[must_use]
    pub fn whole(&self) -> &Again {
        let all = || {
            let opinions = self.opinions.iter().map(|opinion| &opinion.again);
            [&self.case].into_iter().chain(opinions).chain([&self.verdict])
        };
        let departs = all().find(|again| matches!(again, Again::Departs(_)));
        departs
            .or_else(|| all().find(|again| matches!(again, Again::NotCheckable(_))))
            .unwrap_or(&Again::Same)
    }
}

/// What somebody gives who has it, by its digest: what the repository does not hold.
#[derive(Debug, Default)]
pub struct Supplied {
    /// Components of judges.
    pub components: BTreeMap<Digest, Vec<u8>>,
    /// Documents of cases.
    pub documents: BTreeMap<Digest, Vec<u8>>,
    /// Policies: name and text.
    pub policies: BTreeMap<Digest, (String, Vec<u8>)>,
}

/// Where recorded hearings are held again. Judges are loaded once.
pub struct Court {
    sandbox: Sandbox,
    objects: Arc<Objects>,
    supplied: Supplied,
    loaded: RefCell<BTreeMap<Digest, Arc<Loaded>>>,
}

impl Court {
    /// Opens a court over the objects of a repository.
    #[must_use]
    pub fn new(sandbox: Sandbox, objects: Arc<Objects>, supplied: Supplied) -> Self {
        Self {
            sandbox,
            objects,
            supplied,
            loaded: RefCell::default(),
        }
    }

    /// Hears a case again and compares everything with what is on record. `register` holds the waivers that people signed in the
    /// case's log, `documents` is its evidence.
    ///
    /// # Errors
    ///
    /// [`PrepareFault`] when the machine failed: nothing is said of the case then.
    pub fn hear_again(
        &self,
        heard: &HeardCase,
        register: &Arc<Register>,
        documents: &mut Documents<'_>,
    ) -> Result<Rehearing, PrepareFault> {
        let found = match self.find(heard, register, documents) {
            Ok(found) => found,
            Err(Stop::Machine(fault)) => return Err(fault),
            Err(Stop::Departs(why)) => return Ok(unheard(heard, Again::Departs(why))),
            Err(Stop::NotCheckable(why)) => return Ok(unheard(heard, Again::NotCheckable(why))),
        };
        let seated: Vec<_> = found
            .seats
            .iter()
            .filter(|seat| seat.missing.is_none())
            .map(|seat| &seat.sitting)
            .collect();
        let said = match ask_all(&self.sandbox, &seated, &found.evidence) {
            Ok(said) => said,
            Err(HostFault::Evidence(error)) if !error.is_machine() => {
                let why = format!("the change cannot be read whole: {error}");
                return Ok(unheard(heard, Again::NotCheckable(why)));
            }
            Err(fault) => return Err(fault.into()),
        };
        let said = said.into_iter().collect();
        Ok(compare::compare(heard, &found, &said, documents)?)
    }

    /// The judge that a component is, loaded once.
    fn load(&self, digest: Digest, bytes: &[u8]) -> Result<Arc<Loaded>, HostFault> {
        if let Some(loaded) = self.loaded.borrow().get(&digest) {
            return Ok(Arc::clone(loaded));
        }
        let judge = self.sandbox.load(bytes)?.map_err(|unusable| unusable.to_string());
        let loaded = Arc::new(Loaded {
            component: digest,
            judge,
        });
        self.loaded.borrow_mut().insert(digest, Arc::clone(&loaded));
        Ok(loaded)
    }
}

/// Why a case cannot be heard again.
#[derive(Debug)]
enum Stop {
    /// It is another one than the record says.
    Departs(String),
    /// Something is not here.
    NotCheckable(String),
    /// The machine failed.
    Machine(PrepareFault),
}

/// What is said where no judge was asked.
fn unheard(heard: &HeardCase, case: Again) -> Rehearing {
    let why = "the case was not heard again";
    let opinions = heard.opinions().map(|(index, opinion)| OpinionAgain {
        judge: opinion.judge.clone(),
        index,
        again: Again::NotCheckable(why.to_owned()),
    });
    Rehearing {
        case,
        opinions: opinions.collect(),
        verdict: Again::NotCheckable(why.to_owned()),
    }
}

/// The first few digits of a digest, for sentences.
fn short(digest: &Digest) -> String {
    digest.to_string().chars().take(12).collect()
}
