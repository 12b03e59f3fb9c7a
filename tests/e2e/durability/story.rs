//! A log's whole story, killed anywhere: verdicts are appended and sealed, a root of trust is made, keys are rotated and
//! revoked. After every kill the step is done again and the story told to its end: nothing that was acknowledged is lost, the chain
//! verifies with the pin alone, and no two checkpoints of one size were ever signed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use assize::chain::keys::KeyStore;
use assize_provenance::key::{Role, openssh};
use assize_tests::bed::{Bed, ran};
use assize_tests::dice::Dice;
use assize_tests::power::{Before, Lost};
use assize_tests::tools;
use git2::{ObjectType, Repository};
use serde_json::Value;

use super::{Moment, STRACE, acknowledged, bed_of};

/// The calls that bring something to disk, or make it count.
const CALLS: &[&str] = &[
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "link",
    "linkat",
    "unlink",
    "mkdir",
];

/// More calls of one kind than a step makes.
const CALLS_MAX: usize = 1_000;

/// How many kills each step gets: with 0 one at every call. The short run of CI takes a sample.
fn sample() -> usize {
    let given = std::env::var("ASSIZE_STORY_KILLS").ok();
    given.and_then(|kills| kills.parse().ok()).unwrap_or(1)
}

/// One step of the story.
#[derive(Debug, Clone, Copy)]
enum Step {
    Review(&'static str),
    NewKeys,
    RootInit,
    /// Signs the draft; this version comes of it.
    Sign(u64),
    Pin,
    /// Puts this role's newest key in the place of the one before.
    Rotate(Role),
    /// Takes this role's newest key away.
    Revoke(Role),
    /// Lets this role's newest key sign.
    Grant(Role),
}

/// Append and seal, a root, a rotation, a revocation, and verdicts between them.
const STORY: &[Step] = &[
    Step::Review("HEAD~3"),
    Step::RootInit,
    Step::Sign(1),
    Step::Pin,
    Step::Review("HEAD~2"),
    Step::NewKeys,
    Step::Rotate(Role::Council),
    Step::Rotate(Role::Log),
    Step::Sign(2),
    Step::Review("HEAD~1"),
    Step::Revoke(Role::Council),
    Step::Sign(3),
    Step::NewKeys,
    Step::Grant(Role::Council),
    Step::Grant(Role::Log),
    Step::Sign(4),
    Step::Review("HEAD"),
];

/// The public keys of a role, oldest first.
fn keys(bed: &Bed, role: Role) -> Vec<assize_provenance::key::PublicKey> {
    let keys = KeyStore::new(bed.home().join("keys")).list().expect("keys");
    let of_role = keys.into_iter().filter(|key| key.role == role);
    let (mut current, mut others) = (Vec::new(), Vec::new());
    for key in of_role {
        if key.current {
            current.push(key.public);
        } else {
            others.push(key.public);
        }
    }
    others.extend(current);
    others
}

/// A file with the public half of a role's newest key.
fn file_of(bed: &Bed, role: Role) -> String {
    let key = *keys(bed, role).last().expect("a key");
    let file = bed.beside(&format!("{}.pub", role.name()));
    fs::write(&file, format!("{}\n", openssh::print(&key))).expect("a file");
    file.to_string_lossy().into_owned()
}

/// The key of a role that the root lets sign without end.
fn granted(bed: &Bed, role: Role) -> String {
    let shown = bed.assize(&["root", "show", "--format", "json"]).expect(0).json();
    let text = shown["published"].to_string();
    let known = keys(bed, role).into_iter().map(|key| key.id().to_string());
    known.rev().find(|id| text.contains(id)).expect("a granted key")
}

impl Step {
    fn arguments(self, bed: &Bed) -> Vec<String> {
        let words: Vec<String> = match self {
            Self::Review(revision) => return ["review", revision, "--format", "json"].map(str::to_owned).to_vec(),
            Self::NewKeys => ["key", "new"].map(str::to_owned).to_vec(),
            Self::RootInit => ["root", "init"].map(str::to_owned).to_vec(),
            Self::Sign(_) => ["root", "sign"].map(str::to_owned).to_vec(),
            Self::Pin => ["root", "pin"].map(str::to_owned).to_vec(),
            Self::Rotate(role) => vec!["root".into(), "rotate".into(), granted(bed, role), file_of(bed, role)],
            Self::Revoke(role) => vec!["root".into(), "revoke".into(), granted(bed, role)],
            Self::Grant(role) => {
                let file = file_of(bed, role);
                let words = ["root", "grant", role.name(), &file, "--principal", "host"];
                words.map(str::to_owned).to_vec()
            }
        };
        words
    }

    /// Whether a step is done that says so by a refusal when it is asked for again.
    fn is_done(self, bed: &Bed) -> bool {
        let shown = bed.assize(&["root", "show", "--format", "json"]);
        let shown: Value = serde_json::from_str(&shown.stdout).unwrap_or_default();
        match self {
            Self::Sign(version) => shown["published"]["version"] == version && shown["draft"].is_null(),
            Self::RootInit | Self::Rotate(_) | Self::Revoke(_) | Self::Grant(_) => !shown["draft"].is_null(),
            Self::Review(_) | Self::NewKeys | Self::Pin => false,
        }
    }

    /// Does the step, or finishes what a kill left of it.
    fn tell(self, bed: &Bed, when: &str) {
        let arguments = self.arguments(bed);
        let run = bed.assize(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(run.code == 0 || self.is_done(bed), "{when}: {self:?} again: {run:?}");
    }
}

/// Every checkpoint of every log that lies anywhere in the repository or the home, with its roots.
type Signed = BTreeMap<String, BTreeSet<String>>;

/// Adds all checkpoints that are to be found: in objects, whether a ref leads to them or not, and in files of any kind.
fn collect(bed: &Bed, signed: &mut Signed) {
    let repository = Repository::open(bed.repository()).expect("the repository opens");
    let odb = repository.odb().expect("objects");
    let mut ids = Vec::new();
    // What a power cut left of a pack may be none; the objects before it are seen.
    let _ = odb.foreach(|id| {
        ids.push(*id);
        true
    });
    for id in ids {
        // What a power cut left of an object is none.
        let Ok(object) = odb.read(id) else { continue };
        if object.kind() == ObjectType::Blob {
            add(object.data(), signed);
        }
    }
    files(&bed.repository().join(".git/assize"), signed);
    files(&bed.home(), signed);
}

fn files(folder: &Path, signed: &mut Signed) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            files(&entry.path(), signed);
        } else if kind.is_file() {
            add(&fs::read(entry.path()).unwrap_or_default(), signed);
        }
    }
}

/// Takes what is three lines of a checkpoint out of any bytes.
fn add(bytes: &[u8], signed: &mut Signed) {
    let text = String::from_utf8_lossy(bytes);
    for (start, _) in text.match_indices("assize/") {
        let mut lines = text[start..].split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            continue;
        };
        if origin.len() == 39 && size.parse::<u64>().is_ok() && root.len() == 44 {
            signed
                .entry(format!("{origin} {size}"))
                .or_default()
                .insert(root.to_owned());
        }
    }
}

/// One course of events, from which no way leads back.
struct Course<'bed> {
    bed: &'bed Bed,
    when: String,
    signed: Signed,
    /// Entries that were acknowledged.
    kept: BTreeSet<Vec<u8>>,
}

impl Course<'_> {
    fn look(&mut self) {
        collect(self.bed, &mut self.signed);
        for (which, roots) in &self.signed {
            assert_eq!(roots.len(), 1, "{}: two checkpoints of {which}", self.when);
        }
    }

    /// Tells the rest of the story, and insists on how it ends.
    fn end(mut self, rest: &[Step]) {
        for step in rest {
            step.tell(self.bed, &self.when);
        }
        self.look();
        let when = &self.when;
        let now: BTreeSet<Vec<u8>> = acknowledged(&self.bed.repository()).into_iter().collect();
        assert!(self.kept.is_subset(&now), "{when}: an acknowledged entry is lost");
        let shown = self.bed.assize(&["root", "show", "--format", "json"]).expect(0).json();
        let pin = shown["first"].as_str().expect("a digest").to_owned();
        // Somebody who has nothing but the pin.
        let stranger = self.bed.beside("stranger");
        let mut verify = self
            .bed
            .command(&["audit", "verify", "--pin", &pin, "--format", "json"]);
        let verified = ran(&verify.env("ASSIZE_HOME", &stranger).output().expect("starts"));
        assert_eq!(verified.code, 0, "{when}: {verified:?}");
        for change in ["HEAD~3", "HEAD~2", "HEAD~1", "HEAD"] {
            let checked = self.bed.assize(&["audit", "check", change]);
            assert_eq!(checked.code, 0, "{when}: {change}: {checked:?}");
        }
        let _ = fs::remove_dir_all(stranger);
    }
}

/// What happens to a step.
#[derive(Debug, Clone, Copy)]
enum Disturbed {
    /// Killed, and the machine goes on.
    Killed,
    /// The power fails where it would be killed, or after its end.
    Cut(Lost),
}

/// Disturbs a step at one call; `false` where it ended before.
fn disturb(strace: &Path, bed: &Bed, place: usize, kill: Option<(&str, usize)>, how: Disturbed) -> bool {
    let step = STORY[place];
    let (call, point) = kill.unwrap_or(("end", 0));
    let mut course = Course {
        bed,
        when: format!("step {place}, {step:?}, {how:?} at {call} {point}"),
        signed: Signed::new(),
        kept: acknowledged(&bed.repository()).into_iter().collect(),
    };
    let arguments = step.arguments(bed);
    let command = bed.command(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let before = Before::of(&[bed.repository(), bed.home()]);
    let (run, unsynced) = before.watch(strace, &command, &bed.beside("strace.log"), kill);
    if kill.is_some() && run.code == 0 {
        return false;
    }
    assert_eq!(
        run.code,
        if kill.is_some() { -1 } else { 0 },
        "{}: {run:?}",
        course.when
    );
    course.look();
    if run.code == 0 {
        course.kept.extend(acknowledged(&bed.repository()));
    }
    // The draft may be back: what tells that it is used up is the version.
    let published = |version: u64| {
        let shown = bed.assize(&["root", "show", "--format", "json"]).expect(0).json();
        shown["published"]["version"] == version
    };
    if let Disturbed::Cut(lost) = how {
        before.cut(&unsynced, lost);
        course.look();
        if let (Step::Sign(version), 0) = (step, run.code) {
            assert!(published(version), "{}: the version is lost", course.when);
        }
    }
    // What ended has its effect; what did not is done again.
    let rest = if run.code == 0 {
        &STORY[place + 1..]
    } else {
        &STORY[place..]
    };
    course.end(rest);
    true
}

/// Tells the story step by step, and disturbs each from the same moment; gives how often.
fn campaign(seed: &str, how: impl Fn(&mut Dice) -> Disturbed, with_ends: bool) -> Option<usize> {
    let strace = tools::program("strace", STRACE)?;
    let bed = bed_of(4);
    let mut dice = Dice::of(seed);
    let mut disturbed = 0;
    for (place, step) in STORY.iter().enumerate() {
        let moment = Moment::of(&bed);
        let mut at = |call: Option<(&str, usize)>, how: Disturbed| {
            let hit = disturb(&strace, &bed, place, call, how);
            moment.restore();
            disturbed += usize::from(hit);
            hit
        };
        if with_ends {
            at(None, how(&mut dice));
        }
        if sample() == 0 {
            for call in CALLS {
                let mut point = 1;
                while point < CALLS_MAX && at(Some((call, point)), how(&mut dice)) {
                    point += 1;
                }
            }
        }
        let mut tries = 0;
        for _ in 0..sample() {
            // A call that the step makes, not too late in it.
            while tries < 12 {
                tries += 1;
                let call = CALLS[dice.below(CALLS.len())];
                if at(Some((call, 1 + dice.below(6))), how(&mut dice)) {
                    break;
                }
            }
        }
        step.tell(&bed, "undisturbed");
    }
    Some(disturbed)
}

#[expect(clippy::print_stdout, reason = "a campaign says how large it was")]
#[test]
fn a_story_that_is_killed_anywhere_ends_the_same() {
    let Some(kills) = campaign("kills of a story", |_| Disturbed::Killed, false) else {
        return;
    };
    assert!(
        kills >= STORY.len() / 2,
        "only {kills} kills: were the calls seen at all?"
    );
    println!("{kills} kills in {} steps", STORY.len());
}

#[expect(clippy::print_stdout, reason = "a campaign says how large it was")]
#[test]
fn a_story_without_power_loses_nothing_that_was_acknowledged() {
    let how = |dice: &mut Dice| Disturbed::Cut([Lost::Contents, Lost::Names][dice.below(2)]);
    let Some(cuts) = campaign("power cuts of a story", how, true) else {
        return;
    };
    assert!(cuts >= STORY.len(), "only {cuts} cuts: were the calls seen at all?");
    println!("{cuts} power cuts in {} steps", STORY.len());
}
