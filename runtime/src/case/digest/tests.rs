//! What the case's digest covers: whatever decides, and nothing else.

use std::collections::HashSet;

use assize_provenance::digest::Digest;
use assize_provenance::reader::ObjectId;
use assize_provenance::tree::Mode as TreeMode;
use assize_provenance::verdict::{Council, Mode, Rule, RuleSetting, Seat, Terms, Waiver};

use super::{Circumstances, DocumentSummary};
use crate::case::testing::Objects;
use crate::case::{Case, RangeKind};

/// Everything that goes into the digest.
#[derive(Clone)]
struct Sealed {
    case: Case,
    manifest: Digest,
    policy: Digest,
    terms: Terms,
    components: Vec<Digest>,
    documents: Vec<DocumentSummary>,
}

impl Sealed {
    fn new() -> Self {
        let case = Objects::default().case(&[], &[(b"a", TreeMode::File, b"x\n")]).unwrap();
        let seat = Seat {
            judge: "technical".into(),
            weight: 1,
            veto: false,
        };
        let council = Council {
            name: "default".into(),
            seats: vec![seat],
            quorum: 1,
            rule: Rule::Unanimous,
        };
        let setting = RuleSetting {
            rule: "technical/secret".into(),
            mode: Mode::Block,
            paths: Vec::new(),
        };
        let waiver = Waiver {
            id: "WV-0001".into(),
            rule: "technical/secret".into(),
            paths: Vec::new(),
        };
        Self {
            manifest: Digest::of(&super::manifest(&case).unwrap()),
            case,
            policy: Digest::of(b"policy"),
            terms: Terms {
                council,
                settings: vec![setting],
                waivers: vec![waiver],
            },
            components: vec![Digest::of(b"component")],
            documents: vec![DocumentSummary {
                name: "coverage".into(),
                digest: Digest::of(b"document"),
                bytes: 8,
            }],
        }
    }

    fn digest(&self) -> Digest {
        let circumstances = Circumstances {
            policy: &self.policy,
            terms: &self.terms,
            components: &self.components,
            documents: &self.documents,
        };
        super::case(&self.case, &self.manifest, &circumstances).unwrap()
    }
}

#[test]
fn everything_that_decides_changes_the_digest() {
    let other = ObjectId::from_bytes([9; 20]);
    let changes: [fn(&mut Sealed, ObjectId); 20] = [
        |_, _| {},
        |sealed, other| sealed.case.head.commit = other,
        |sealed, other| sealed.case.head.tree = other,
        |sealed, other| sealed.case.base.as_mut().unwrap().commit = other,
        |sealed, _| sealed.case.base = None,
        |sealed, _| sealed.case.kind = RangeKind::TwoDot,
        |sealed, _| sealed.case.messages.push("more".into()),
        |sealed, _| sealed.manifest = Digest::of(b"other"),
        |sealed, _| sealed.policy = Digest::of(b"other"),
        |sealed, _| sealed.components[0] = Digest::of(b"other"),
        |sealed, _| sealed.documents[0].digest = Digest::of(b"other"),
        |sealed, _| sealed.documents.clear(),
        |sealed, _| sealed.terms.council.quorum = 2,
        |sealed, _| sealed.terms.council.rule = Rule::Weighted { threshold_percent: 60 },
        |sealed, _| sealed.terms.council.rule = Rule::Weighted { threshold_percent: 61 },
        |sealed, _| sealed.terms.council.seats[0].veto = true,
        |sealed, _| sealed.terms.settings[0].mode = Mode::Off,
        |sealed, _| sealed.terms.settings[0].paths.push("docs/**".parse().unwrap()),
        |sealed, _| sealed.terms.waivers[0].paths.push("docs/**".parse().unwrap()),
        |sealed, _| sealed.terms.waivers.clear(),
    ];
    let digests: HashSet<Digest> = changes
        .iter()
        .map(|change| {
            let mut sealed = Sealed::new();
            change(&mut sealed, other);
            sealed.digest()
        })
        .collect();
    assert_eq!(digests.len(), changes.len());
    assert_eq!(Sealed::new().digest(), Sealed::new().digest());
}

#[test]
fn messages_that_are_split_elsewhere_differ() {
    let mut sealed = Sealed::new();
    sealed.case.messages = vec!["ab".into(), "c".into()];
    let one = super::messages(&sealed.case);
    sealed.case.messages = vec!["a".into(), "bc".into()];
    assert_ne!(super::messages(&sealed.case), one);
}
