//! Which system calls a confined command cannot make.
//!
//! What is denied gives `EPERM`, as if the command lacked the privilege, so that programs that can do without go on. What a
//! program asks for to find out whether the kernel is new enough gives `ENOSYS`, so that it takes the older way.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Length, SeccompCmpOp as Op, SeccompCondition as Condition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter, sock_filter,
};

/// The newest system call that was looked at when this list was written: `file_setattr`. What came later is not there.
const NEWEST: u32 = 469;

/// Calls of no use to a program that builds or tests something, and of much use to one that wants out.
const DENIED: &[i64] = &[
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    // What processes of one user share by a name: Landlock does not hold these back.
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_semget,
    libc::SYS_semop,
    libc::SYS_semtimedop,
    libc::SYS_semctl,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_msgrcv,
    libc::SYS_msgctl,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
    // Watching what others do to files.
    libc::SYS_inotify_add_watch,
    libc::SYS_fanotify_init,
    libc::SYS_fanotify_mark,
    // Mounts, roots and namespaces.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_mount_setattr,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    467, // open_tree_attr
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    457, // statmount
    458, // listmount
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_setns,
    libc::SYS_unshare,
    // Files without their path.
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    // The owner of a file by its path: Landlock does not hold this back.
    libc::SYS_fchownat,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    // Keys of the kernel.
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    // Large pieces of the kernel.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // The machine.
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    libc::SYS_lookup_dcookie,
];

/// Calls that change what belongs to a file besides its contents, which Landlock does not hold back either. They are told apart
/// from other denials: a program that copies files goes on where a file system has nothing of the kind.
const ATTRIBUTES: [i64; 9] = [
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    463, // setxattrat
    466, // removexattrat
    469, // file_setattr
];

/// The same, of calls that only this kind of machine has.
#[cfg(target_arch = "x86_64")]
const DENIED_HERE: &[i64] = &[
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_kexec_file_load,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS__sysctl,
    libc::SYS_uselib,
    libc::SYS_ustat,
];
/// The same, of calls that only this kind of machine has.
#[cfg(not(target_arch = "x86_64"))]
const DENIED_HERE: &[i64] = &[];

/// Calls that send signals, but for `kill`.
const SIGNALS: [i64; 5] = [
    libc::SYS_tkill,
    libc::SYS_tgkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_send_signal,
];

/// Calls that make sockets, and those that no socket of a pair is for.
const OF_SOCKETS: [i64; 6] = [
    libc::SYS_socket,
    libc::SYS_bind,
    libc::SYS_connect,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
];

/// Every flag of `clone` that makes a namespace.
const NAMESPACES: [i32; 8] = [
    libc::CLONE_NEWNS,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    0x80, // CLONE_NEWTIME
];

/// The bits of a file's mode that give others something: to run it as its owner or group, or to write it.
const MODE_BITS: [u64; 3] = [0o4000, 0o2000, 0o0002];
/// Those of them that let others run it as its owner or group.
const SET_ID: [u64; 2] = [0o4000, 0o2000];

/// What the filter has to know.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// Whether the network is open.
    pub(super) network: bool,
    /// Whether Landlock keeps signals within the command.
    pub(super) signals_are_scoped: bool,
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Installs the filter for the calling thread, and for all that it will start.
pub(super) fn install(terms: Terms) -> Result<(), String> {
    for program in programs(terms).map_err(|error| error.to_string())? {
        apply_filter(&program).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Tells whether the kernel takes filters, by giving one that denies nothing to a thread that ends.
pub(super) fn is_there() -> Result<(), String> {
    let allow = vec![sock_filter {
        code: RETURN,
        jt: 0,
        jf: 0,
        k: ALLOW,
    }];
    std::thread::spawn(move || apply_filter(&allow).map_err(|error| error.to_string()))
        .join()
        .unwrap_or_else(|_| Err("the thread that tried it ended".into()))
}

/// The programs of the filter, in the order in which they are installed.
fn programs(terms: Terms) -> Result<[BpfProgram; 3], seccompiler::BackendError> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    // Their arguments lie in memory, where no filter looks.
    let too_old = [libc::SYS_clone3, libc::SYS_openat2].map(|call| (call, Vec::new()));
    let mut newer = newest();
    newer.extend(compile(too_old.into(), libc::ENOSYS, arch)?);
    let mut rules: Rules = DENIED
        .iter()
        .chain(DENIED_HERE)
        .map(|call| (*call, Vec::new()))
        .collect();
    sockets(&mut rules, terms.network)?;
    arguments(&mut rules)?;
    if !terms.signals_are_scoped {
        rules.extend(SIGNALS.map(|call| (call, Vec::new())));
        rules.insert(libc::SYS_kill, vec![rule([(0, Length::Dword, Op::Ne, 0)])?]);
    }
    let attributes = ATTRIBUTES.map(|call| (call, Vec::new())).into();
    Ok([
        newer,
        compile(attributes, libc::EOPNOTSUPP, arch)?,
        compile(rules, libc::EPERM, arch)?,
    ])
}

fn compile(rules: Rules, errno: i32, arch: TargetArch) -> Result<BpfProgram, seccompiler::BackendError> {
    let denied = SeccompAction::Errno(errno.unsigned_abs());
    SeccompFilter::new(rules, SeccompAction::Allow, denied, arch)?.try_into()
}

fn rule<const N: usize>(conditions: [(u8, Length, Op, u64); N]) -> Result<SeccompRule, seccompiler::BackendError> {
    let conditions: Result<Vec<_>, _> = conditions
        .into_iter()
        .map(|(argument, length, op, value)| Condition::new(argument, length, op, value))
        .collect();
    SeccompRule::new(conditions?)
}

/// Without the network no socket is made but pairs of this machine's own kind. A socket of a path is never connected to: behind
/// such a path a service may listen that does everything for everybody, and Landlock holds that back on the newest kernels only.
/// One of a pair that takes single messages could be turned to such a path; one of a stream stays with its pair for ever.
fn sockets(rules: &mut Rules, network: bool) -> Result<(), seccompiler::BackendError> {
    let family = |number: i32| u64::from(number.unsigned_abs());
    let other_than = |families: &[i32]| -> Result<SeccompRule, seccompiler::BackendError> {
        let conditions: Result<Vec<_>, _> = families
            .iter()
            .map(|number| Condition::new(0, Length::Dword, Op::Ne, family(*number)))
            .collect();
        SeccompRule::new(conditions?)
    };
    // Bits above these say whether the socket waits and whether it is inherited.
    let kind = 0xf;
    let mut pairs = vec![other_than(&[libc::AF_UNIX])?];
    for type_number in [libc::SOCK_DGRAM, libc::SOCK_RAW] {
        pairs.push(rule([(1, Length::Dword, Op::MaskedEq(kind), family(type_number))])?);
    }
    rules.insert(libc::SYS_socketpair, pairs);
    if !network {
        rules.extend(OF_SOCKETS.map(|call| (call, Vec::new())));
        return Ok(());
    }
    let mut denied = vec![other_than(&[libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK])?];
    for family_number in [libc::AF_INET, libc::AF_INET6] {
        for type_number in [libc::SOCK_RAW, libc::SOCK_SEQPACKET, libc::SOCK_RDM] {
            denied.push(rule([
                (0, Length::Dword, Op::Eq, family(family_number)),
                (1, Length::Dword, Op::MaskedEq(kind), family(type_number)),
            ])?);
        }
    }
    denied.push(rule([
        (0, Length::Dword, Op::Eq, family(libc::AF_NETLINK)),
        (2, Length::Dword, Op::Ne, family(libc::NETLINK_ROUTE)),
    ])?);
    rules.insert(libc::SYS_socket, denied);
    Ok(())
}

/// Calls that are denied with some arguments only.
fn arguments(rules: &mut Rules) -> Result<(), seccompiler::BackendError> {
    let mut namespaces = Vec::new();
    for flag in NAMESPACES {
        let flag = u64::from(flag.cast_unsigned());
        namespaces.push(rule([(0, Length::Qword, Op::MaskedEq(flag), flag)])?);
    }
    rules.insert(libc::SYS_clone, namespaces);
    // Typing into a terminal for whoever sits before it.
    let mut typing = Vec::new();
    for request in [libc::TIOCSTI, libc::TIOCLINUX, libc::TIOCSETD] {
        typing.push(rule([(1, Length::Dword, Op::Eq, request)])?);
    }
    rules.insert(libc::SYS_ioctl, typing);
    // The limits and the rank of others.
    rules.insert(libc::SYS_prlimit64, vec![rule([(0, Length::Dword, Op::Ne, 0)])?]);
    rules.insert(libc::SYS_setpriority, vec![rule([(1, Length::Dword, Op::Ne, 0)])?]);
    rules.insert(libc::SYS_ioprio_set, vec![rule([(1, Length::Dword, Op::Ne, 0)])?]);
    // Asking is allowed, and so is doing without random addresses, as debuggers and some tests want it.
    let other = [0xffff_ffff, 0, 0x0004_0000].map(|known| (0, Length::Dword, Op::Ne, known));
    rules.insert(libc::SYS_personality, vec![rule(other)?]);
    let modes = |argument: u8| -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
        MODE_BITS
            .into_iter()
            .map(|bit| rule([(argument, Length::Dword, Op::MaskedEq(bit), bit)]))
            .collect()
    };
    // What a new file's mode says too much is taken from it by the mask that every process has.
    let set_id = |argument: u8| -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
        SET_ID
            .into_iter()
            .map(|bit| rule([(argument, Length::Dword, Op::MaskedEq(bit), bit)]))
            .collect()
    };
    rules.insert(libc::SYS_fchmod, modes(1)?);
    rules.insert(libc::SYS_fchmodat, modes(2)?);
    rules.insert(452, modes(2)?); // fchmodat2
    rules.insert(libc::SYS_mknodat, set_id(2)?);
    rules.insert(libc::SYS_openat, created_modes(2)?);
    #[cfg(target_arch = "x86_64")]
    {
        rules.insert(libc::SYS_chmod, modes(1)?);
        rules.insert(libc::SYS_mknod, set_id(1)?);
        rules.insert(libc::SYS_creat, set_id(1)?);
        rules.insert(libc::SYS_open, created_modes(1)?);
    }
    Ok(())
}

/// The same of files that are made when they are opened, where the flags are the argument `flags`: else the mode means nothing.
fn created_modes(flags: u8) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let create = u64::from(libc::O_CREAT.unsigned_abs());
    SET_ID
        .into_iter()
        .map(|bit| {
            rule([
                (flags, Length::Dword, Op::MaskedEq(create), create),
                (flags.saturating_add(1), Length::Dword, Op::MaskedEq(bit), bit),
            ])
        })
        .collect()
}

/// `BPF_LD | BPF_W | BPF_ABS`.
const LOAD: u16 = 0x20;
/// `BPF_JMP | BPF_JGT | BPF_K`.
const JUMP_IF_GREATER: u16 = 0x25;
/// `BPF_RET | BPF_K`.
const RETURN: u16 = 0x06;
/// `SECCOMP_RET_ALLOW`.
const ALLOW: u32 = 0x7fff_0000;
/// `SECCOMP_RET_ERRNO`.
const ERRNO: u32 = 0x0005_0000;

/// Calls that are newer than this list are not there, and neither are those of the second set of numbers that x86-64 has
/// (x32): they do the same under a number that no rule names.
fn newest() -> BpfProgram {
    let step = |code, jt, jf, k| sock_filter { code, jt, jf, k };
    vec![
        step(LOAD, 0, 0, 0),
        step(JUMP_IF_GREATER, 0, 1, NEWEST),
        step(RETURN, 0, 0, ERRNO | libc::ENOSYS.unsigned_abs()),
    ]
}

#[cfg(test)]
mod tests {
    use super::{Terms, programs};

    #[test]
    fn the_filter_fits_the_kernel() {
        for network in [false, true] {
            for signals_are_scoped in [false, true] {
                let terms = Terms {
                    network,
                    signals_are_scoped,
                };
                for program in programs(terms).expect("it compiles") {
                    assert!(program.len() < 4096, "{}", program.len());
                }
            }
        }
    }
}
