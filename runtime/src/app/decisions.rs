//! What a person decides of a verdict, signed where the person is: the signature travels with the request, and whoever drives the
//! run enters it into the chain or refuses it.

use assize_provenance::entry::{EntryId, PersonsAnswer};
use assize_provenance::key::openssh;
use assize_provenance::log_id::LogId;

use super::{App, Fault};
use crate::chain::ChainFault;
use crate::chain::believed::{Believed, BelievedFault};
use crate::chain::keys::{Keeping, KeyStore, OwnKey};
use crate::driver::clerk::Clerk;
use crate::driver::decide::{DecideRefusal, Deciding, What, draft};
use crate::driver::standing::{StandingFault, standing, standing_in};
use crate::driver::workflow::look;
use crate::event::{Event, Step};
use crate::repository::Repository;
use crate::schedule::{Asked, Request};
use crate::settings::Home;
use crate::store::Store;

/// The position behind every entry that there will ever be: whoever may sign there, may sign now or soon.
const BEHIND_ALL: u64 = assize_provenance::canonical::INTEGER_MAX;

/// Where somebody decides.
#[derive(Clone, Copy)]
pub(super) struct Desk<'a> {
    pub(super) repository: &'a Repository,
    pub(super) home: &'a Home,
    /// The log of the verdicts.
    pub(super) log: LogId,
    /// Whoever writes that log; none where it is somebody else's.
    pub(super) clerk: Option<&'a Clerk>,
    /// Whose key signs, where several people have one here.
    pub(super) named: Option<&'a str>,
    /// Whether somebody can be asked for a passphrase.
    pub(super) may_ask: bool,
}

/// The key that signs for somebody, and the name that the root of trust has for them.
pub(super) struct Signatory {
    pub(super) key: OwnKey,
    pub(super) holder: Option<String>,
}

impl App {
    /// A request as it goes on record, with what the person signed for it. Where nobody signs for themselves it goes unsigned; and
    /// so does what would not be granted anyway.
    pub(super) fn signed(&self, desk: Desk<'_>, store: &Store, step: Step) -> Result<(Step, Vec<Vec<u8>>), Fault> {
        let mut step = recordable(step);
        let decides = [Request::Approve, Request::Reject, Request::Override].map(Request::name);
        let Step::Asked { run, request, .. } = &step else {
            return Ok((step, Vec::new()));
        };
        let run = *run;
        if !decides.contains(&request.as_str()) {
            return Ok((step, Vec::new()));
        }
        let believed = self.believed(desk.repository, desk.home)?;
        let Some(Signatory { key, holder }) = signatory(&believed, desk)? else {
            return Ok((step, Vec::new()));
        };
        if let (Step::Asked { author, .. }, Some(_), Some(holder)) = (&mut step, desk.named, holder) {
            *author = holder;
        }
        let line = match Asked::of(&step).zip(look(store, run)?) {
            Some((asked, looked)) => match looked.state.decided_by(&asked) {
                Some(decision) => {
                    let wanted = Deciding {
                        what: match decision.request {
                            Request::Override => What::Override,
                            Request::Reject => What::Answer(PersonsAnswer::Rejected),
                            _ => What::Answer(PersonsAnswer::Approved),
                        },
                        case: decision.judgement.case,
                        verdict: EntryId::from_leaf_hash(decision.judgement.entry),
                        council: decision.council,
                        person: &asked.author,
                        reason: &asked.text,
                        shown: decision.shown,
                        submitter: None,
                    };
                    Some(self.written(desk, &key, &wanted)?)
                }
                None => None,
            },
            None => None,
        };
        if let (Step::Asked { signed, .. }, Some(line)) = (&mut step, &line) {
            *signed = Some(assize_provenance::digest::Digest::of(line));
        }
        Ok((step, line.into_iter().collect()))
    }

    /// Signs what a person decides, and gives the line for the log.
    pub(super) fn written(&self, desk: Desk<'_>, key: &OwnKey, wanted: &Deciding<'_>) -> Result<Vec<u8>, Fault> {
        let objects = desk.repository.objects().as_ref();
        let standing = match desk.clerk {
            Some(clerk) => standing(objects, clerk, wanted.verdict)?,
            None => standing_in(objects, desk.log, None, wanted.verdict)?,
        };
        let standing = standing.ok_or_else(|| {
            Fault::wrong(
                format!("the log of this clone holds no verdict {}", wanted.verdict),
                "decide in the clone that signed the verdict",
            )
        })?;
        if !desk.may_ask && key.keeping == Keeping::Passphrase {
            return Err(Fault::wrong(
                "your key is opened with a passphrase, and that cannot be typed here",
                "decide with `assize task approve`, `reject` or `override`",
            ));
        }
        let entry = draft(&standing, desk.log, self.now()?, wanted)?;
        let pen = KeyStore::new(desk.home.keys()).pen_of(key)?;
        let signed = pen.sign_entry(entry).map_err(ChainFault::from)?;
        Ok(signed.line().to_vec())
    }

    /// Whom this user believes now.
    pub(super) fn believed(&self, repository: &Repository, home: &Home) -> Result<Believed, Fault> {
        Ok(Believed::read(repository, home, self.given_pin()?)?)
    }
}

/// A request as the record keeps it: what is signed says the same, letter by letter.
fn recordable(step: Step) -> Step {
    match Event::Workflow(step.clone()).recordable() {
        Event::Workflow(step) => step,
        _ => step,
    }
}

/// Whose key signs in a log; none where nobody signs for themselves.
pub(super) fn signatory(believed: &Believed, desk: Desk<'_>) -> Result<Option<Signatory>, Fault> {
    let log = desk.log;
    let kept = KeyStore::new(desk.home.keys()).persons()?;
    let holder = |key: &OwnKey| believed.holder(&key.public.id()).map(|holder| holder.to_string());
    let of = |key: &OwnKey| Signatory {
        key: key.clone(),
        holder: holder(key),
    };
    if let Some(name) = desk.named {
        let is_meant = |key: &&OwnKey| {
            let id = key.public.id().to_string();
            id == name || openssh::fingerprint(&key.public) == name || holder(key).as_deref() == Some(name)
        };
        // The newest of theirs that may sign, else the newest.
        let theirs: Vec<&OwnKey> = kept.iter().filter(is_meant).collect();
        let may_sign = |key: &&&OwnKey| believed.person(&key.public.id(), log, BEHIND_ALL).is_ok();
        let Some(key) = theirs.iter().rfind(may_sign).or(theirs.last()) else {
            return Err(Fault::wrong(
                format!("no person's key that is kept here is that of `{name}`"),
                "`assize key list` lists the keys, `assize root show` says whose they are; name a holder, an id or a fingerprint",
            ));
        };
        if let Err(disbelief) = believed.person(&key.public.id(), log, BEHIND_ALL) {
            return Err(Fault::wrong(
                format!("the key of `{name}` cannot sign here: {disbelief}"),
                "`assize root grant` lets it sign, once enough signers agree",
            ));
        }
        return Ok(Some(of(key)));
    }
    let fit = |key: &&OwnKey| believed.person(&key.public.id(), log, BEHIND_ALL).is_ok();
    let fit: Vec<&OwnKey> = kept.iter().filter(fit).collect();
    let mut holders: Vec<String> = fit.iter().filter_map(|key| holder(key)).collect();
    holders.sort_unstable();
    holders.dedup();
    if holders.len() > 1 {
        return Err(Fault::wrong(
            format!("several people have keys here: {}", holders.join(", ")),
            "say who decides: `--as NAME`",
        ));
    }
    match fit.iter().rfind(|key| key.current).or(fit.last()) {
        Some(key) => Ok(Some(of(key))),
        None if believed.asks_people(log) => Err(keyless(!kept.is_empty(), believed.has_root())),
        None => Ok(None),
    }
}

/// Nobody of this home may sign where people sign for themselves.
pub(super) fn keyless(has_key: bool, has_root: bool) -> Fault {
    let grant = "let the signers of the root grant it: `assize root grant person FILE --principal NAME`";
    let make = "`assize key new --role person` makes one";
    match (has_key, has_root) {
        (true, _) => Fault::wrong(
            "the root of trust lets people sign for themselves in this log, and your key is not among theirs",
            format!("`assize key export KEY --format openssh` prints it; {grant}"),
        ),
        (false, true) => Fault::wrong(
            "people sign for themselves what they decide here, and you have no key that may",
            format!("{make}; then {grant}"),
        ),
        (false, false) => Fault::wrong(
            "people sign for themselves what they decide here, and you have no key",
            make,
        ),
    }
}

impl From<DecideRefusal> for Fault {
    fn from(refusal: DecideRefusal) -> Self {
        Self::wrong(refusal.to_string(), "nothing was signed")
    }
}

impl From<StandingFault> for Fault {
    fn from(fault: StandingFault) -> Self {
        match fault {
            StandingFault::Record(fault) => fault.into(),
            StandingFault::Log(error) => error.into(),
            StandingFault::History(error) => crate::case::BuildError::from(error).into(),
        }
    }
}

impl From<BelievedFault> for Fault {
    fn from(fault: BelievedFault) -> Self {
        match fault {
            BelievedFault::Keys(fault) => fault.into(),
            BelievedFault::Seen(fault) => ChainFault::from(fault).into(),
            BelievedFault::Read(error) => Self::Read(error),
            BelievedFault::Chain(fault) => fault.into(),
            BelievedFault::Root(_) => Self::wrong(
                fault.to_string(),
                "fetch `refs/assize/v1/root` anew, or look at `assize root show`",
            ),
        }
    }
}
