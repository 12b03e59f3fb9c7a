// Tries to reach another process of the same user. Prints one line for each way that leads there, and ends with their number.
// reach-processes PID
#define _GNU_SOURCE
#include <errno.h>
#include <mqueue.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int reached;

static void note(const char *way, int is_reached) {
    if (is_reached) {
        reached++;
        printf("REACHED %s\n", way);
    }
}

static void reach(const char *who, pid_t pid) {
    char way[128];
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)0x400000, 1};
    struct rlimit limit = {1, 1};
#define WAY(text) (snprintf(way, sizeof way, "%s: %s", who, text), way)
    note(WAY("ptrace attach"), ptrace(PTRACE_ATTACH, pid, 0, 0) == 0);
    note(WAY("ptrace seize"), ptrace(PTRACE_SEIZE, pid, 0, 0) == 0);
    note(WAY("read memory"), process_vm_readv(pid, &here, 1, &there, 1, 0) > 0);
    note(WAY("write memory"), process_vm_writev(pid, &here, 1, &there, 1, 0) > 0);
    note(WAY("signal"), kill(pid, 0) == 0);
    note(WAY("signal a thread"), syscall(SYS_tgkill, pid, pid, 0) == 0);
    note(WAY("signal any thread"), syscall(SYS_tkill, pid, 0) == 0);
    int handle = syscall(SYS_pidfd_open, pid, 0);
    if (handle >= 0) {
        note(WAY("signal a handle"), syscall(SYS_pidfd_send_signal, handle, 0, NULL, 0) == 0);
        note(WAY("take a descriptor"), syscall(SYS_pidfd_getfd, handle, 0, 0) >= 0);
        note(WAY("enter its namespaces"), syscall(SYS_setns, handle, 0x10000000) == 0);
    }
    note(WAY("compare"), syscall(SYS_kcmp, pid, getpid(), 0, 0, 0) >= 0);
    note(WAY("set its limits"), prlimit(pid, RLIMIT_CPU, &limit, NULL) == 0);
    note(WAY("set its rank"), setpriority(PRIO_PROCESS, pid, 19) == 0);
}

int main(int count, char **words) {
    if (count != 2)
        return 98;
    reach("the host", atoi(words[1]));
    reach("the keeper", getppid());
    reach("the first process", 1);
    note("signal everybody", kill(-1, 0) == 0 && errno == 0 && 0);
    note("be traced", ptrace(PTRACE_TRACEME, 0, 0, 0) == 0);

    // What processes of one user share by a name.
    note("shared memory", shmget(1234, 4096, IPC_CREAT | 0600) >= 0);
    note("semaphores", semget(1234, 1, IPC_CREAT | 0600) >= 0);
    note("messages", msgget(1234, IPC_CREAT | 0600) >= 0);
    note("queue", mq_open("/assize-reach", O_CREAT | O_RDWR, 0600, NULL) != (mqd_t)-1);

    // The kernel's own.
    char room[128] = {0};
    note("add_key", syscall(SYS_add_key, "user", "assize", "x", 1, -3) >= 0);
    note("keyctl", syscall(SYS_keyctl, 0, -3, 0) >= 0);
    note("bpf", syscall(SYS_bpf, 0, room, sizeof room) >= 0 || errno != EPERM);
    note("perf", syscall(SYS_perf_event_open, room, 0, -1, -1, 0) >= 0);
    note("userfaultfd", syscall(SYS_userfaultfd, 1) >= 0);
    note("syslog", syscall(SYS_syslog, 3, room, sizeof room) >= 0);
    note("sethostname", sethostname("reached", 7) == 0);
    note("type into a terminal", ioctl(0, TIOCSTI, "x") == 0 || errno != EPERM);
    note("type into its output", ioctl(1, TIOCSTI, "x") == 0 || errno != EPERM);
    note("become root", setuid(0) == 0 && getuid() != 0);
    note("open as root", geteuid() == 0 && open("/etc/shadow", O_RDONLY) >= 0);
    struct rlimit core;
    getrlimit(RLIMIT_CORE, &core);
    note("a core dump", core.rlim_max != 0);
    core.rlim_cur = core.rlim_max = 1 << 20;
    note("a higher limit", setrlimit(RLIMIT_CORE, &core) == 0);
    return reached;
}
