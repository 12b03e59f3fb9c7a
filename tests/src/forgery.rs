//! A chain in the hands of somebody who may write to the repository: changed, and put together again with valid objects
//! throughout. Keys decide what the forger can sign.

use std::collections::BTreeMap;
use std::path::Path;

use assize_provenance::checkpoint::Checkpoint;
use assize_provenance::commit::{LogCommit, read_any};
use assize_provenance::key::PublicKey;
use assize_provenance::reader::{ObjectId, ObjectKind};
use assize_provenance::testing::MemoryRepository;
use assize_provenance::tree;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use git2::{ObjectType, Oid, Repository};

/// How a forged commit and its checkpoint come to their signatures.
#[derive(Debug, Clone)]
pub enum Signing {
    /// They keep those they had, which now are wrong.
    Kept,
    /// This key signs them anew.
    By(Box<SigningKey>),
}

impl Signing {
    /// Signs anew with this key.
    #[must_use]
    pub fn by(key: &SigningKey) -> Self {
        Self::By(Box::new(key.clone()))
    }
}

/// The private keys of the user to whom a home belongs.
#[derive(Debug, Clone)]
pub struct Owner {
    /// Signs entries.
    pub council: SigningKey,
    /// Signs checkpoints and commits.
    pub log: SigningKey,
}

impl Owner {
    /// Reads the keys of a home that has one pair.
    ///
    /// # Panics
    ///
    /// When the home has none.
    #[must_use]
    pub fn of(home: &Path) -> Self {
        let mut keys: BTreeMap<String, SigningKey> = BTreeMap::new();
        for file in std::fs::read_dir(home.join("keys")).expect("the home has keys") {
            let path = file.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "jwk") {
                let key: serde_json::Value =
                    serde_json::from_slice(&std::fs::read(&path).expect("a key")).expect("a JWK");
                let text = |name: &str| key[name].as_str().expect("a text").to_owned();
                let secret = BASE64_URL_SAFE_NO_PAD.decode(text("d")).expect("base64");
                let secret: [u8; 32] = secret.try_into().expect("32 bytes");
                keys.insert(text("role"), SigningKey::from_bytes(&secret));
            }
        }
        let mut key = |role: &str| keys.remove(role).expect("a key of each role");
        Self {
            council: key("council"),
            log: key("log"),
        }
    }
}

/// Somebody's key that nobody believes.
#[must_use]
pub fn stranger(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

/// The public half of a key.
///
/// # Panics
///
/// Never: such a key is no weak one.
#[must_use]
pub fn public(key: &SigningKey) -> PublicKey {
    PublicKey::from_bytes(key.verifying_key().as_bytes()).expect("a sound key")
}

/// Takes every object that the refs of Assize lead to out of a repository on disk.
///
/// # Panics
///
/// When one cannot be read.
#[must_use]
pub fn take(git_dir: &Path) -> MemoryRepository {
    let repository = Repository::open(git_dir).expect("the repository opens");
    let odb = repository.odb().expect("it has objects");
    let mut taken = MemoryRepository::default();
    for reference in repository.references_glob("refs/assize/*").expect("refs") {
        let reference = reference.expect("a ref");
        let tip = reference.target().expect("it leads to a commit");
        let mut open = vec![tip];
        while let Some(id) = open.pop() {
            if taken.objects.contains_key(&from_git(id)) {
                continue;
            }
            let object = odb.read(id).expect("the object is there");
            let kind = match object.kind() {
                ObjectType::Commit => ObjectKind::Commit,
                ObjectType::Tree => ObjectKind::Tree,
                _ => ObjectKind::Blob,
            };
            let stored = taken.put(kind, object.data());
            open.extend(links(&taken, stored).into_iter().map(to_git));
        }
        let name = reference.name().expect("a name").to_owned();
        taken.refs.insert(name, from_git(tip));
    }
    taken
}

/// Writes a chain into a repository on disk and points its refs to it. Refs of Assize that the chain lacks are deleted.
///
/// # Panics
///
/// When git refuses, or stores an object under another id.
pub fn lay_down(chain: &MemoryRepository, git_dir: &Path) {
    let repository = Repository::open(git_dir).expect("the repository opens");
    let odb = repository.odb().expect("it has objects");
    for (id, object) in &chain.objects {
        let kind = match object.kind {
            ObjectKind::Commit => ObjectType::Commit,
            ObjectKind::Tree => ObjectType::Tree,
            ObjectKind::Blob => ObjectType::Blob,
            ObjectKind::Tag => ObjectType::Tag,
        };
        let written = odb.write(kind, &object.bytes).expect("the object is written");
        assert_eq!(from_git(written), *id, "a valid object has its own id");
    }
    for reference in repository.references_glob("refs/assize/*").expect("refs") {
        let mut reference = reference.expect("a ref");
        if !chain.refs.contains_key(reference.name().expect("a name")) {
            reference.delete().expect("the ref goes");
        }
    }
    for (name, tip) in &chain.refs {
        repository
            .reference(name, to_git(*tip), true, "forged")
            .expect("the ref moves");
    }
}

/// Every object that `tip` leads to, each once.
///
/// # Panics
///
/// When one is missing or cannot be parsed.
#[must_use]
pub fn reachable(chain: &MemoryRepository, tip: ObjectId) -> Vec<ObjectId> {
    let mut found = Vec::new();
    let mut open = vec![tip];
    while let Some(id) = open.pop() {
        if !found.contains(&id) {
            found.push(id);
            open.extend(links(chain, id));
        }
    }
    found
}

/// Puts `bytes` in the place of the object `victim` and rebuilds every tree and commit above it, up to the ref.
///
/// # Panics
///
/// When the ref does not lead to the victim.
#[must_use]
pub fn substitute(
    chain: &MemoryRepository,
    ref_name: &str,
    victim: ObjectId,
    bytes: &[u8],
    signing: &Signing,
) -> MemoryRepository {
    let mut substitution = Substitution {
        forged: chain.clone(),
        victim,
        bytes,
        signing,
        done: BTreeMap::new(),
    };
    let tip = chain.refs[ref_name];
    let forged = substitution.rebuild(tip);
    assert_ne!(forged, tip, "the ref does not lead to {victim}");
    substitution.forged.refs.insert(ref_name.to_owned(), forged);
    substitution.forged
}

struct Substitution<'a> {
    forged: MemoryRepository,
    victim: ObjectId,
    bytes: &'a [u8],
    signing: &'a Signing,
    /// What each object became.
    done: BTreeMap<ObjectId, ObjectId>,
}

impl Substitution<'_> {
    fn rebuild(&mut self, id: ObjectId) -> ObjectId {
        if let Some(done) = self.done.get(&id) {
            return *done;
        }
        let object = self.forged.objects[&id].clone();
        let mut bytes = match object.kind {
            _ if id == self.victim => self.bytes.to_vec(),
            ObjectKind::Commit => self.commit(&object.bytes),
            ObjectKind::Tree => self.tree(&object.bytes),
            ObjectKind::Blob | ObjectKind::Tag => object.bytes.clone(),
        };
        if let (ObjectKind::Commit, Signing::By(key)) = (object.kind, self.signing)
            && bytes != object.bytes
        {
            bytes = self.sign(&bytes, key).unwrap_or(bytes);
        }
        let rebuilt = self.forged.put(object.kind, &bytes);
        self.done.insert(id, rebuilt);
        rebuilt
    }

    fn commit(&mut self, bytes: &[u8]) -> Vec<u8> {
        let commit = read_any(bytes).expect("a commit");
        let tree = self.rebuild(commit.tree);
        let parents: Vec<ObjectId> = commit.parents.iter().map(|parent| self.rebuild(*parent)).collect();
        relink(bytes, tree, &parents)
    }

    fn tree(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut entries = tree::parse(bytes).expect("a tree");
        for entry in &mut entries {
            entry.id = self.rebuild(entry.id);
        }
        tree::to_bytes(&entries)
    }

    /// Signs a commit, and the checkpoint in it unless that or the folder around it is what was changed.
    fn sign(&mut self, bytes: &[u8], key: &SigningKey) -> Option<Vec<u8>> {
        let mut commit = LogCommit::parse(bytes).ok()?.signed;
        let victim = self.done.get(&self.victim).copied();
        let mut entries = tree::parse(&self.forged.objects.get(&commit.tree)?.bytes).ok()?;
        let checkpoint = entries
            .iter_mut()
            .find(|entry| entry.name == b"checkpoint" && ![Some(entry.id), Some(commit.tree)].contains(&victim));
        if let Some(entry) = checkpoint {
            let said = Checkpoint {
                log: commit.message.log,
                size: commit.message.size,
                root: commit.message.root,
            };
            entry.id = self.forged.put(ObjectKind::Blob, &seal_checkpoint(&said, key));
            commit.tree = self.forged.put(ObjectKind::Tree, &tree::to_bytes(&entries));
        }
        let signature = key.sign(commit.sshsig_input().as_bytes()).to_bytes();
        Some(
            commit
                .seal(&public(key), &signature)
                .expect("the signature was just made"),
        )
    }
}

/// Signs a checkpoint.
pub(crate) fn seal_checkpoint(checkpoint: &Checkpoint, key: &SigningKey) -> Vec<u8> {
    let signature = key.sign(checkpoint.signed_text().as_bytes()).to_bytes();
    checkpoint
        .seal(&public(key), &signature)
        .expect("the signature was just made")
}

/// Gives a commit other links; everything else stays as it is.
pub(crate) fn relink(commit: &[u8], tree: ObjectId, parents: &[ObjectId]) -> Vec<u8> {
    let text = std::str::from_utf8(commit).expect("commits of the chain are UTF-8");
    let rest: Vec<&str> = text.split_inclusive('\n').collect();
    let after_links = rest
        .iter()
        .take_while(|line| line.starts_with("tree ") || line.starts_with("parent "))
        .count();
    let mut relinked = format!("tree {tree}\n");
    for parent in parents {
        relinked.push_str(&format!("parent {parent}\n"));
    }
    relinked.extend(rest.into_iter().skip(after_links));
    relinked.into_bytes()
}

/// What an object points to.
fn links(chain: &MemoryRepository, id: ObjectId) -> Vec<ObjectId> {
    let object = &chain.objects[&id];
    match object.kind {
        ObjectKind::Commit => {
            let commit = read_any(&object.bytes).expect("a commit");
            [vec![commit.tree], commit.parents].concat()
        }
        ObjectKind::Tree => {
            let entries = tree::parse(&object.bytes).expect("a tree");
            entries.iter().map(|entry| entry.id).collect()
        }
        ObjectKind::Blob | ObjectKind::Tag => Vec::new(),
    }
}

fn from_git(id: Oid) -> ObjectId {
    ObjectId::from_bytes(id.as_bytes().try_into().expect("an id has 20 bytes"))
}

fn to_git(id: ObjectId) -> Oid {
    Oid::from_bytes(id.as_bytes()).expect("an id has 20 bytes")
}
