//! Bits that rot on disk under the ids they had: in packs, in their indexes, in refs. Either the bit was not needed and the
//! report is the same, or something is refuted, or the repository is reported unreadable.

use std::fs;
use std::path::{Path, PathBuf};

use assize_provenance::reader::ReadError;
use assize_provenance::report::{Claim, Overall, Report};
use assize_tests::dice::Dice;
use assize_tests::scene::{Replica, Scene};

use super::shared;

/// How many bytes of each file rot, one at a time.
const PLACES: usize = 40;

/// How many of all are also shown to the binary.
const BY_BINARY: usize = 12;

/// The files of a repository that hold what `verify` reads.
fn files(git_dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![git_dir.join("objects"), git_dir.join("refs/assize")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// A file with one changed byte, until it is dropped.
struct Rotten {
    path: PathBuf,
    sound: Vec<u8>,
}

impl Rotten {
    fn at(path: &Path, position: usize, flip: u8) -> Self {
        let sound = fs::read(path).expect("a file");
        let mut bytes = sound.clone();
        bytes[position] ^= flip;
        write(path, &bytes);
        Self {
            path: path.to_owned(),
            sound,
        }
    }
}

impl Drop for Rotten {
    fn drop(&mut self) {
        write(&self.path, &self.sound);
    }
}

/// Packs are read-only, so a new file takes the place of the old one.
fn write(path: &Path, bytes: &[u8]) {
    let beside = path.with_extension("new");
    fs::write(&beside, bytes).expect("a file");
    fs::rename(beside, path).expect("the file changes");
}

/// What must not be said of a repository in which something rotted, if that was said.
fn complaint(said: &Result<Report, ReadError>, sound: &Report) -> Option<String> {
    match said {
        Ok(found) if found == sound => None,
        // What is gone is not proved: a log that nobody finds any more, to somebody who remembers none.
        Ok(found) if found.overall() != Overall::Proved => None,
        Ok(found) => {
            let complete = found.logs[0].standing(Claim::Completeness).expect("a claim").word();
            let is_other = found.decided().ne(sound.decided());
            (complete == "proved" || is_other).then(|| format!("{found:#?}"))
        }
        Err(error) => error
            .to_string()
            .is_empty()
            .then(|| "unreadable without a word".to_owned()),
    }
}

/// The binary ends with a verdict on the log or a sentence, never with a crash.
fn insist_on_an_answer(scene: &Scene, replica: &Replica, what: &str) {
    let run = scene.assize_on(replica, &["audit", "verify"]);
    assert!(matches!(run.code, 0..=3 | 74), "{what}: {run:?}");
    assert!(!run.stderr.contains("panicked"), "{what}: {run:?}");
    assert!(
        !(run.stdout.is_empty() && run.stderr.is_empty()),
        "{what} without a word"
    );
}

#[test]
fn rot_on_disk_is_never_taken_for_the_log() {
    let mut dice = Dice::of("rot on disk");
    let scene = shared();
    let (replica, keys) = (scene.replica(), scene.keys());
    let sound = replica.report(&keys).expect("readable");
    assert_eq!(sound.overall(), Overall::Proved);
    let files = files(&replica.git_dir());
    assert!(
        files
            .iter()
            .any(|file| file.extension().is_some_and(|kind| kind == "idx"))
    );
    let mut places: Vec<(PathBuf, usize)> = Vec::new();
    for file in &files {
        let length = usize::try_from(file.metadata().expect("a file").len()).expect("a size");
        places.extend(
            dice.positions(length, PLACES)
                .into_iter()
                .map(|position| (file.clone(), position)),
        );
    }
    let every = places.len().div_ceil(BY_BINARY);
    let mut refuted = 0_usize;
    for (number, (file, position)) in places.iter().enumerate() {
        let flip = dice.flip();
        let what = format!("{} at byte {position} ^ {flip:#04x}", file.display());
        let rotten = Rotten::at(file, *position, flip);
        let said = replica.report(&keys);
        if let Some(complaint) = complaint(&said, &sound) {
            panic!("{what}: {complaint}");
        }
        refuted += usize::from(said.is_ok_and(|found| found.overall() == Overall::Refuted));
        if number % every == 0 {
            insist_on_an_answer(&scene, &replica, &what);
        }
        drop(rotten);
    }
    assert!(
        refuted > places.len() / 10,
        "only {refuted} of {} flips were noticed",
        places.len()
    );
    assert_eq!(
        replica.report(&keys).expect("readable"),
        sound,
        "everything was put back"
    );
}

#[test]
fn a_file_that_is_cut_short_or_gone_is_never_taken_for_the_log() {
    let mut dice = Dice::of("files cut short");
    let scene = shared();
    let (replica, keys) = (scene.replica(), scene.keys());
    let sound = replica.report(&keys).expect("readable");
    for file in files(&replica.git_dir()) {
        let bytes = fs::read(&file).expect("a file");
        let mut lengths = vec![0, 1, bytes.len() - 1];
        lengths.extend((0..5).map(|_| dice.below(bytes.len())));
        for length in lengths {
            write(&file, &bytes[..length]);
            if let Some(complaint) = complaint(&replica.report(&keys), &sound) {
                panic!("{} cut to {length} bytes: {complaint}", file.display());
            }
        }
        fs::remove_file(&file).expect("the file goes");
        if let Some(complaint) = complaint(&replica.report(&keys), &sound) {
            panic!("{} removed: {complaint}", file.display());
        }
        insist_on_an_answer(&scene, &replica, &format!("{} removed", file.display()));
        write(&file, &bytes);
    }
    assert_eq!(
        replica.report(&keys).expect("readable"),
        sound,
        "everything was put back"
    );
}
