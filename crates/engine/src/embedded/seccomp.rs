//! Which system calls a container may make: Docker's default profile, for a container without capabilities beyond Docker's default ones.
//!
//! What is not named is refused with `EPERM`. What is newer than the profile is `ENOSYS`, as the container runtimes have it, so that a C
//! library falls back to an older call; so is `clone3`, whose flags a filter cannot see.

use std::collections::BTreeMap;

use nix::libc;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Length, SeccompCmpOp as Compare, SeccompCondition as Condition,
    SeccompFilter, SeccompRule, TargetArch, sock_filter,
};

/// The newest call that the profile was written for; numbers from 424 on are the same on every architecture.
const NEWEST: u32 = 466;
/// Flags of `clone` that make namespaces.
const NAMESPACES: u64 = 0x7e02_0000;
/// Sockets to the machine that runs this one.
const AF_VSOCK: u64 = 40;
/// What a program may set with `personality`: Linux, 32 bits, the old version numbers, both; and asking what is set.
const PERSONALITIES: [u64; 5] = [0, 8, 0x2_0000, 0x2_0008, 0xffff_ffff];

/// Closes what the profile closes, for this thread and what it runs. There is no way back.
///
/// # Errors
///
/// Fails with the reason if the kernel does not take the filter.
pub(crate) fn close(may_chroot: bool) -> Result<(), String> {
    let told = |error: &dyn std::error::Error| format!("system calls cannot be closed: {error}");
    let profile = profile(may_chroot).map_err(|error| told(&error))?;
    seccompiler::apply_filter(&profile).map_err(|error| told(&error))?;
    // The one that was put in last decides which error is told where both refuse.
    seccompiler::apply_filter(&unknown()).map_err(|error| told(&error))
}

fn profile(may_chroot: bool) -> Result<BpfProgram, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    let plain = ALL.iter().chain(NEW).chain(OF_ARCHITECTURE).chain(NUMBERED).copied();
    rules.extend(plain.chain(may_chroot.then_some(libc::SYS_chroot)).map(|call| (call, Vec::new())));
    let one = |compare, value| {
        let condition = Condition::new(0, Length::Dword, compare, value)?;
        SeccompRule::new(vec![condition])
    };
    rules.insert(libc::SYS_clone, vec![one(Compare::MaskedEq(NAMESPACES), 0)?]);
    rules.insert(libc::SYS_socket, vec![one(Compare::Ne, AF_VSOCK)?]);
    let personalities = PERSONALITIES.map(|value| one(Compare::Eq, value));
    rules.insert(libc::SYS_personality, personalities.into_iter().collect::<Result<_, _>>()?);

    let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
    let refused = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let filter = SeccompFilter::new(rules, refused, SeccompAction::Allow, architecture)?;
    let mut program = beside();
    program.append(&mut filter.try_into()?);
    Ok(program)
}

/// `clone3`, and what is newer than the profile, does not exist.
fn unknown() -> BpfProgram {
    let clone3 = u32::try_from(libc::SYS_clone3).unwrap_or(u32::MAX);
    vec![
        load(NUMBER),
        jump(EQUAL, clone3, 2, 0),
        // Numbers of the x32 interface have this bit: the profile refuses them all.
        jump(ANY_BIT, 1 << 30, 2, 0),
        jump(GREATER, NEWEST, 0, 1),
        answer(REFUSE | libc::ENOSYS.unsigned_abs()),
        answer(ALLOW),
    ]
}

/// Docker lets programs of 32 bits run on x86-64, with the same profile. The library knows one architecture, so what the profile closes
/// is named here by its numbers of i386: a container's root has no more by another door.
#[cfg(target_arch = "x86_64")]
fn beside() -> BpfProgram {
    const I386: u32 = 0x4000_0003;
    const CLONE: u32 = 120;
    let first_argument = 16;
    let count = u8::try_from(I386_CLOSED.len()).unwrap_or(u8::MAX);
    let mut program = vec![load(ARCHITECTURE), jump(EQUAL, I386, 0, count + 6), load(NUMBER)];
    for (number, &call) in (0_u8..).zip(I386_CLOSED) {
        program.push(jump(EQUAL, call, count - number + 3, 0));
    }
    program.extend([
        jump(EQUAL, CLONE, 0, 2),
        load(first_argument),
        jump(ANY_BIT, u32::try_from(NAMESPACES).unwrap_or(u32::MAX), 1, 0),
        answer(ALLOW),
        answer(REFUSE | libc::EPERM.unsigned_abs()),
    ]);
    program
}

#[cfg(not(target_arch = "x86_64"))]
fn beside() -> BpfProgram {
    Vec::new()
}

// Where the kernel puts what a filter looks at, and the instructions that are needed.
const NUMBER: u32 = 0;
#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 4;
const EQUAL: u16 = 0x15;
const GREATER: u16 = 0x25;
const ANY_BIT: u16 = 0x45;
const ALLOW: u32 = 0x7fff_0000;
const REFUSE: u32 = 0x0005_0000;

fn load(offset: u32) -> sock_filter {
    sock_filter { code: 0x20, jt: 0, jf: 0, k: offset }
}

fn jump(code: u16, value: u32, then: u8, otherwise: u8) -> sock_filter {
    sock_filter { code, jt: then, jf: otherwise, k: value }
}

fn answer(action: u32) -> sock_filter {
    sock_filter { code: 0x06, jt: 0, jf: 0, k: action }
}

macro_rules! calls {
    ($($call:ident)*) => { &[$(libc::$call),*] };
}

/// On every architecture.
#[rustfmt::skip]
const ALL: &[i64] = calls! {
    SYS_accept SYS_accept4 SYS_adjtimex SYS_bind SYS_brk SYS_capget SYS_capset SYS_chdir SYS_clock_adjtime SYS_clock_getres
    SYS_clock_gettime SYS_clock_nanosleep SYS_close SYS_close_range SYS_connect SYS_copy_file_range SYS_dup SYS_dup3
    SYS_epoll_create1 SYS_epoll_ctl SYS_epoll_pwait SYS_epoll_pwait2 SYS_eventfd2 SYS_execve SYS_execveat SYS_exit SYS_exit_group
    SYS_faccessat SYS_faccessat2 SYS_fadvise64 SYS_fallocate SYS_fanotify_mark SYS_fchdir SYS_fchmod SYS_fchmodat SYS_fchown
    SYS_fchownat SYS_fcntl SYS_fdatasync SYS_fgetxattr SYS_flistxattr SYS_flock SYS_fremovexattr SYS_fsetxattr SYS_fstat
    SYS_fstatfs SYS_fsync SYS_ftruncate SYS_futex SYS_futex_waitv SYS_get_robust_list SYS_getcpu SYS_getcwd SYS_getdents64
    SYS_getegid SYS_geteuid SYS_getgid SYS_getgroups SYS_getitimer SYS_getpeername SYS_getpgid SYS_getpid SYS_getppid
    SYS_getpriority SYS_getrandom SYS_getresgid SYS_getresuid SYS_getrusage SYS_getsid SYS_getsockname SYS_getsockopt SYS_gettid
    SYS_gettimeofday SYS_getuid SYS_getxattr SYS_inotify_add_watch SYS_inotify_init1 SYS_inotify_rm_watch SYS_io_cancel
    SYS_io_destroy SYS_io_getevents SYS_io_setup SYS_io_submit SYS_ioctl SYS_ioprio_get SYS_ioprio_set SYS_kill
    SYS_landlock_add_rule SYS_landlock_create_ruleset SYS_landlock_restrict_self SYS_lgetxattr SYS_linkat SYS_listen SYS_listxattr
    SYS_llistxattr SYS_lremovexattr SYS_lseek SYS_lsetxattr SYS_madvise SYS_membarrier SYS_memfd_create SYS_memfd_secret
    SYS_mincore SYS_mkdirat SYS_mknodat SYS_mlock SYS_mlock2 SYS_mlockall SYS_mmap SYS_mprotect SYS_mq_getsetattr SYS_mq_notify
    SYS_mq_open SYS_mq_timedreceive SYS_mq_timedsend SYS_mq_unlink SYS_mremap SYS_mseal SYS_msgctl SYS_msgget SYS_msgrcv
    SYS_msgsnd SYS_msync SYS_munlock SYS_munlockall SYS_munmap SYS_name_to_handle_at SYS_nanosleep SYS_newfstatat SYS_openat
    SYS_openat2 SYS_pidfd_open SYS_pidfd_send_signal SYS_pipe2 SYS_pkey_alloc SYS_pkey_free SYS_pkey_mprotect SYS_ppoll SYS_prctl
    SYS_pread64 SYS_preadv SYS_preadv2 SYS_prlimit64 SYS_process_mrelease SYS_process_vm_readv SYS_process_vm_writev SYS_pselect6
    SYS_ptrace SYS_pwrite64 SYS_pwritev SYS_pwritev2 SYS_read SYS_readahead SYS_readlinkat SYS_readv SYS_recvfrom SYS_recvmmsg
    SYS_recvmsg SYS_remap_file_pages SYS_removexattr SYS_renameat2 SYS_restart_syscall SYS_rseq SYS_rt_sigaction SYS_rt_sigpending
    SYS_rt_sigprocmask SYS_rt_sigqueueinfo SYS_rt_sigreturn SYS_rt_sigsuspend SYS_rt_sigtimedwait SYS_rt_tgsigqueueinfo
    SYS_sched_get_priority_max SYS_sched_get_priority_min SYS_sched_getaffinity SYS_sched_getattr SYS_sched_getparam
    SYS_sched_getscheduler SYS_sched_rr_get_interval SYS_sched_setaffinity SYS_sched_setattr SYS_sched_setparam
    SYS_sched_setscheduler SYS_sched_yield SYS_seccomp SYS_semctl SYS_semget SYS_semop SYS_semtimedop SYS_sendfile SYS_sendmmsg
    SYS_sendmsg SYS_sendto SYS_set_robust_list SYS_set_tid_address SYS_setfsgid SYS_setfsuid SYS_setgid SYS_setgroups
    SYS_setitimer SYS_setpgid SYS_setpriority SYS_setregid SYS_setresgid SYS_setresuid SYS_setreuid SYS_setsid SYS_setsockopt
    SYS_setuid SYS_setxattr SYS_shmat SYS_shmctl SYS_shmdt SYS_shmget SYS_shutdown SYS_sigaltstack SYS_signalfd4 SYS_socketpair
    SYS_splice SYS_statfs SYS_statx SYS_symlinkat SYS_sync SYS_syncfs SYS_sysinfo SYS_tee SYS_tgkill SYS_timer_create
    SYS_timer_delete SYS_timer_getoverrun SYS_timer_gettime SYS_timer_settime SYS_timerfd_create SYS_timerfd_gettime
    SYS_timerfd_settime SYS_times SYS_tkill SYS_truncate SYS_umask SYS_uname SYS_unlinkat SYS_utimensat SYS_vmsplice SYS_wait4
    SYS_waitid SYS_write SYS_writev
};

// Of newer kernels than the C library's tables: cachestat, fchmodat2, map_shadow_stack, futex_wake, futex_wait, futex_requeue, statmount,
// listmount, setxattrat, getxattrat, listxattrat, removexattrat.
const NEW: &[i64] = &[451, 452, 453, 454, 455, 456, 457, 458, 463, 464, 465, 466];

/// Older calls, and those for the processor.
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
const OF_ARCHITECTURE: &[i64] = calls! {
    SYS_access SYS_alarm SYS_arch_prctl SYS_chmod SYS_chown SYS_creat SYS_dup2 SYS_epoll_create SYS_epoll_ctl_old SYS_epoll_wait
    SYS_epoll_wait_old SYS_eventfd SYS_fork SYS_futimesat SYS_get_thread_area SYS_getdents SYS_getpgrp SYS_getrlimit
    SYS_inotify_init SYS_lchown SYS_link SYS_lstat SYS_mkdir SYS_mknod SYS_modify_ldt SYS_open SYS_pause SYS_pipe SYS_poll
    SYS_readlink SYS_rename SYS_renameat SYS_rmdir SYS_select SYS_set_thread_area SYS_setrlimit SYS_signalfd SYS_stat SYS_symlink
    SYS_sync_file_range SYS_time SYS_unlink SYS_utime SYS_utimes SYS_vfork
};

/// `io_pgetevents` and `uretprobe`.
#[cfg(target_arch = "x86_64")]
const NUMBERED: &[i64] = &[333, 335];

#[cfg(not(target_arch = "x86_64"))]
const OF_ARCHITECTURE: &[i64] = &[];

/// Of the generic table: `renameat`, `sync_file_range`, `getrlimit`, `setrlimit`, `io_pgetevents`.
#[cfg(not(target_arch = "x86_64"))]
const NUMBERED: &[i64] = &[38, 84, 163, 164, 292];

// By their numbers of i386: stime, mount, umount, acct, umount2, sethostname, settimeofday, uselib, swapon, reboot, ioperm, syslog, iopl,
// vm86old, swapoff, setdomainname, create_module, init_module, delete_module, get_kernel_syms, quotactl, bdflush, sysfs, vm86,
// query_module, nfsservctl, pivot_root, lookup_dcookie, clock_settime, mbind, get_mempolicy, set_mempolicy, kexec_load, add_key,
// request_key, keyctl, migrate_pages, unshare, move_pages, perf_event_open, fanotify_init, open_by_handle_at, setns, kcmp, finit_module,
// bpf, userfaultfd, clock_settime64, io_uring (three), open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, pidfd_getfd,
// process_madvise, mount_setattr, quotactl_fd, set_mempolicy_home_node, lsm (three).
#[cfg(target_arch = "x86_64")]
const I386_CLOSED: &[u32] = &[
    25, 21, 22, 51, 52, 74, 79, 86, 87, 88, 101, 103, 110, 113, 115, 121, 127, 128, 129, 130, 131, 134, 135, 166, 167,
    169, 217, 253, 264, 274, 275, 276, 283, 286, 287, 288, 294, 310, 317, 336, 338, 342, 346, 349, 350, 357, 374, 404,
    425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 440, 442, 443, 450, 459, 460, 461,
];
