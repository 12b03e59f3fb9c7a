//! Running the judges again: does the chain say what they say?

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use assize_provenance::cases::{Cases, HeardCase};
use assize_provenance::digest::Digest;
use assize_provenance::entry::Content;
use assize_provenance::entry::v1::word;
use assize_provenance::evidence::Evidence;
use assize_provenance::key::KeyId;
use assize_provenance::log_id::LogId;
use assize_provenance::log_reader::LogReader;
use assize_provenance::reader::ObjectReader;
use assize_provenance::report::{Claim, FAULTS_MAX, Fault as Finding, FaultCode, Place, Report, Standing};

use super::read::{find, logs};
use crate::app::view::audit::{AgainView, OpinionAgainView, ReplayView, VerdictAgainView};
use crate::app::{App, Fault, prepare, read_named};
use crate::driver::again::{Again, Court, Rehearing, Supplied};
use crate::policy;
use crate::repository::Repository;
use crate::sandbox::{Allocation, EngineOptions, Sandbox};
use crate::settings::Home;
use crate::waiver::Register;

/// The largest component or document that is read, in bytes.
const SUPPLIED_BYTES_MAX: u64 = 64 << 20;

/// Files with what the repository does not hold. Each is taken by its digest.
#[derive(Debug, Clone, Copy, Default)]
pub struct SuppliedFiles<'a> {
    /// Components of judges.
    pub components: &'a [PathBuf],
    /// Documents of cases.
    pub documents: &'a [PathBuf],
    /// Policies.
    pub policies: &'a [PathBuf],
}

impl App {
    /// Hears recorded cases again and compares what is said now with what is on record: the case of one entry, or all that
    /// came to a verdict. Whether the entries are signed by anybody who is believed is for [`App::audit_verify`].
    ///
    /// # Errors
    ///
    /// [`Fault`] when a log cannot be read or the machine failed.
    pub fn audit_replay(&self, wanted: Option<&str>, files: SuppliedFiles<'_>) -> Result<ReplayView, Fault> {
        let repository = self.repository()?;
        let reader: &dyn ObjectReader = repository.objects().as_ref();
        let wanted = wanted.map(|text| find(reader, text)).transpose()?;
        let home = self.home_if_there(&repository)?;
        let court = self.court(&repository, home.as_ref(), files)?;
        let mut verdicts = Vec::new();
        for mut log in logs(reader)? {
            let name = log.log();
            if wanted.as_ref().is_some_and(|(_, wanted, _)| *wanted != name) {
                continue;
            }
            let mut documents = Evidence::open(reader, name)?;
            each_case(&mut log, |heard, register| {
                if wanted.as_ref().is_none_or(|(_, _, index)| holds(&heard, *index)) {
                    let again = court.hear_again(&heard, register, &mut documents)?;
                    verdicts.push(view(name, &heard, &again));
                }
                Ok(())
            })?;
        }
        if let (Some((entry, ..)), true) = (&wanted, verdicts.is_empty()) {
            return Err(Fault::wrong(
                format!("the entry {} belongs to no case that came to a verdict", entry.id()),
                "`assize audit log` lists the entries; name a verdict, or an opinion or a case before one",
            ));
        }
        let words: Vec<&str> = verdicts.iter().map(|verdict| verdict.standing).collect();
        let standing = match () {
            () if words.contains(&"departs") => "departs",
            () if words.contains(&"not checkable") || words.is_empty() => "not checkable",
            () => "same",
        };
        Ok(ReplayView {
            schema: "assize.replay/1",
            standing,
            verdicts,
        })
    }

    /// Runs the judges of every verdict of the proved logs again, and settles the claim in their reports.
    pub(super) fn settle_replay(
        &self,
        repository: &Repository,
        home: Option<&Home>,
        files: SuppliedFiles<'_>,
        report: &mut Report,
    ) -> Result<(), Fault> {
        let reader: &dyn ObjectReader = repository.objects().as_ref();
        let court = self.court(repository, home, files)?;
        for mut log in logs(reader)? {
            let name = log.log();
            let Some(said) = report.logs.iter_mut().find(|said| said.log == Some(name)) else {
                continue;
            };
            if !said.is_proved() {
                let reason = "the judges of a log that is not proved are not run";
                said.settle(Claim::Replay, Standing::NotCheckable(reason.to_owned()));
                continue;
            }
            let mut tally = Tally::default();
            let mut documents = Evidence::open(reader, name)?;
            each_case(&mut log, |heard, register| {
                // What was proved before is not run again; the log is no longer than what was verified.
                let index = heard.verdict_entry().index;
                if (said.since..said.size).contains(&index) {
                    let again = court.hear_again(&heard, register, &mut documents)?;
                    tally.count(index, &again);
                }
                Ok(())
            })?;
            said.settle(Claim::Replay, tally.standing());
        }
        Ok(())
    }

    /// A court over a repository. Nothing is made for reading: without a home, nothing compiled is kept.
    fn court(&self, repository: &Repository, home: Option<&Home>, files: SuppliedFiles<'_>) -> Result<Court, Fault> {
        let sandbox = match home {
            Some(home) => prepare::sandbox(home)?,
            None => Sandbox::start(&EngineOptions {
                cache_dir: None,
                allocation: Allocation::Pooling,
            })?,
        };
        let objects = Arc::<assize_provenance::git::GitObjects>::clone(repository.objects());
        Ok(Court::new(sandbox, objects, self.supplied(files)?))
    }

    pub(super) fn supplied(&self, files: SuppliedFiles<'_>) -> Result<Supplied, Fault> {
        let mut supplied = Supplied::default();
        for (paths, map) in [
            (files.components, &mut supplied.components),
            (files.documents, &mut supplied.documents),
        ] {
            for path in paths {
                let bytes = read_named(&self.dir.join(path), SUPPLIED_BYTES_MAX)?;
                map.insert(Digest::of(&bytes), bytes);
            }
        }
        for path in files.policies {
            let bytes = read_named(&self.dir.join(path), policy::BYTES_MAX as u64)?;
            let named = (path.display().to_string(), bytes);
            supplied.policies.insert(Digest::of(&named.1), named);
        }
        Ok(supplied)
    }
}

/// Reads a log from its beginning and hands over every case that came to a verdict, with the waivers that people signed up to
/// there. Who may sign them, and for how many people keys speak, is for whoever verifies.
pub(super) fn each_case(
    log: &mut LogReader<'_>,
    mut take: impl FnMut(HeardCase, &Arc<Register>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let (mut cases, mut register) = (Cases::new(), Arc::new(Register::default()));
    let people = |keys: &[KeyId]| keys.iter().collect::<BTreeSet<_>>().len();
    for index in 0..log.size() {
        let entry = log.entry(index)?;
        if matches!(entry.entry().content, Content::Waiver(_)) {
            Arc::make_mut(&mut register).take(index, &entry, &people);
        }
        if let Some(heard) = cases.take(index, entry) {
            take(heard, &register)?;
        }
    }
    Ok(())
}

/// Whether an entry is one of a case's.
fn holds(heard: &HeardCase, index: u64) -> bool {
    let opinions = heard.opinion_entries().iter();
    let all = [heard.case_entry(), heard.verdict_entry()];
    all.into_iter().chain(opinions).any(|placed| placed.index == index)
}

/// What running the judges of one log again came to.
#[derive(Debug, Default)]
struct Tally {
    same: u64,
    faults: Vec<Finding>,
    open: Option<String>,
}

impl Tally {
    fn count(&mut self, verdict: u64, again: &Rehearing) {
        if again.whole() == &Again::Same {
            self.same = self.same.saturating_add(1);
        }
        let opinions = again.opinions.iter();
        let opinions = opinions.map(|one| {
            (
                FaultCode::ReplayOpinion,
                one.index,
                &one.again,
                format!("`{}`: ", one.judge),
            )
        });
        let case = (FaultCode::ReplayCase, verdict, &again.case, String::new());
        let decided = (FaultCode::ReplayVerdict, verdict, &again.verdict, String::new());
        for (code, index, again, who) in [case].into_iter().chain(opinions).chain([decided]) {
            match again {
                Again::Same => {}
                Again::Departs(why) if self.faults.len() < FAULTS_MAX => self.faults.push(Finding {
                    code,
                    place: Place {
                        entry: Some(index),
                        ..Place::default()
                    },
                    sentence: format!("{who}{why}"),
                }),
                Again::Departs(_) => {}
                Again::NotCheckable(why) => {
                    self.open.get_or_insert_with(|| format!("entry {index}: {who}{why}"));
                }
            }
        }
    }

    fn standing(self) -> Standing {
        match (self.faults.is_empty(), self.open) {
            (false, _) => Standing::Refuted(self.faults),
            (true, Some(open)) => Standing::NotCheckable(open),
            (true, None) if self.same == 0 => Standing::NotCheckable("no verdict was to be run again".to_owned()),
            (true, None) => Standing::Proved,
        }
    }
}

fn view(log: LogId, heard: &HeardCase, again: &Rehearing) -> VerdictAgainView {
    let entry = heard.verdict_entry();
    let subject = entry.entry.entry().subject;
    let opinions = again.opinions.iter().map(|opinion| OpinionAgainView {
        judge: opinion.judge.clone(),
        index: opinion.index,
        again: again_view(&opinion.again),
    });
    VerdictAgainView {
        entry: entry.entry.id().to_string(),
        log: log.to_string(),
        index: entry.index,
        head: subject.head.commit.to_string(),
        council: heard.case().map(|case| case.council.clone()).unwrap_or_default(),
        outcome: heard.verdict().map_or("", |verdict| word(&verdict.outcome)),
        standing: again.whole().word(),
        case: again_view(&again.case),
        opinions: opinions.collect(),
        verdict: again_view(&again.verdict),
    }
}

fn again_view(again: &Again) -> AgainView {
    AgainView {
        standing: again.word(),
        why: again.why().map(str::to_owned),
    }
}
