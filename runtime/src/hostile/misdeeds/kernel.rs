//! Misdeeds with the kernel.

use nix::sched::{CloneFlags, unshare};
use nix::sys::ptrace;
use nix::unistd::getppid;
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_bind, unmount};

use super::Told;

/// Looks into other processes.
pub(super) fn trace(words: &[String]) -> Told {
    let mut told = Told::default();
    told.tried("trace its keeper", ptrace::attach(getppid()));
    told.tried("be traced", ptrace::traceme());
    for pid in words.iter().filter_map(|word| word.parse().ok()) {
        told.tried(format!("trace {pid}"), ptrace::attach(nix::unistd::Pid::from_raw(pid)));
        for part in ["environ", "mem", "maps", "cmdline", "root/etc/passwd"] {
            let path = format!("/proc/{pid}/{part}");
            told.tried(format!("open {path}"), std::fs::File::open(&path));
        }
    }
    told
}

/// Takes rights that it should not have.
pub(super) fn rights(_: &[String]) -> Told {
    let mut told = Told::default();
    // In its own folder: what gets through must not harm who runs it.
    told.tried(
        "mount a file system",
        mount("none", "deep", "tmpfs", MountFlags::empty(), None),
    );
    told.tried("mount a folder elsewhere", mount_bind("deep/er", "deep"));
    told.tried("unmount", unmount("deep", UnmountFlags::DETACH));
    for (name, flag) in [
        ("user", CloneFlags::CLONE_NEWUSER),
        ("mount", CloneFlags::CLONE_NEWNS),
        ("network", CloneFlags::CLONE_NEWNET),
        ("process", CloneFlags::CLONE_NEWPID),
    ] {
        told.tried(format!("make a {name} namespace"), unshare(flag));
    }
    told.tried("change the root folder", std::os::unix::fs::chroot("."));
    told.tried(
        "make a device",
        nix::sys::stat::mknod(
            "device",
            nix::sys::stat::SFlag::S_IFBLK,
            nix::sys::stat::Mode::S_IRUSR,
            nix::sys::stat::makedev(8, 0),
        ),
    );
    told
}
