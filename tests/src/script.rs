//! The entries of a log in their batches, to be rearranged and written as a log again.

use std::collections::BTreeMap;

use assize_provenance::checkpoint::Checkpoint;
use assize_provenance::commit::{Citation, LogCommit, LogMessage, UnsignedCommit, read_any};
use assize_provenance::entry::{Content, Entry, EntryId, SignedEntry, WaiverRecord};
use assize_provenance::log_id::{LogId, LogSeed};
use assize_provenance::log_reader::LogReader;
use assize_provenance::reader::{ObjectId, ObjectKind};
use assize_provenance::testing::MemoryRepository;
use assize_provenance::tile::TileTree;
use ed25519_dalek::{Signer as _, SigningKey};

use crate::forgery::{Signing, public, relink, seal_checkpoint};

/// A log as a list of batches, each a list of lines.
#[derive(Debug, Clone)]
pub struct Script {
    /// The log's name.
    pub log: LogId,
    /// What the name is derived from, besides the key.
    pub seed: LogSeed,
    /// The lines of each commit.
    pub batches: Vec<Vec<Vec<u8>>>,
    cites: Vec<Citation>,
    originals: Vec<Original>,
}

/// A commit as it was, and the checkpoint in it.
#[derive(Debug, Clone)]
struct Original {
    commit: Vec<u8>,
    checkpoint: Vec<u8>,
}

impl Script {
    /// Reads the log of a ref.
    ///
    /// # Panics
    ///
    /// When it is no sound log.
    #[must_use]
    pub fn read(chain: &MemoryRepository, ref_name: &str) -> Self {
        let tip = chain.refs[ref_name];
        let mut reader = LogReader::open(chain, tip).expect("a log");
        let mut commits = Vec::new();
        let mut next = Some(tip);
        while let Some(id) = next {
            let bytes = chain.objects[&id].bytes.clone();
            next = read_any(&bytes).expect("a commit").parents.first().copied();
            commits.push(bytes);
        }
        commits.reverse();
        let parsed: Vec<UnsignedCommit> = commits
            .iter()
            .map(|bytes| LogCommit::parse(bytes).expect("a commit of a log").signed)
            .collect();
        let batches = parsed.iter().map(|commit| {
            let range = commit.message.previous_size..commit.message.size;
            range
                .map(|index| reader.entry(index).expect("an entry").line().to_vec())
                .collect()
        });
        let batches = batches.collect();
        let originals = parsed.iter().zip(commits).map(|(commit, bytes)| Original {
            commit: bytes,
            checkpoint: chain.files(commit.tree)["checkpoint"].clone(),
        });
        let first = &parsed[0].message;
        Self {
            log: first.log,
            seed: first.seed,
            batches,
            cites: first.cites.clone(),
            originals: originals.collect(),
        }
    }

    /// Every line, with the batch it stands in.
    #[must_use]
    pub fn lines(&self) -> Vec<(usize, Vec<u8>)> {
        let batches = self.batches.iter().enumerate();
        batches
            .flat_map(|(batch, lines)| lines.iter().map(move |line| (batch, line.clone())))
            .collect()
    }

    /// The same log with other lines. Batches that become empty are left out.
    #[must_use]
    pub fn with_lines(&self, lines: &[(usize, Vec<u8>)]) -> Self {
        let mut batches: BTreeMap<usize, Vec<Vec<u8>>> = BTreeMap::new();
        for (batch, line) in lines {
            batches.entry(*batch).or_default().push(line.clone());
        }
        Self {
            batches: batches.into_values().collect(),
            ..self.clone()
        }
    }

    /// The same log under the name that goes with another key.
    #[must_use]
    pub fn named_for(&self, key: &SigningKey) -> Self {
        Self {
            log: LogId::derive(&public(key), &self.seed),
            ..self.clone()
        }
    }

    /// The same log with all entries signed anew by `council`, for the log's present name, linked as they were.
    ///
    /// # Panics
    ///
    /// When a line is no entry.
    #[must_use]
    pub fn signed_by(&self, council: &SigningKey) -> Self {
        let mut became: BTreeMap<EntryId, EntryId> = BTreeMap::new();
        let mut sign = |line: &Vec<u8>| {
            let old = SignedEntry::parse(line).expect("an entry");
            let mut entry = old.entry().clone();
            entry.log = self.log;
            follow(&mut entry.content, &became);
            let signed = sign_entry(entry, council);
            became.insert(old.id(), signed.id());
            signed.line().to_vec()
        };
        let batches = self.batches.iter().map(|lines| lines.iter().map(&mut sign).collect());
        Self {
            batches: batches.collect(),
            ..self.clone()
        }
    }

    /// Writes the log beside what the chain holds, under the ref of its name. Tiles, roots and checkpoints are right;
    /// signatures are as good as `signing`.
    ///
    /// # Panics
    ///
    /// When a batch is empty.
    #[must_use]
    pub fn write(&self, chain: &MemoryRepository, signing: &Signing) -> MemoryRepository {
        let mut forged = chain.clone();
        let mut tiles = TileTree::new();
        let mut parent = None;
        for (number, lines) in self.batches.iter().enumerate() {
            let previous_size = tiles.size();
            for line in lines {
                tiles.push(line);
            }
            let message = LogMessage {
                log: self.log,
                seed: self.seed,
                size: tiles.size(),
                root: tiles.root(),
                previous_size,
                cites: if number == 0 { self.cites.clone() } else { Vec::new() },
            };
            let original = self.originals.get(number).or(self.originals.last()).expect("a commit");
            let note = original.checkpoint(&message, signing);
            let written = tiles.write(&note).expect("nothing is read");
            forged.objects.extend(written.objects);
            let commit = original.commit(written.tree, parent, message, signing);
            parent = Some(forged.put(ObjectKind::Commit, &commit));
        }
        forged.refs.insert(self.log.log_ref(), parent.expect("a batch"));
        forged
    }
}

impl Original {
    fn checkpoint(&self, message: &LogMessage, signing: &Signing) -> Vec<u8> {
        let checkpoint = Checkpoint {
            log: message.log,
            size: message.size,
            root: message.root,
        };
        match signing {
            Signing::By(key) => seal_checkpoint(&checkpoint, key),
            Signing::Kept => {
                let old = std::str::from_utf8(&self.checkpoint).expect("a note is text");
                let (_, signature) = old.rsplit_once("\n\n").expect("a signed note");
                let text = checkpoint.signed_text();
                [text.as_bytes(), b"\n", signature.as_bytes()].concat()
            }
        }
    }

    fn commit(&self, tree: ObjectId, parent: Option<ObjectId>, message: LogMessage, signing: &Signing) -> Vec<u8> {
        match signing {
            Signing::By(key) => {
                let time = LogCommit::parse(&self.commit).expect("a commit of a log").signed.time;
                let commit = UnsignedCommit {
                    tree,
                    parent,
                    time,
                    message,
                };
                let signature = key.sign(commit.sshsig_input().as_bytes()).to_bytes();
                commit
                    .seal(&public(key), &signature)
                    .expect("the signature was just made")
            }
            Signing::Kept => {
                let relinked = relink(&self.commit, tree, parent.as_slice());
                let text = String::from_utf8(relinked).expect("commits of the chain are UTF-8");
                let (headers, _) = text.split_once("\n\n").expect("a message");
                format!("{headers}\n\n{message}").into_bytes()
            }
        }
    }
}

/// Signs one entry.
///
/// # Panics
///
/// When it has no stored form.
#[must_use]
pub fn sign_entry(entry: Entry, council: &SigningKey) -> SignedEntry {
    let unsigned = entry.prepare(&public(council)).expect("the entry has a stored form");
    let jws = council.sign(unsigned.jws_input().as_bytes()).to_bytes();
    let dsse = unsigned
        .dsse_input()
        .map(|input| council.sign(input.as_bytes()).to_bytes());
    unsigned
        .seal(&jws, dsse.as_ref())
        .expect("the signatures were just made")
}

/// Points an entry's links to what the entries before it became.
fn follow(content: &mut Content, became: &BTreeMap<EntryId, EntryId>) {
    let follow = |id: &mut EntryId| *id = became.get(id).copied().unwrap_or(*id);
    match content {
        Content::Case(_) => {}
        Content::Opinion(opinion) => follow(&mut opinion.previous),
        Content::Verdict(verdict) => {
            follow(&mut verdict.previous);
            follow(&mut verdict.case);
            verdict.seats.iter_mut().for_each(|seat| follow(&mut seat.opinion));
        }
        Content::Override(record) => follow(&mut record.previous),
        Content::Approval(record) => follow(&mut record.previous),
        Content::Appeal(record) => follow(&mut record.previous),
        Content::Waiver(record) => match &mut **record {
            WaiverRecord::Proposed(_) => {}
            WaiverRecord::Approved { previous } | WaiverRecord::Revoked { previous, .. } => follow(previous),
        },
    }
}
