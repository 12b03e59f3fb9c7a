//! A person appeals against a verdict: the council hears the case again, the new verdict supersedes, and the old one stays. And
//! what people sign about one verdict, by way of the library, rightly and wrongly.

use assize::chain::Chain;
use assize::chain::believed::Believed;
use assize::chain::keys::KeyStore;
use assize::clock::Clock;
use assize::driver::clerk::Clerk;
use assize::driver::decide::{DecideRefusal, Deciding, What, draft, enter};
use assize::driver::overrule::OverruleRefusal;
use assize::driver::standing::standing;
use assize::repository::Repository;
use assize::settings::Home;
use assize_provenance::digest::Digest;
use assize_provenance::entry::{EntryId, PersonsAnswer};
use assize_provenance::key::{PublicKey, openssh};
use assize_provenance::opinion::Vote;
use assize_provenance::report::DecidedCase;
use assize_provenance::time::Time;
use assize_provenance::verdict::Outcome;
use assize_tests::bed::Bed;
use assize_tests::person::decided;
use serde_json::json;

use super::bed_with;

/// A bed whose newest commit was judged, in a home with a person's key.
fn bed(vote: Vote) -> Bed {
    let bed = bed_with(vote);
    let _ = bed.assize(&["review"]);
    let _ = bed.assize(&["key", "new", "--role", "person"]).expect(0);
    bed
}

fn appeal(bed: &Bed, verdict: &str) -> assize_tests::bed::Run {
    bed.assize(&[
        "audit",
        "appeal",
        verdict,
        "-m",
        "It did not look.\nTwice.",
        "--format",
        "json",
    ])
}

#[test]
fn the_new_verdict_supersedes_and_the_old_one_stays() {
    for (vote, code, outcome) in [(Vote::Reject, 1, "rejected"), (Vote::Approve, 0, "approved")] {
        let bed = bed(vote);
        let first = decided(&bed).remove(0);
        let answered = appeal(&bed, &first.verdict.to_string()).expect(code).json();
        assert_eq!(answered["verdict"], outcome);
        assert_eq!(answered["appeal"]["supersedes"], first.verdict.to_string());
        assert_eq!(answered["appeal"]["outcome"], outcome);
        let all = decided(&bed);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].verdict, first.verdict, "the first verdict stays");
        assert_eq!(all[0].superseded_by(), Some(all[1].verdict));
        assert_eq!(all[1].subject, first.subject, "the same case, heard again");
        let appealed = all[0].appealed.as_ref().expect("an appeal");
        assert_eq!(appealed.reason.as_str(), "It did not look.\nTwice.");
        assert_eq!(answered["appeal"]["entry"], appealed.entry.to_string());
        let _ = bed.assize(&["audit", "verify"]).expect(0);
        let _ = bed.assize(&["audit", "replay"]).expect(0);

        let checked = bed.assize(&["audit", "check"]).expect(code).stdout;
        assert!(checked.contains("heard again on the appeal of"), "{checked}");
        let log = bed.assize(&["audit", "log"]).expect(0).stdout;
        let (case, wish) = (
            "in answer to the appeal",
            "appeals against council default: It did not look. Twice.",
        );
        assert!(log.contains(case) && log.contains(wish), "{log}");
        assert_eq!(log.matches(" verdict ").count(), 2, "{log}");
        let summaries = bed.assize(&["audit", "export", "--format", "vsa"]);
        assert!(
            summaries.stdout.lines().count() <= 1,
            "nobody vouches for what is superseded"
        );

        // Once answered, it is answered; the new one may be appealed against.
        let again = appeal(&bed, &first.verdict.to_string()).expect(2);
        assert!(again.stderr.contains("appeal against that one"), "{again:?}");
        let _ = appeal(&bed, &all[1].verdict.to_string()).expect(code);
        assert_eq!(decided(&bed).len(), 3);
        let _ = bed.assize(&["audit", "verify"]).expect(0);
    }
}

#[test]
fn an_appeal_is_refused_before_anything_is_signed() {
    let bed = bed_with(Vote::Reject);
    let _ = bed.assize(&["review"]).expect(1);
    let found = decided(&bed).remove(0);
    let verdict = found.verdict.to_string();
    let keyless = appeal(&bed, &verdict).expect(2);
    assert!(keyless.stderr.contains("assize key new --role person"), "{keyless:?}");
    let _ = bed.assize(&["key", "new", "--role", "person"]).expect(0);
    for (arguments, why) in [
        (vec!["audit", "appeal", &verdict, "-m", ""], "reason"),
        (vec!["audit", "appeal", &verdict, "-m", "\u{1b}[2J"], "reason"),
        (vec!["audit", "appeal", "00000000", "-m", "no"], "has an entry"),
        (
            vec!["audit", "appeal", &verdict, "-m", "no", "--as", "nobody"],
            "no person's key",
        ),
    ] {
        let refused = bed.assize(&arguments).expect(2);
        assert!(refused.stderr.contains(why), "{refused:?}");
    }
    let case = found.case.to_string();
    let refused = appeal(&bed, &case).expect(2);
    assert!(refused.stderr.contains("is no verdict"), "{refused:?}");
    assert_eq!(decided(&bed), [found], "nothing was signed");
    // A stranger's home does not start a log of its own for that.
    let log = std::fs::read(bed.repository().join(".git/assize/log.json")).expect("a log");
    let mut command = bed.command(&["audit", "appeal", &verdict, "-m", "no"]);
    let home = bed.beside("elsewhere");
    std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700)
        .create(&home)
        .expect("a home");
    command.env("ASSIZE_HOME", &home);
    let refused = assize_tests::bed::ran(&command.output().expect("it starts")).expect(2);
    assert!(refused.stderr.contains("did not sign that verdict"), "{refused:?}");
    assert_eq!(
        std::fs::read(bed.repository().join(".git/assize/log.json")).expect("a log"),
        log
    );
}

#[test]
fn the_documents_of_the_first_hearing_are_those_of_the_second() {
    let bed = bed_with(Vote::Reject);
    let report = bed.beside("report.xml");
    std::fs::write(&report, "<testsuite/>").expect("a file");
    let document = format!("tests={}", report.display());
    let _ = bed.assize(&["review", "--document", &document]).expect(1);
    let _ = bed.assize(&["key", "new", "--role", "person"]).expect(0);
    let verdict = decided(&bed).remove(0).verdict.to_string();
    let refused = appeal(&bed, &verdict).expect(2);
    assert!(refused.stderr.contains("--document FILE"), "{refused:?}");
    let file = report.display().to_string();
    let _ = bed
        .assize(&["audit", "appeal", &verdict, "-m", "no", "--document", &file])
        .expect(1);
    let all = decided(&bed);
    assert_eq!(all[0].documents, all[1].documents);
    let _ = bed.assize(&["audit", "verify"]).expect(0);
}

/// What a bed's host is given to enter.
struct Desk {
    repository: Repository,
    home: Home,
    clerk: Clerk,
    store: KeyStore,
}

impl Desk {
    fn of(bed: &Bed) -> Self {
        let repository = Repository::open(&bed.repository()).expect("the repository opens");
        let home = Home::open(&bed.home()).expect("the home opens");
        let chain = Chain::open(&repository, &home, Clock::System, &mut |_| ()).expect("the chain opens");
        Self {
            clerk: Clerk::new(chain),
            store: KeyStore::new(home.keys()),
            repository,
            home,
        }
    }

    /// Has what is wanted signed with one of the keys that are kept here, and entered.
    fn enters(&self, key: &PublicKey, wanted: &Deciding<'_>) -> Result<EntryId, DecideRefusal> {
        let objects = self.repository.objects().as_ref();
        let found = standing(objects, &self.clerk, wanted.verdict)
            .expect("it is read")
            .expect("a verdict");
        let now = Time::from_unix_seconds(Clock::System.unix_seconds()).expect("a time");
        let entry = draft(&found, self.clerk.chain().log(), now, wanted)?;
        let own = self.store.find(&key.id().to_string()).expect("a key");
        let line = self
            .store
            .pen_of(&own)
            .expect("a pen")
            .sign_entry(entry)
            .expect("signed");
        let believed = Believed::read(&self.repository, &self.home, None).expect("it is known whom to believe");
        let entered = enter(objects, &self.clerk, &believed, wanted, line.line()).expect("the chain is written");
        if entered.is_ok() {
            let again = enter(objects, &self.clerk, &believed, wanted, line.line()).expect("the chain is read");
            assert_eq!(again, entered, "asked again, it gives the same entry");
        }
        entered
    }

    fn new_key(&self, bed: &Bed, name: &str) -> (PublicKey, String) {
        let _ = self.store.renew_person(Clock::System).expect("a key");
        let (key, _) = self.store.person(Clock::System).expect("a key");
        let file = bed.beside(&format!("{name}.pub"));
        std::fs::write(&file, format!("{}\n", openssh::print(&key))).expect("a file");
        (key, file.to_string_lossy().into_owned())
    }
}

fn deciding<'a>(decided: &'a DecidedCase, what: What, person: &'a str) -> Deciding<'a> {
    Deciding {
        what,
        case: decided.subject.case,
        verdict: decided.verdict,
        council: &decided.council,
        person,
        reason: "Because.",
        shown: Digest::of(b"what the person was shown"),
        submitter: None,
    }
}

const YES: What = What::Answer(PersonsAnswer::Approved);

#[test]
fn nobody_speaks_twice_of_one_verdict_whatever_the_name_and_the_key() {
    let bed = bed_with(Vote::Approve);
    let _ = bed.assize(&["review"]).expect(0);
    // The key that signs the root is there before the others.
    let _ = bed.assize(&["root", "init"]).expect(0);
    let desk = Desk::of(&bed);
    let keys = [("alice", "alice"), ("alice", "alice-too"), ("bob", "bob")];
    let keys = keys.map(|(holder, name)| (holder, desk.new_key(&bed, name)));
    for (holder, (_, file)) in &keys {
        let grant = ["root", "grant", "person", file, "--principal", holder];
        let _ = bed.assize(&grant).expect(0);
    }
    let _ = bed.assize(&["root", "sign"]).expect(0);
    let _ = bed.assize(&["root", "pin"]).expect(0);
    let [alice, alice_too, bob] = keys.map(|(_, (key, _))| key);
    let found = decided(&bed).remove(0);
    let entry = desk
        .enters(&alice, &deciding(&found, YES, "alice"))
        .expect("the first one");
    let no = What::Answer(PersonsAnswer::Rejected);
    for (key, what, name) in [(alice, YES, "bob"), (alice, no, "alice"), (alice_too, YES, "carol")] {
        let refused = desk.enters(&key, &deciding(&found, what, name));
        let by = "alice".to_owned();
        assert_eq!(refused, Err(DecideRefusal::Spoken { entry, by }), "{name}");
    }
    let _ = desk.enters(&bob, &deciding(&found, YES, "bob")).expect("somebody else");
    assert_eq!(decided(&bed)[0].approvals.len(), 2);
    let refused = desk.enters(&bob, &deciding(&found, What::Override, "bob"));
    assert_eq!(refused, Err(OverruleRefusal::Approved.into()));
    let _ = desk
        .enters(&bob, &deciding(&found, What::Appeal, "bob"))
        .expect("the first one");
    let refused = desk.enters(&alice, &deciding(&found, What::Appeal, "alice"));
    assert!(matches!(refused, Err(DecideRefusal::Appealed { .. })), "{refused:?}");
    let _ = bed.assize(&["audit", "verify"]).expect(0);

    // The appeal stands, and whoever was to hear it was killed: it is heard now.
    let heard = bed.assize(&[
        "audit",
        "appeal",
        &found.verdict.to_string(),
        "-m",
        "no",
        "--as",
        "alice",
    ]);
    assert!(
        heard.expect(0).stderr.contains("bob appealed already"),
        "it is bob's appeal"
    );
    assert_eq!(decided(&bed)[0].superseded_by(), Some(decided(&bed)[1].verdict));
    let _ = bed.assize(&["audit", "verify"]).expect(0);
}

#[test]
fn an_override_is_not_for_whoever_made_the_change_whatever_they_call_themselves() {
    let bed = bed_with(Vote::Reject);
    let _ = bed.assize(&["review"]).expect(1);
    // The key that signs the root is there before the others.
    let _ = bed.assize(&["root", "init"]).expect(0);
    let desk = Desk::of(&bed);
    let (author, file) = desk.new_key(&bed, "author");
    let (dana, danas) = desk.new_key(&bed, "dana");
    for (holder, file) in [("test@example.org", &file), ("dana", &danas)] {
        let _ = bed
            .assize(&["root", "grant", "person", file, "--principal", holder])
            .expect(0);
    }
    let _ = bed.assize(&["root", "sign"]).expect(0);
    let _ = bed.assize(&["root", "pin"]).expect(0);
    let found = decided(&bed).remove(0);
    assert_eq!(found.outcome, Outcome::Rejected);
    for (key, name) in [(&author, "a friend"), (&dana, "Test"), (&dana, "x <TEST@example.org>")] {
        let refused = desk.enters(key, &deciding(&found, What::Override, name));
        let expected = OverruleRefusal::Author(name.to_owned());
        assert_eq!(refused, Err(expected.into()), "{name}");
    }
    let refused = desk.enters(&dana, &deciding(&found, YES, "dana"));
    assert_eq!(refused, Err(DecideRefusal::NotApproved));
    // Nor does the host sign in anybody's place any more.
    let wanted = assize_tests::person::overruling(&found, "dana", "Because.");
    assert_eq!(assize_tests::person::ask(&bed, &wanted), Err(OverruleRefusal::Unsigned));
    let _ = desk
        .enters(&dana, &deciding(&found, What::Override, "dana"))
        .expect("she may");
    let _ = desk
        .enters(&dana, &deciding(&found, YES, "dana"))
        .expect("she confirms it, too");
    let checked = bed.assize(&["audit", "check", "--format", "json"]).expect(0).json();
    assert_eq!(
        checked["verdicts"][0]["overridden"]["key"],
        json!(dana.id().to_string())
    );
    let _ = bed.assize(&["audit", "verify"]).expect(0);
}
