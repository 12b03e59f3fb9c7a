//! Finding everything that decided about a recorded case: nothing is taken from its entry that the repository can tell.

use std::collections::BTreeMap;
use std::sync::Arc;

use assize_provenance::cases::HeardCase;
use assize_provenance::digest::Digest;
use assize_provenance::entry::{Case as CaseEntry, PolicySource as Recorded, RangeKind as RangeEntry, Subject};
use assize_provenance::evidence::{DocumentKind, Evidence as Documents, Looked};
use assize_provenance::verdict::Terms;

use super::{Court, Stop, short};
use crate::case::evidence::Evidence;
use crate::case::history;
use crate::case::hunks::DIFF_PROFILE;
use crate::case::{self, BuildError, Case, Range, RangeKind};
use crate::catalog::{self, Reference};
use crate::council::{Brief, Told};
use crate::driver::compose::Docket;
use crate::driver::hearing::{Loaded, Sitting};
use crate::driver::prepare::{PrepareFault, authors_for, default_policy, parse_policy, policy_in};
use crate::driver::roster::component_in;
use crate::driver::told::{self, ToldFault};
use crate::policy::Policy;
use crate::policy::source::PolicySource;
use crate::repository::FileError;
use crate::sandbox::{HostFault, PROFILE};
use crate::waiver::{Outlook, Register};

/// One seat of the council, ready to be asked again.
pub(super) struct Seat {
    pub(super) sitting: Sitting,
    /// Why it cannot be asked here.
    pub(super) missing: Option<String>,
}

/// What decided about a case, found again.
pub(super) struct Found {
    pub(super) docket: Docket,
    pub(super) seats: Vec<Seat>,
    pub(super) evidence: Arc<Evidence>,
}

impl From<PrepareFault> for Stop {
    fn from(fault: PrepareFault) -> Self {
        match fault {
            PrepareFault::File(error) => error.into(),
            PrepareFault::Case(error) => error.into(),
            PrepareFault::Told(error) => error.into(),
            PrepareFault::Policy { file, .. } => {
                Self::NotCheckable(format!("this version of Assize cannot read the policy {file}"))
            }
            machine => Self::Machine(machine),
        }
    }
}

impl From<FileError> for Stop {
    fn from(error: FileError) -> Self {
        if error.is_machine() {
            return Self::Machine(PrepareFault::File(error));
        }
        Self::NotCheckable(format!("the base cannot be read: {error}"))
    }
}

impl From<BuildError> for Stop {
    fn from(error: BuildError) -> Self {
        if error.is_machine() {
            return Self::Machine(PrepareFault::Case(error));
        }
        Self::NotCheckable(format!("the change cannot be read: {error}"))
    }
}

impl From<ToldFault> for Stop {
    fn from(error: ToldFault) -> Self {
        if error.is_machine() {
            return Self::Machine(PrepareFault::Told(error));
        }
        Self::NotCheckable(format!("what the council was told cannot be read: {error}"))
    }
}

impl From<HostFault> for Stop {
    fn from(fault: HostFault) -> Self {
        Self::Machine(PrepareFault::Host(fault))
    }
}

/// What excused findings besides files, as it stood where the case does.
fn outlook(heard: &HeardCase, register: &Arc<Register>, files_count: bool) -> Outlook {
    let position = heard.case_entry().index;
    Outlook {
        register: Arc::clone(register),
        known: position,
        position,
        files_count,
    }
}

impl Court {
    /// Finds everything that decided, and insists that it is the case of the record.
    ///
    /// Whether files excused anything then depends on the root of trust of then. So both are tried, and the record says which it
    /// was; that no file is used where people sign is for whoever verifies.
    pub(super) fn find(
        &self,
        heard: &HeardCase,
        register: &Arc<Register>,
        documents: &mut Documents<'_>,
    ) -> Result<Found, Stop> {
        let entry = heard.case_entry().entry.entry();
        let Some(said) = heard.case() else {
            return Err(Stop::NotCheckable("the entry is no case".to_owned()));
        };
        for (what, recorded, ours) in [
            ("diff", &said.diff_profile, DIFF_PROFILE),
            ("engine", &said.engine_profile, PROFILE),
        ] {
            if recorded != ours {
                return Err(Stop::NotCheckable(format!(
                    "the case was heard with the {what} profile `{}`, and this version of Assize has `{ours}`; use version {}",
                    recorded.escape_debug(),
                    said.runtime_version.escape_debug()
                )));
            }
        }
        let range = range_of(said, entry.subject);
        self.insist_on_base(range)?;
        let (policy, source) = self.policy(said, range)?;
        let Some(terms) = policy.terms(&said.council, Vec::new()) else {
            return Err(Stop::Departs(format!("the policy has no council `{}`", said.council)));
        };
        let objects = self.objects.as_ref();
        let case = case::build(objects, range, authors_for(&policy, &terms))?;
        let given = self.documents(said, documents)?;
        let bytes = given.as_ref().map_or(BTreeMap::new(), Clone::clone);
        let written = |files_count: bool| {
            let outlook = outlook(heard, register, files_count);
            let mut told = told::gather(objects, range, &case, &policy, &bytes, entry.time, &outlook)?;
            told.documents = said.documents.clone();
            let terms = Terms {
                waivers: told.in_force(),
                ..terms.clone()
            };
            let mut seats = self.seats(said, &policy, &terms, &case, &told, range)?;
            if given.is_none() {
                for seat in &mut seats {
                    seat.missing = Some("a document of the case is not here; give it with --document FILE".to_owned());
                }
            }
            let sittings: Vec<&Sitting> = seats.iter().map(|seat| &seat.sitting).collect();
            let docket = Docket::write(&case, &policy, &source, terms, &told, &sittings)
                .map_err(|fault| Stop::Machine(fault.into()))?;
            Ok::<_, Stop>((seats, docket))
        };
        let (mut seats, mut docket) = written(true)?;
        if docket.digest != entry.subject.case {
            let (other_seats, other) = written(false)?;
            if other.digest == entry.subject.case {
                (seats, docket) = (other_seats, other);
            }
        }
        insist_on_case(said, entry.subject, &docket)?;
        let evidence = Arc::new(Evidence::new(Arc::new(case), Arc::clone(&self.objects), bytes));
        Ok(Found {
            docket,
            seats,
            evidence,
        })
    }

    /// Insists that the base is where its kind says: whoever chooses another base chooses the policy. `A..B` was typed so, and
    /// says no more.
    fn insist_on_base(&self, range: Range) -> Result<(), Stop> {
        let objects = self.objects.as_ref();
        let (holds, where_to) = match (range.kind, range.base) {
            (RangeKind::TwoDot, _) => (true, ""),
            (RangeKind::FirstParent, base) => {
                let head = history::read_commit(objects, &range.head).map_err(BuildError::from)?;
                (head.parents.first() == base.as_ref(), "the first parent of the head")
            }
            (RangeKind::ThreeDot, Some(base)) => {
                let common = history::merge_base(objects, base, range.head).map_err(BuildError::from)?;
                (common == Some(base), "an ancestor of the head")
            }
            (RangeKind::ThreeDot, None) => (false, "an ancestor of the head"),
        };
        if holds {
            Ok(())
        } else {
            Err(Stop::Departs(format!("the base is not {where_to}")))
        }
    }

    /// The policy that the record names: from the base where it came from there, else by its digest.
    pub(super) fn policy(&self, said: &CaseEntry, range: Range) -> Result<(Policy, PolicySource), Stop> {
        let wanted = said.policy.digest;
        let (policy, source) = match &said.policy.source {
            Recorded::Base { .. } => {
                let (policy, source) = policy_in(self.objects.as_ref(), range.base)?;
                if policy.digest() != wanted {
                    let wanted = short(&wanted);
                    return Err(Stop::Departs(format!("the base does not hold the policy {wanted}")));
                }
                return Ok((policy, source));
            }
            Recorded::Default => (default_policy()?, PolicySource::Default),
            Recorded::File { path } => (default_policy()?, PolicySource::File { path: path.clone() }),
        };
        if policy.digest() == wanted {
            return Ok((policy, source));
        }
        match self.supplied.policies.get(&wanted) {
            Some((name, text)) => Ok((parse_policy(name, text)?, source)),
            None => Err(Stop::NotCheckable(format!(
                "the policy {wanted} is not here; give it with --policy FILE"
            ))),
        }
    }

    /// The documents of the case by their names, if all are here.
    pub(super) fn documents(
        &self,
        said: &CaseEntry,
        documents: &mut Documents<'_>,
    ) -> Result<Option<BTreeMap<String, Vec<u8>>>, Stop> {
        let mut found = BTreeMap::new();
        for document in &said.documents {
            let supplied = self.supplied.documents.get(&document.stored.digest).cloned();
            let bytes = match supplied {
                Some(bytes) => bytes,
                None => match documents.look(DocumentKind::Given, document.stored) {
                    Ok(Looked::Found(bytes)) => bytes,
                    Ok(Looked::Absent | Looked::Erased | Looked::Wrong(..)) => return Ok(None),
                    Err(error) => return Err(Stop::Machine(error.into())),
                },
            };
            found.insert(document.name.clone(), bytes);
        }
        Ok(Some(found))
    }

    /// Seats the judges that the policy names, if they are those of the record.
    fn seats(
        &self,
        said: &CaseEntry,
        policy: &Policy,
        terms: &Terms,
        case: &Case,
        told: &Told,
        range: Range,
    ) -> Result<Vec<Seat>, Stop> {
        let mut seats = Vec::new();
        for seat in &terms.council.seats {
            let recorded = said.seats.iter().find(|recorded| recorded.seat == *seat);
            let (Some(judge), Some(recorded)) = (policy.judge(&seat.judge), recorded) else {
                return Err(Stop::Departs(format!(
                    "the council of the record does not seat `{}` as its policy does",
                    seat.judge
                )));
            };
            let (loaded, missing) = self.judge(&judge.plugin, recorded.component.digest, range)?;
            let brief = Brief::of(policy, &terms.council.name, judge, case, told);
            seats.push(Seat {
                sitting: Sitting::prepare(policy, judge, brief, &loaded),
                missing,
            });
        }
        Ok(seats)
    }

    /// The judge with this component, if the policy's word for it means that component; or why it is not here.
    fn judge(&self, plugin: &str, wanted: Digest, range: Range) -> Result<(Arc<Loaded>, Option<String>), Stop> {
        let absent = |reason: String| {
            let judge = Err(reason);
            Arc::new(Loaded {
                component: wanted,
                judge,
            })
        };
        let component = component_in(self.objects.as_ref(), range.base, plugin)?;
        let found = Digest::of(component.as_deref().unwrap_or_default());
        match component {
            Ok(bytes) if found == wanted => return Ok((self.load(wanted, &bytes)?, None)),
            Err(reason) if found == wanted => return Ok((absent(reason), None)),
            _ => {}
        }
        if !matches!(catalog::resolve(plugin), Reference::Embedded(_)) {
            let (wanted, found) = (short(&wanted), short(&found));
            return Err(Stop::Departs(format!(
                "the judge `{plugin}` of the base is the component {found}, and not {wanted} as the record says"
            )));
        }
        match self.supplied.components.get(&wanted) {
            Some(bytes) => Ok((self.load(wanted, bytes)?, None)),
            None => {
                let missing = format!(
                    "the component {wanted} of `{plugin}` comes with another version of Assize; give it with --component FILE"
                );
                Ok((absent(missing.clone()), Some(missing)))
            }
        }
    }
}

/// What a case compares.
pub(super) fn range_of(said: &CaseEntry, subject: Subject) -> Range {
    Range {
        kind: match said.range {
            RangeEntry::FirstParent => RangeKind::FirstParent,
            RangeEntry::TwoDot => RangeKind::TwoDot,
            RangeEntry::ThreeDot => RangeKind::ThreeDot,
        },
        base: said.base.map(|base| base.commit),
        head: subject.head.commit,
    }
}

/// Insists that what was found is the case of the record, and says where it is not.
fn insist_on_case(said: &CaseEntry, subject: Subject, docket: &Docket) -> Result<(), Stop> {
    let found = docket.said();
    let head = docket.subject().head;
    let settings = found.settings == said.settings;
    let differences = [
        (head != subject.head, "the tree of the head"),
        (found.base != said.base, "the tree of the base"),
        (found.manifest != said.manifest, "the list of what changed"),
        (found.counts != said.counts, "how much changed"),
        (found.messages != said.messages, "the commit messages"),
        (found.seats.len() != said.seats.len(), "who sits on the council"),
        (
            found.quorum != said.quorum || found.rule != said.rule,
            "the council's rule",
        ),
        (!settings, "what the policy says of the rules"),
        (found.waivers != said.waivers, "the waivers in force"),
        (found.budget != said.budget, "the budget"),
        (found.briefing != said.briefing, "what the judges were told besides"),
        (docket.digest != subject.case, "the digest of the case"),
    ];
    let Some((_, what)) = differences.into_iter().find(|(differs, _)| *differs) else {
        return Ok(());
    };
    let ours = env!("CARGO_PKG_VERSION");
    if said.runtime_version != ours {
        let theirs = said.runtime_version.escape_debug();
        return Err(Stop::NotCheckable(format!(
            "Assize {theirs} recorded {what} otherwise than {ours} finds it; use version {theirs}"
        )));
    }
    Err(Stop::Departs(format!("{what} is not what the repository says")))
}
