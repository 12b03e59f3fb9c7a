//! The forms in which a repository can be stored.

use std::fs;
use std::path::{Path, PathBuf};

use assize_provenance::reader::{Object, ObjectId, ObjectKind};
use assize_provenance::testing::MemoryRepository;
use assize_tests::forgery;
use git2::{Oid, Repository, RepositoryInitOptions};

/// A form of storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Every object in a file of its own.
    Loose,
    /// Every object in one pack, and every ref in `packed-refs`.
    Packed,
    /// Without what lies behind some commits.
    Shallow,
    /// Without objects that a remote promises.
    Partial,
    /// Without a work tree.
    Bare,
    /// Seen from a linked work tree.
    Worktree,
    /// With objects that another repository keeps.
    Alternates,
}

/// All of them.
pub(super) const FORMS: &[Form] = &[
    Form::Loose,
    Form::Packed,
    Form::Shallow,
    Form::Partial,
    Form::Bare,
    Form::Worktree,
    Form::Alternates,
];

impl Form {
    /// The word that stands in the sentence that refuses this form; none for those that are read.
    pub(super) fn refused_for(self) -> Option<&'static str> {
        match self {
            Self::Shallow => Some("shallow"),
            Self::Alternates => Some("alternates"),
            Self::Loose | Self::Packed | Self::Partial | Self::Bare | Self::Worktree => None,
        }
    }

    /// Writes a repository of this form below `folder`, and gives the folder that somebody stands in who looks at it.
    pub(super) fn lay_down(self, chain: &MemoryRepository, folder: &Path) -> PathBuf {
        let place = folder.join("repository");
        let mut options = RepositoryInitOptions::new();
        options
            .bare(self == Self::Bare)
            .initial_head("main")
            .external_template(false);
        let repository = Repository::init_opts(&place, &options).expect("a repository");
        forgery::lay_down(chain, repository.path());
        let git_dir = repository.path().to_owned();
        match self {
            Self::Loose | Self::Bare => {}
            Self::Packed => pack(&repository, chain),
            Self::Shallow => {
                let lines: String = chain.refs.values().map(|tip| format!("{tip}\n")).collect();
                fs::write(git_dir.join("shallow"), lines).expect("a file");
            }
            Self::Partial => {
                let promise = "[extensions]\n\tpartialClone = origin\n[remote \"origin\"]\n\turl = http://127.0.0.1:1/\n\
                    \tpromisor = true\n\tpartialclonefilter = blob:none\n";
                let config = fs::read_to_string(git_dir.join("config")).expect("a config");
                let version = config.replace("repositoryformatversion = 0", "repositoryformatversion = 1");
                fs::write(git_dir.join("config"), version + promise).expect("a config");
                for id in blobs(chain) {
                    fs::remove_file(loose(&git_dir, &id)).expect("it goes");
                }
            }
            Self::Worktree => {
                let author = git2::Signature::now("A", "a@b.example").expect("a name");
                let tree = repository
                    .treebuilder(None)
                    .and_then(|tree| tree.write())
                    .expect("a tree");
                let tree = repository.find_tree(tree).expect("a tree");
                let _ = repository
                    .commit(Some("HEAD"), &author, &author, "Begin", &tree, &[])
                    .expect("a commit");
                let linked = folder.join("linked");
                let _ = repository.worktree("linked", &linked, None).expect("a work tree");
                return linked;
            }
            Self::Alternates => {
                let elsewhere = folder.join("elsewhere");
                fs::create_dir_all(elsewhere.join("info")).expect("a folder");
                for entry in fs::read_dir(git_dir.join("objects")).expect("objects").flatten() {
                    if entry.file_name().len() == 2 {
                        fs::rename(entry.path(), elsewhere.join(entry.file_name())).expect("it moves");
                    }
                }
                let line = format!("{}\n", elsewhere.display());
                fs::create_dir_all(git_dir.join("objects/info")).expect("a folder");
                fs::write(git_dir.join("objects/info/alternates"), line).expect("a file");
            }
        }
        place
    }
}

/// Every file: what a clone without blobs does not have.
fn blobs(chain: &MemoryRepository) -> Vec<ObjectId> {
    let is_blob = |(_, object): &(&ObjectId, &Object)| object.kind == ObjectKind::Blob;
    chain.objects.iter().filter(is_blob).map(|(id, _)| *id).collect()
}

fn loose(git_dir: &Path, id: &ObjectId) -> PathBuf {
    let digits = id.to_string();
    let (first, rest) = digits.split_at(2);
    git_dir.join("objects").join(first).join(rest)
}

fn pack(repository: &Repository, chain: &MemoryRepository) {
    let git_dir = repository.path().to_owned();
    let mut builder = repository.packbuilder().expect("a pack");
    for id in chain.objects.keys() {
        let id = Oid::from_bytes(id.as_bytes()).expect("an id");
        builder.insert_object(id, None).expect("it is packed");
    }
    fs::create_dir_all(git_dir.join("objects/pack")).expect("a folder");
    builder.write(&git_dir.join("objects/pack"), 0o444).expect("a pack");
    for id in chain.objects.keys() {
        fs::remove_file(loose(&git_dir, id)).expect("it goes");
    }
    let mut lines = String::from("# pack-refs with: peeled fully-peeled sorted \n");
    for (name, tip) in &chain.refs {
        lines.push_str(&format!("{tip} {name}\n"));
        fs::remove_file(git_dir.join(name)).expect("it goes");
    }
    fs::write(git_dir.join("packed-refs"), lines).expect("a file");
}
