//! What the judges say now against what is on record.

use std::collections::BTreeMap;

use assize_provenance::cases::HeardCase;
use assize_provenance::entry::v1::document::OpinionDocument;
use assize_provenance::entry::v1::word;
use assize_provenance::entry::{Answer, Listed, OpinionRecord, Place, SALT_TEXT_BYTES, Salt, Spoken, Stored};
use assize_provenance::evidence::{DocumentKind, Evidence as Documents, Looked};
use assize_provenance::opinion::{Absence, Opinion, Vote};
use assize_provenance::reader::ReadError;
use assize_provenance::verdict::{Heard, Terms, decide};

use super::find::{Found, Seat};
use super::{Again, OpinionAgain, Rehearing};
use crate::driver::hearing::Testimony;

/// Compares a whole hearing.
pub(super) fn compare(
    heard: &HeardCase,
    found: &Found,
    said: &BTreeMap<String, Testimony>,
    documents: &mut Documents<'_>,
) -> Result<Rehearing, ReadError> {
    let mut opinions = Vec::new();
    for (index, recorded) in heard.opinions() {
        let seat = found
            .seats
            .iter()
            .find(|seat| seat.sitting.brief.judge == recorded.judge);
        let again = match seat {
            Some(seat) => opinion(found, seat, recorded, said.get(&recorded.judge), documents)?,
            None => Again::Departs(format!("the council has no judge `{}`", recorded.judge)),
        };
        opinions.push(OpinionAgain {
            judge: recorded.judge.clone(),
            index,
            again,
        });
    }
    let verdict = verdict(heard, found, said, &opinions);
    Ok(Rehearing {
        case: Again::Same,
        opinions,
        verdict,
    })
}

/// Compares one seat.
fn opinion(
    found: &Found,
    seat: &Seat,
    recorded: &OpinionRecord,
    testimony: Option<&Testimony>,
    documents: &mut Documents<'_>,
) -> Result<Again, ReadError> {
    if recorded.component != seat.sitting.component {
        let sentence = "it comes from another component than its case declares";
        return Ok(Again::Departs(sentence.to_owned()));
    }
    if let Some(missing) = &seat.missing {
        return Ok(Again::NotCheckable(missing.clone()));
    }
    let Some(testimony) = testimony else {
        return Ok(Again::NotCheckable("the judge was not asked".to_owned()));
    };
    let spoken = match (&recorded.answer, &testimony.heard) {
        (Answer::NoOpinion { reason, .. }, Err(absence)) if reason == absence => return Ok(Again::Same),
        (Answer::NoOpinion { reason, .. }, now) => {
            return Ok(otherwise(
                Err(*reason),
                now.as_ref().map(|opinion| opinion.vote).map_err(|absence| *absence),
            ));
        }
        (Answer::Spoken(spoken), Err(absence)) => return Ok(otherwise(Ok(spoken.vote), Err(*absence))),
        (Answer::Spoken(spoken), Ok(opinion)) => (spoken, opinion),
    };
    let said = words(found, recorded, spoken.0, spoken.1, documents)?;
    if said != Again::Same {
        return Ok(said);
    }
    let transcript = &recorded.transcript;
    Ok(
        if (transcript.digest, transcript.host_calls) != (testimony.transcript, testimony.host_calls) {
            Again::Departs("what the host answered the judge is not what was recorded".to_owned())
        } else if recorded.fuel != testimony.fuel_spent {
            let (then, now) = (recorded.fuel, testimony.fuel_spent);
            Again::Departs(format!("the judge needs {now} units of fuel, and {then} are recorded"))
        } else {
            Again::Same
        },
    )
}

/// Says how a judge that had an opinion has none now, or the other way round.
fn otherwise(then: Result<Vote, Absence>, now: Result<Vote, Absence>) -> Again {
    let timed_out = then.as_ref().err() == Some(&Absence::TimedOut) || now.as_ref().err() == Some(&Absence::TimedOut);
    if timed_out {
        return Again::NotCheckable(
            "the judge ran out of wall time, then or now, which depends on the machine".to_owned(),
        );
    }
    let say = |answer: Result<Vote, Absence>| match answer {
        Ok(vote) => word(&vote).to_owned(),
        Err(absence) => format!("no opinion ({})", word(&absence)),
    };
    Again::Departs(format!("the judge says {}, and {} is recorded", say(now), say(then)))
}

/// Compares an opinion with the whole document, byte for byte; where that is not here, with what the entry says of it.
fn words(
    found: &Found,
    recorded: &OpinionRecord,
    spoken: &Spoken,
    opinion: &Opinion,
    documents: &mut Documents<'_>,
) -> Result<Again, ReadError> {
    let terms = &found.docket.terms;
    let now = OpinionDocument {
        case: found.docket.digest,
        judge: recorded.judge.clone(),
        component: recorded.component,
        opinion: opinion.clone(),
    };
    let Ok(bytes) = now.to_bytes() else {
        return Ok(Again::Departs("the judge's opinion now has no stored form".to_owned()));
    };
    let whole = match documents.look(DocumentKind::Opinion, spoken.document)? {
        Looked::Found(stored) => stored,
        Looked::Wrong(_, sentence) => return Ok(Again::Departs(sentence)),
        looked @ (Looked::Absent | Looked::Erased) => {
            let absent = match looked {
                Looked::Erased => "the whole opinion was erased by its keeper",
                _ => "the whole opinion is not here",
            };
            return Ok(summary(spoken, opinion, &bytes, terms, absent));
        }
    };
    let Ok((salt, then)) = OpinionDocument::parse_salted(&whole) else {
        return Ok(Again::Departs(
            "the recorded opinion is not in its stored form".to_owned(),
        ));
    };
    if salt.before(&bytes) != whole {
        return Ok(Again::Departs(first_difference(&then, &now)));
    }
    if Spoken::of(opinion, terms, &salt, Stored::of(&whole)) != *spoken {
        let sentence = "the entry says something else than the opinion";
        return Ok(Again::Departs(sentence.to_owned()));
    }
    Ok(Again::Same)
}

/// Compares what an entry says of an opinion whose salt nobody has any more.
fn summary(spoken: &Spoken, opinion: &Opinion, bytes: &[u8], terms: &Terms, absent: &str) -> Again {
    let now = Spoken::of(opinion, terms, &Salt::from_bytes([0; 32]), spoken.document);
    let size = u64::try_from(bytes.len().saturating_add(SALT_TEXT_BYTES)).unwrap_or(u64::MAX);
    let kinds = |spoken: &Spoken| {
        let mut kinds: Vec<_> = spoken.listed.iter().map(kind).collect();
        kinds.sort();
        kinds
    };
    if spoken.vote != now.vote {
        return otherwise(Ok(spoken.vote), Ok(now.vote));
    }
    if spoken.amounts != now.amounts || kinds(spoken) != kinds(&now) || spoken.document.bytes != size {
        return Again::Departs("the judge finds something else than what the entry lists".to_owned());
    }
    Again::NotCheckable(format!("{absent}; what its entry says of it is the same"))
}

/// What of a listed finding needs no salt to be compared.
fn kind(listed: &Listed) -> (String, String, Option<String>) {
    let place = listed.place.as_ref().map(|place| match place {
        Place::Path(location) => format!("{location:?}"),
        Place::PathDigest { side, .. } => format!("{side:?}"),
    });
    (listed.rule.clone(), word(&listed.severity).to_owned(), place)
}

/// Says where two opinions first differ. Texts of guests are not repeated.
fn first_difference(then: &OpinionDocument, now: &OpinionDocument) -> String {
    if then.case != now.case || then.judge != now.judge || then.component != now.component {
        return "the recorded opinion is of another case, judge or component".to_owned();
    }
    let (then, now) = (&then.opinion, &now.opinion);
    if then.vote != now.vote {
        let (then, now) = (word(&then.vote), word(&now.vote));
        return format!("the judge says {now}, and {then} is recorded");
    }
    if let Some(place) = then
        .findings
        .iter()
        .zip(&now.findings)
        .position(|(then, now)| then != now)
    {
        let number = place.saturating_add(1);
        return format!("finding {number} of the judge is another one than is recorded");
    }
    let (count_then, count_now) = (then.findings.len(), now.findings.len());
    if count_then != count_now {
        return format!("the judge has {count_now} findings, and {count_then} are recorded");
    }
    "the judge gives another rationale than is recorded".to_owned()
}

/// Compares the verdict, where every judge could be asked.
fn verdict(heard: &HeardCase, found: &Found, said: &BTreeMap<String, Testimony>, opinions: &[OpinionAgain]) -> Again {
    if let Some(open) = opinions
        .iter()
        .find(|opinion| matches!(opinion.again, Again::NotCheckable(_)))
    {
        return Again::NotCheckable(format!("the opinion of `{}` is not checkable", open.judge));
    }
    let seats = found.seats.iter().map(|seat| &seat.sitting.brief.judge);
    let heard_now: Option<Vec<(String, Heard)>> = seats
        .map(|judge| Some((judge.clone(), said.get(judge)?.heard.clone())))
        .collect();
    let (Some(heard_now), Some(recorded)) = (heard_now, heard.verdict()) else {
        return Again::NotCheckable("not every judge was asked".to_owned());
    };
    match decide(&found.docket.terms, &heard_now) {
        Ok(again) if recorded.agrees_with(&again) => Again::Same,
        Ok(again) => {
            let (now, then) = (word(&again.outcome), word(&recorded.outcome));
            if now == then {
                Again::Departs(format!("the council decides `{now}` by other votes than are recorded"))
            } else {
                Again::Departs(format!("the council decides `{now}`, and `{then}` is recorded"))
            }
        }
        Err(error) => Again::Departs(format!("the council cannot decide: {error}")),
    }
}
