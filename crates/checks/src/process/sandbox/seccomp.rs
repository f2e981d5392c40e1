//! A filter on the starting thread: refuses system calls that no check needs and that affect more than files.

use std::collections::BTreeMap;

use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

use super::Network;

/// Refused at both levels: other processes' memory, the kernel's own settings, keys, and files by handle.
const NEVER: &[i64] = &[
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_open_by_handle_at,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_syslog,
    libc::SYS_vhangup,
];

/// Refused at level basic only, because bubblewrap needs them.
const NEVER_BASIC: &[i64] = &[
    libc::SYS_ptrace,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fspick,
    libc::SYS_fsmount,
    libc::SYS_open_tree,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    libc::SYS_sethostname,
    libc::SYS_process_madvise,
    libc::SYS_setdomainname,
];

/// Scheduling and memory placement of other processes; with the argument that is zero for the caller itself.
const OF_ANOTHER: &[(i64, u8)] = &[
    (libc::SYS_setpriority, 1),
    (libc::SYS_ioprio_set, 1),
    (libc::SYS_sched_setaffinity, 0),
    (libc::SYS_sched_setscheduler, 0),
    (libc::SYS_sched_setparam, 0),
    (libc::SYS_sched_setattr, 0),
    (libc::SYS_migrate_pages, 0),
    (libc::SYS_move_pages, 0),
];

/// Programs conclude from the answer that the kernel lacks the call, and use another way.
const ABSENT: &[i64] = &[libc::SYS_io_uring_setup, libc::SYS_io_uring_enter, libc::SYS_io_uring_register];

/// Memory, counters and queues under numbers and names that all programs of a user share. Level full has a namespace for
/// them.
const SHARED_BY_NAME: &[i64] = &[
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
];

/// Extended attributes of a file, for which Landlock has no right: also a file that may only be read could get some. The
/// answer is that of a file system without them.
const ATTRIBUTES: &[i64] = &[
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
];

/// Newer calls for the same, and for a file's flags. Their numbers are the same on every processor.
const ATTRIBUTES_AT: &[i64] = &[SETXATTRAT, REMOVEXATTRAT, FILE_SETATTR];
const SETXATTRAT: i64 = 463;
const REMOVEXATTRAT: i64 = 466;
const FILE_SETATTR: i64 = 469;
/// A mount with other attributes.
const OPEN_TREE_ATTR: i64 = 467;

const PRIO_USER: u64 = 2;
const IOPRIO_WHO_USER: u64 = 3;
/// TCP by another protocol family.
const AF_SMC: u64 = 43;
const MSG_FASTOPEN: u64 = 0x2000_0000;
const TCP_FASTOPEN_CONNECT: u64 = 30;
/// The option that turns a TCP socket into another protocol's.
const TCP_ULP: u64 = 31;
/// The type of a socket is in the low bits, its flags are above.
const SOCKET_TYPE: u64 = 0xf;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Permanently filters the calling thread and everything that it starts. `alone`: no namespace separates it (level basic).
pub(super) fn restrict_this_thread(alone: bool, network: Network) -> Result<(), String> {
    if alone {
        drop_capabilities()?;
    }
    let failed = |error: String| format!("the kernel refused the filter of system calls: {error}");
    let mut absent = whole(ABSENT);
    let mut refused = whole(NEVER);
    refused.insert(libc::SYS_ioctl, terminal()?);
    refused.insert(libc::SYS_prlimit64, limits(alone)?);
    refused.insert(libc::SYS_setrlimit, vec![rule(&[(0, Eq, mark())])?]);
    let mut unsupported = Rules::new();
    if alone {
        refused.extend(whole(NEVER_BASIC));
        absent.extend(whole(SHARED_BY_NAME));
        absent.extend(whole(ATTRIBUTES_AT));
        absent.extend(whole(&[OPEN_TREE_ATTR]));
        unsupported.extend(whole(ATTRIBUTES));
        for (call, whose) in OF_ANOTHER {
            refused.insert(*call, vec![rule(&[(*whose, Ne, 0)])?]);
        }
        // All processes of a user; zero means the caller's user
        for (call, of_user) in [(libc::SYS_setpriority, PRIO_USER), (libc::SYS_ioprio_set, IOPRIO_WHO_USER)] {
            refused.entry(call).or_default().push(rule(&[(0, Eq, of_user)])?);
        }
    }
    let sockets = sockets(alone, network)?;
    let filters = [
        (absent, libc::ENOSYS),
        (unsupported, libc::EOPNOTSUPP),
        (refused, libc::EPERM),
        (sockets, libc::EACCES),
    ];
    for (rules, errno) in filters.into_iter().filter(|(rules, _)| !rules.is_empty()) {
        apply(rules, errno).map_err(failed)?;
    }
    apply_program(&only_usual_numbers()).map_err(failed)
}

/// Refuses the second set of call numbers of some kernels, which the rules above do not cover.
#[cfg(target_arch = "x86_64")]
fn only_usual_numbers() -> BpfProgram {
    const SECOND_SET: u32 = 0x4000_0000;
    const LOAD: u16 = 0x20;
    const JUMP_IF_AT_LEAST: u16 = 0x35;
    const RETURN: u16 = 0x06;
    let step = |code, jt, jf, k| seccompiler::sock_filter { code, jt, jf, k };
    let absent = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs();
    vec![
        step(LOAD, 0, 0, 0),
        step(JUMP_IF_AT_LEAST, 0, 1, SECOND_SET),
        step(RETURN, 0, 0, absent),
        step(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]
}

#[cfg(not(target_arch = "x86_64"))]
fn only_usual_numbers() -> BpfProgram {
    BpfProgram::new()
}

/// Drops the capabilities of root, which override Landlock. Without new privileges, a program cannot regain them.
fn drop_capabilities() -> Result<(), String> {
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    set_capabilities(None, sets).map_err(|error| format!("rights of root could not be dropped: {error}"))
}

fn apply(rules: Rules, errno: i32) -> Result<(), String> {
    let target = std::env::consts::ARCH.try_into().map_err(|error| format!("{error}"))?;
    let errno = SeccompAction::Errno(errno.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, errno, target);
    let program: BpfProgram = filter.and_then(TryInto::try_into).map_err(|error| error.to_string())?;
    apply_program(&program)
}

fn apply_program(program: &BpfProgram) -> Result<(), String> {
    if program.is_empty() {
        return Ok(());
    }
    seccompiler::apply_filter(program).map_err(|error| error.to_string())
}

fn whole(calls: &[i64]) -> Rules {
    calls.iter().map(|call| (*call, Vec::new())).collect()
}

#[derive(Clone, Copy)]
enum Is {
    Same,
    Other,
    /// Equal after applying this mask.
    Masked(u64),
}
use Is::{Masked, Other as Ne, Same as Eq};

/// A rule that matches if all conditions on arguments hold.
fn rule(conditions: &[(u8, Is, u64)]) -> Result<SeccompRule, String> {
    let condition = |(argument, is, value): &(u8, Is, u64)| {
        let operator = match is {
            Eq => SeccompCmpOp::Eq,
            Ne => SeccompCmpOp::Ne,
            Masked(mask) => SeccompCmpOp::MaskedEq(*mask),
        };
        SeccompCondition::new(*argument, SeccompCmpArgLen::Dword, operator, *value)
    };
    let conditions: Result<Vec<_>, _> = conditions.iter().map(condition).collect();
    conditions.and_then(SeccompRule::new).map_err(|error| error.to_string())
}

/// Input into a terminal in the user's name.
fn terminal() -> Result<Vec<SeccompRule>, String> {
    [libc::TIOCSTI, libc::TIOCLINUX, libc::TIOCCONS]
        .iter()
        .map(|request| rule(&[(1, Eq, number(*request))]))
        .collect()
}

/// The limit that carries the mark of a run; see `limits.rs`.
fn mark() -> u64 {
    number(libc::RLIMIT_MSGQUEUE)
}

/// A number of the kernel, none of which is negative; its type depends on the C library.
fn number(value: impl TryInto<u64>) -> u64 {
    value.try_into().unwrap_or(u64::MAX)
}

fn limits(alone: bool) -> Result<Vec<SeccompRule>, String> {
    let mut rules = Vec::new();
    if alone {
        // For another process
        rules.push(rule(&[(0, Ne, 0)])?);
    }
    let sets = SeccompCondition::new(2, SeccompCmpArgLen::Qword, SeccompCmpOp::Ne, 0);
    let marks = SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, mark());
    let both = sets.and_then(|sets| Ok(vec![sets, marks?]));
    rules.push(both.and_then(SeccompRule::new).map_err(|error| error.to_string())?);
    Ok(rules)
}

/// Sockets that could reach a program outside of this run.
fn sockets(alone: bool, network: Network) -> Result<Rules, String> {
    let (unix, inet, inet6, netlink) =
        (family(libc::AF_UNIX), family(libc::AF_INET), family(libc::AF_INET6), family(libc::AF_NETLINK));
    let mut socket = Vec::new();
    let mut rules = Rules::new();
    if !alone {
        // Its own namespaces hold what these families reach; another one can reach the host of a virtual machine, or a device
        socket.push(rule(&[(0, Ne, unix), (0, Ne, inet), (0, Ne, inet6), (0, Ne, netlink)])?);
    }
    if network == Network::None {
        socket.push(rule(&[(0, Eq, inet)])?);
        socket.push(rule(&[(0, Eq, inet6)])?);
    }
    if alone {
        // The server of a named socket is not part of the run: the user's agent, terminal multiplexer, container service
        socket.push(rule(&[(0, Ne, inet), (0, Ne, inet6), (0, Ne, netlink)])?);
        socket.push(rule(&[(0, Eq, unix)])?);
        // A datagram socket of a pair can send to any name
        let pair = |kind: i32| rule(&[(1, Masked(SOCKET_TYPE), kind.unsigned_abs().into())]);
        rules.insert(libc::SYS_socketpair, vec![pair(libc::SOCK_DGRAM)?, pair(libc::SOCK_RAW)?]);
    }
    if alone && network == Network::Loopback {
        for family in [inet, inet6] {
            // Landlock's rules for ports apply only to plain TCP
            for kind in
                [libc::SOCK_DGRAM, libc::SOCK_RAW, libc::SOCK_RDM, libc::SOCK_SEQPACKET, libc::SOCK_DCCP]
            {
                socket.push(rule(&[(0, Eq, family), (1, Masked(SOCKET_TYPE), kind.unsigned_abs().into())])?);
            }
            let tcp = u64::from(libc::IPPROTO_TCP.unsigned_abs());
            socket.push(rule(&[(0, Eq, family), (2, Ne, 0), (2, Ne, tcp)])?);
        }
    }
    if network == Network::Fetch {
        // Landlock's rules for ports apply only to plain TCP
        for family in [inet, inet6] {
            let (stream, tcp) =
                (libc::SOCK_STREAM.unsigned_abs().into(), libc::IPPROTO_TCP.unsigned_abs().into());
            socket.push(rule(&[
                (0, Eq, family),
                (1, Masked(SOCKET_TYPE), stream),
                (2, Ne, 0),
                (2, Ne, tcp),
            ])?);
        }
        socket.push(rule(&[(0, Eq, AF_SMC)])?);
    }
    if network == Network::Fetch || alone && network == Network::Loopback {
        // No rule checks a connection that its first data opens
        rules.insert(libc::SYS_sendto, vec![rule(&[(3, Masked(MSG_FASTOPEN), MSG_FASTOPEN)])?]);
        rules.insert(libc::SYS_sendmsg, vec![rule(&[(2, Masked(MSG_FASTOPEN), MSG_FASTOPEN)])?]);
        rules.insert(libc::SYS_sendmmsg, vec![rule(&[(3, Masked(MSG_FASTOPEN), MSG_FASTOPEN)])?]);
        let level = u64::from(libc::IPPROTO_TCP.unsigned_abs());
        let option = |option| rule(&[(1, Eq, level), (2, Eq, option)]);
        rules.insert(libc::SYS_setsockopt, vec![option(TCP_FASTOPEN_CONNECT)?, option(TCP_ULP)?]);
    }
    if !socket.is_empty() {
        rules.insert(libc::SYS_socket, socket);
    }
    Ok(rules)
}

fn family(number: i32) -> u64 {
    u64::from(number.unsigned_abs())
}
