//! Which files a confined command reaches.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus, PathBeneath, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, fstat, openat, openat2};
use rustix::io::Errno;

use super::opening::Rights;
use super::spec::{Bounds, Failed};
use crate::case::path::RepositoryPath;

/// What is needed: the first version in which no file can be cut short behind Landlock's back.
const LEAST: ABI = ABI::V3;
/// The newest version that is used.
const NEWEST: ABI = ABI::V10;

/// The folders that programs and their libraries lie in.
const SYSTEM: &[&str] = &["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/// What programs look up everywhere.
const FILES: &[&str] = &[
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/localtime",
    "/etc/passwd",
    "/etc/group",
    "/etc/nsswitch.conf",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/protocols",
    "/etc/mime.types",
    "/etc/inputrc",
    "/etc/terminfo",
    "/etc/fonts",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/ca-certificates",
    "/etc/pki",
    "/etc/os-release",
    "/etc/lsb-release",
    "/etc/debian_version",
    "/etc/java",
    "/etc/python3",
];

/// Devices that are read, and those that are written too.
const DEVICES: [(&str, bool); 5] = [
    ("/dev/null", true),
    ("/dev/zero", true),
    ("/dev/full", true),
    ("/dev/random", false),
    ("/dev/urandom", false),
];

/// How far Landlock was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    /// Whether signals stay within the command.
    pub(super) signals: bool,
}

/// Confines the calling thread, and all that it will start. The current folder is the workspace.
pub(super) fn restrict(bounds: &Bounds, temporary: &Path) -> Result<Held, Failed> {
    let mechanism = |error: RulesetError| Failed::Mechanism(missing(&error.to_string()));
    let mut ruleset = ruleset(bounds.network).map_err(mechanism)?;
    let looked = |errno: Errno| Failed::Machine(format!("the folders above a command cannot be looked at: {errno}"));
    let above_workspace = above(Path::new(".")).map_err(looked)?;
    let above_temporary = above(temporary).map_err(looked)?;
    let below = BitFlags::from(AccessFs::ReadFile) | AccessFs::ReadDir | AccessFs::Execute;
    let system = SYSTEM
        .iter()
        .map(Path::new)
        .chain(bounds.system.iter().map(AsRef::as_ref));
    for folder in system {
        let Some((fd, place)) = open_system(folder)? else {
            continue;
        };
        // What is open below a folder cannot be closed again.
        for (above, what) in [
            (&above_workspace, "the workspace lies"),
            (&above_temporary, "Assize keeps its own"),
        ] {
            if above.contains(&place) {
                return Err(Failed::Machine(format!(
                    "{what} in {}, which commands may read as a whole; choose another place for it, or a folder of `system` without it",
                    folder.display()
                )));
            }
        }
        ruleset = add(ruleset, fd, below).map_err(mechanism)?;
    }
    for file in FILES {
        let Some((fd, _)) = open_system(Path::new(file))? else {
            continue;
        };
        ruleset = add(ruleset, fd, below).map_err(mechanism)?;
    }
    for (device, is_written) in DEVICES {
        let Some((fd, _)) = open_system(Path::new(device))? else {
            continue;
        };
        let mut access = BitFlags::from(AccessFs::ReadFile);
        if is_written {
            access |= AccessFs::WriteFile | AccessFs::Truncate;
        }
        ruleset = add(ruleset, fd, access).map_err(mechanism)?;
    }
    let all = Rights {
        read: true,
        list: true,
        write: true,
        make: true,
    };
    if let Some((fd, _)) = open_system(temporary)? {
        ruleset = add(ruleset, fd, access(all)).map_err(mechanism)?;
    }
    for opening in &bounds.openings {
        let Some(fd) = open_beneath(&opening.path)? else {
            continue;
        };
        ruleset = add(ruleset, fd, access(opening.rights)).map_err(mechanism)?;
    }
    let status = ruleset.restrict_self().map_err(mechanism)?;
    let LandlockStatus::Available { effective_abi, .. } = status.landlock else {
        return Err(Failed::Mechanism(missing("it is not there")));
    };
    if status.ruleset == RulesetStatus::NotEnforced || effective_abi < LEAST || !status.no_new_privs {
        return Err(Failed::Mechanism(missing("it was not enforced")));
    }
    Ok(Held {
        signals: effective_abi >= ABI::V6,
    })
}

/// Everything that is held back unless a rule opens it.
fn ruleset(network: bool) -> Result<RulesetCreated, RulesetError> {
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(LEAST))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?;
    if !network {
        ruleset = ruleset.handle_access(AccessNet::from_all(NEWEST))?;
    }
    ruleset.create()
}

/// Returns which version of Landlock the kernel has, as far as this program knows them; none where there is no Landlock.
pub(super) fn version() -> Option<u8> {
    let has = |abi: ABI| {
        let hard = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
        let asked = match abi {
            ABI::V4 => hard.handle_access(AccessNet::from_all(abi)),
            ABI::V6 => hard.scope(Scope::from_all(abi)),
            abi => hard.handle_access(AccessFs::from_all(abi)),
        };
        asked.and_then(Ruleset::create).is_ok()
    };
    let known = [ABI::V1, ABI::V2, ABI::V3, ABI::V4, ABI::V5, ABI::V6, ABI::V9];
    let newest = known.into_iter().take_while(|abi| has(*abi)).last()?;
    u8::try_from(newest as i32).ok()
}

/// Tells whether a version is enough.
pub(super) fn is_enough(version: u8) -> bool {
    i32::from(version) >= LEAST as i32
}

fn missing(reason: &str) -> String {
    format!(
        "this kernel cannot confine commands to their files: Landlock of Linux 6.2 or newer must be switched on ({reason})"
    )
}

fn add(ruleset: RulesetCreated, fd: OwnedFd, mut access: BitFlags<AccessFs>) -> Result<RulesetCreated, RulesetError> {
    let is_folder = fstat(&fd).is_ok_and(|stat| rustix::fs::FileType::from_raw_mode(stat.st_mode).is_dir());
    if !is_folder {
        access &= AccessFs::from_file(NEWEST);
    }
    if access.is_empty() {
        return Ok(ruleset);
    }
    ruleset.add_rule(PathBeneath::new(fd, access))
}

/// What rights mean to Landlock.
fn access(rights: Rights) -> BitFlags<AccessFs> {
    let mut access = BitFlags::EMPTY;
    if rights.read {
        access |= AccessFs::ReadFile | AccessFs::Execute;
    }
    if rights.list {
        access |= AccessFs::ReadDir;
    }
    if rights.write {
        access |= AccessFs::WriteFile | AccessFs::Truncate;
    }
    if rights.make {
        access |= AccessFs::RemoveDir
            | AccessFs::RemoveFile
            | AccessFs::MakeDir
            | AccessFs::MakeReg
            | AccessFs::MakeSym
            | AccessFs::MakeFifo
            | AccessFs::MakeSock
            | AccessFs::Refer;
    }
    access
}

/// By which a folder is known: its device and number.
type Place = (u64, u64);

fn place(fd: impl AsFd) -> Result<Place, Errno> {
    fstat(fd).map(|stat| (stat.st_dev, stat.st_ino))
}

/// Opens something of the system, for rules alone; nothing where it is not there.
fn open_system(path: &Path) -> Result<Option<(OwnedFd, Place)>, Failed> {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    match openat(CWD, path, flags, Mode::empty()).and_then(|fd| place(&fd).map(|place| (fd, place))) {
        Ok(found) => Ok(Some(found)),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS) => Ok(None),
        Err(errno) => Err(Failed::Machine(format!("{} cannot be opened: {errno}", path.display()))),
    }
}

/// A folder and every one above it.
fn above(start: &Path) -> Result<Vec<Place>, Errno> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut folder = openat(CWD, start, flags, Mode::empty())?;
    let mut places = vec![place(&folder)?];
    loop {
        folder = openat(&folder, "..", flags, Mode::empty())?;
        let next = place(&folder)?;
        if places.last() == Some(&next) {
            return Ok(places);
        }
        places.push(next);
    }
}

/// Opens something of the workspace without following a link; nothing where it has gone.
pub(super) fn open_beneath(path: &str) -> Result<Option<OwnedFd>, Failed> {
    let wrong = |reason: String| Failed::Machine(format!("`{path}` cannot be opened: {reason}"));
    let path: RepositoryPath = path.parse().map_err(|error| wrong(format!("{error}")))?;
    let bytes = if path.as_bytes().is_empty() {
        b"."
    } else {
        path.as_bytes()
    };
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match openat2(CWD, bytes, flags, Mode::empty(), resolve) {
        Ok(fd) => Ok(Some(fd)),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
        Err(errno) => Err(wrong(errno.to_string())),
    }
}
