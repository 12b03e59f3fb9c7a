//! Another hearing: a person appeals against a verdict, the council hears the case again, and what it says then supersedes what
//! it said before. Both stay in the log.

use std::sync::Arc;

use assize_provenance::digest::Digest;
use assize_provenance::entry::{Content, EntryId, SignedEntry};
use assize_provenance::evidence::Evidence;
use assize_provenance::reader::ObjectReader;

use super::read::find;
use super::replay::SuppliedFiles;
use crate::app::decisions::{Desk, keyless, signatory};
use crate::app::durability::Wanted;
use crate::app::prepare::sandbox;
use crate::app::view::ReviewView;
use crate::app::view::decided::AppealView;
use crate::app::view::review::draw;
use crate::app::{App, Fault};
use crate::chain::Chain;
use crate::driver::again::Court;
use crate::driver::clerk::Clerk;
use crate::driver::decide::{self, Deciding, What};
use crate::driver::prepare::{Prepared, prepare};
use crate::driver::roster::Roster;
use crate::driver::standing::{Standing, standing};
use crate::repository::Repository;
use crate::sandbox::Sandbox;
use crate::secret;
use crate::settings::Home;

/// What somebody appeals against.
#[derive(Debug, Clone, Copy)]
pub struct AppealRequest<'a> {
    /// The verdict: the start of its entry's id, or `LOG:INDEX`.
    pub verdict: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Whose key signs, where several people have keys here.
    pub person: Option<&'a str>,
    /// What the repository does not hold of the case.
    pub files: SuppliedFiles<'a>,
    /// How safe the new verdict is to be.
    pub wanted: Wanted,
}

impl App {
    /// Enters a person's appeal against a verdict, signed with the person's own key, and lets the council hear the case again: the
    /// same change, policy and documents, and waivers as they are now. An appeal that stands and was not answered, because whoever
    /// heard it was killed, is answered.
    ///
    /// # Errors
    ///
    /// [`Fault`] when there is no such verdict or no key, or when something of the case is not here; nothing is signed then.
    pub fn audit_appeal(
        &self,
        request: &AppealRequest<'_>,
        announce: &mut dyn FnMut(&str),
    ) -> Result<ReviewView, Fault> {
        let repository = self.repository()?;
        let home = self.home_for(&repository)?;
        let (verdict, log, _) = find(repository.objects().as_ref(), request.verdict)?;
        if !matches!(&verdict.entry().content, Content::Verdict(_)) {
            return Err(Fault::wrong(
                format!("the entry {} is no verdict", verdict.id()),
                "`assize audit log` lists the entries; name one of the kind `verdict`",
            ));
        }
        if Chain::of_somebody_else(&repository, &home)?.is_some() {
            return Err(elsewhere());
        }
        let clerk = Clerk::new(Chain::open(&repository, &home, self.clock, announce)?);
        let own = clerk.chain().log();
        let desk = Desk {
            repository: &repository,
            home: &home,
            log: own,
            clerk: Some(&clerk),
            named: request.person,
            may_ask: true,
        };
        if own != log {
            return Err(elsewhere());
        }
        self.insist_on(&repository, &home, request.wanted)?;
        // Everything that the hearing needs is found before anything is signed.
        let found = look(&repository, &clerk, verdict.id())?;
        let sandbox = sandbox(&home)?;
        let mut prepared = self.again((&repository, &home), &sandbox, &found, request.files)?;
        let appeal = match &found.appealed {
            Some(said) => {
                let by = &said.entry.entry().actor.name;
                announce(&format!(
                    "{by} appealed already, and nobody has heard it: it is heard now.\n"
                ));
                said.entry.id()
            }
            None => self.appeal(desk, &verdict, &found, request.reason)?,
        };
        // Two hearings that answer one appeal would refute the log.
        let _held = clerk.chain().hold_overrides()?;
        let found = look(&repository, &clerk, verdict.id())?;
        prepared.docket.answer(appeal);
        let (answer, testimonies, mut entry) = self.recorded(&sandbox, &prepared, clerk.chain(), request.wanted)?;
        if entry.commit.is_some() {
            entry.durability = self.made_safe(&repository, &home, (own, entry.index), request.wanted)?;
        }
        let by = found.appealed.map(|said| said.entry.entry().actor.name.clone());
        let mut view = draw(&prepared, &answer, testimonies, Some(entry))?;
        view.appeal = Some(AppealView {
            entry: appeal.to_string(),
            by: by.unwrap_or_default(),
            supersedes: verdict.id().to_string(),
            outcome: assize_provenance::entry::v1::word(&found.outcome),
        });
        Ok(view)
    }

    /// Prepares another hearing of a recorded case.
    fn again(
        &self,
        (repository, home): (&Repository, &Home),
        sandbox: &Sandbox,
        found: &Standing,
        files: SuppliedFiles<'_>,
    ) -> Result<Prepared, Fault> {
        let objects = Arc::<assize_provenance::git::GitObjects>::clone(repository.objects());
        let reader: &dyn ObjectReader = repository.objects().as_ref();
        let court = Court::new(sandbox.clone(), objects, self.supplied(files)?);
        let mut documents = Evidence::open(reader, found.verdict.log)?;
        let waivers = self.waiver_reader(repository, Some(home))?;
        let outlook = waivers.outlook(reader, Some(found.verdict.log))?;
        let anew = court.anew(&found.case, found.verdict.subject, &mut documents, self.now()?, outlook)?;
        let (matter, given) = anew.map_err(|why| {
            let hint =
                "another hearing takes the change, the policy and the documents of the first one; nothing was signed";
            Fault::wrong(format!("the case cannot be heard again: {why}"), hint)
        })?;
        Ok(prepare(&matter, &Roster::new(sandbox.clone()), given)?)
    }

    /// Enters the appeal.
    fn appeal(&self, desk: Desk<'_>, verdict: &SignedEntry, found: &Standing, reason: &str) -> Result<EntryId, Fault> {
        let believed = self.believed(desk.repository, desk.home)?;
        let Some(signatory) = signatory(&believed, desk)? else {
            return Err(keyless(false, believed.has_root()));
        };
        let reason = secret::mask_tokens(reason);
        let person = match (desk.named, signatory.holder) {
            (Some(_), Some(holder)) => holder,
            _ => self.actor.clone(),
        };
        let wanted = Deciding {
            what: What::Appeal,
            case: found.verdict.subject.case,
            verdict: verdict.id(),
            council: &found.case.council,
            person: &person,
            reason: &reason,
            // What somebody appeals against is what the entry says, byte for byte.
            shown: Digest::of(verdict.line()),
            submitter: None,
        };
        let line = self.written(desk, &signatory.key, &wanted)?;
        let clerk = desk.clerk.ok_or_else(elsewhere)?;
        let objects = desk.repository.objects().as_ref();
        Ok(decide::enter(objects, clerk, &believed, &wanted, &line)??)
    }
}

/// What stands about a verdict that was not answered yet.
fn look(repository: &Repository, clerk: &Clerk, verdict: EntryId) -> Result<Standing, Fault> {
    let found = standing(repository.objects().as_ref(), clerk, verdict)?.ok_or_else(elsewhere)?;
    match found.answered {
        None => Ok(found),
        Some(answered) => Err(Fault::wrong(
            format!("somebody appealed against this verdict already, and the verdict {answered} answers it"),
            "appeal against that one",
        )),
    }
}

fn elsewhere() -> Fault {
    Fault::wrong(
        "this clone did not sign that verdict",
        "another hearing is held where the verdict was signed, with the keys that signed it",
    )
}
