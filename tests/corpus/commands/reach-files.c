// Tries every way to a file and a folder that are closed to it. Prints one line for each that leads there, and ends with the
// number of them.
// reach-files SECRET FOLDER: an existing file, and the folder that it lies in; a file `own.txt` in the current folder may be
// written.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <sys/inotify.h>
#include <unistd.h>

static int reached;

static void note(const char *way, int is_reached) {
    if (is_reached) {
        reached++;
        printf("REACHED %s\n", way);
    }
}

static void try_open(const char *way, int folder, const char *path, int flags) {
    int fd = openat(folder, path, flags, 0600);
    note(way, fd >= 0);
    if (fd >= 0)
        close(fd);
}

static char *join(const char *folder, const char *name) {
    char *path;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        exit(99);
    return path;
}

int main(int count, char **words) {
    if (count != 3)
        return 98;
    const char *secret = words[1], *folder = words[2];

    try_open("open to read", AT_FDCWD, secret, O_RDONLY);
    try_open("open to write", AT_FDCWD, secret, O_WRONLY);
    try_open("open to append", AT_FDCWD, secret, O_RDWR | O_APPEND);
    try_open("open and cut", AT_FDCWD, secret, O_WRONLY | O_TRUNC);
    try_open("make a file", AT_FDCWD, join(folder, "made"), O_WRONLY | O_CREAT);
    try_open("make a nameless file", AT_FDCWD, folder, O_TMPFILE | O_RDWR);

    // A handle that opens nothing by itself must lead to nothing either.
    int handle = open(secret, O_PATH);
    if (handle >= 0) {
        char text[64];
        char byte;
        note("read a handle", read(handle, &byte, 1) == 1);
        snprintf(text, sizeof text, "/proc/self/fd/%d", handle);
        try_open("open a handle again", AT_FDCWD, text, O_RDONLY);
        try_open("open an empty path", handle, "", O_RDONLY);
        note("link a handle", linkat(handle, "", AT_FDCWD, "linked", AT_EMPTY_PATH) == 0);
        note("run a handle", syscall(SYS_execveat, handle, "", words, words, AT_EMPTY_PATH) == 0);
    }
    int inside = open(folder, O_PATH | O_DIRECTORY);
    const char *name = strrchr(secret, '/');
    if (inside >= 0 && name)
        try_open("open beside a handle", inside, name + 1, O_RDONLY);
    if (chdir(folder) == 0) {
        if (name)
            try_open("open from its folder", AT_FDCWD, name + 1, O_RDONLY);
        if (fchdir(inside) != 0)
            note("leave the folder", 0);
    }
    const char *back = getenv("BACK");
    if (back && chdir(back) != 0)
        return 97;

    struct open_how how = {.flags = O_RDONLY};
    note("openat2", syscall(SYS_openat2, AT_FDCWD, secret, &how, sizeof how) >= 0);
    DIR *listed = opendir(folder);
    note("list", listed != NULL);
    if (listed)
        closedir(listed);
    note("truncate", truncate(secret, 0) == 0);
    note("link", link(secret, "linked") == 0);
    note("link over", link("own.txt", join(folder, "linked")) == 0);
    note("rename out", rename("own.txt", join(folder, "moved")) == 0);
    note("rename in", rename(secret, "moved") == 0);
    note("exchange", syscall(SYS_renameat2, AT_FDCWD, "own.txt", AT_FDCWD, secret, 2) == 0);
    note("unlink", unlink(secret) == 0);
    note("mkdir", mkdir(join(folder, "new"), 0700) == 0);
    note("rmdir", rmdir(folder) == 0);
    note("mknod", mknod(join(folder, "node"), S_IFREG | 0600, 0) == 0);
    note("mkfifo", mkfifo(join(folder, "pipe"), 0600) == 0);
    note("symlink there", symlink("own.txt", join(folder, "link")) == 0);
    if (symlink(secret, "leads-out") == 0)
        try_open("open through a link", AT_FDCWD, "leads-out", O_RDONLY);

    // The process file system, and what it leads to.
    try_open("proc root", AT_FDCWD, join("/proc/self/root", secret), O_RDONLY);
    try_open("proc cwd", AT_FDCWD, join("/proc/self/cwd/..", "secret.txt"), O_RDONLY);
    try_open("proc one", AT_FDCWD, join("/proc/1/root", secret), O_RDONLY);
    try_open("proc environ", AT_FDCWD, "/proc/self/environ", O_RDONLY);
    char parent[64];
    snprintf(parent, sizeof parent, "/proc/%d/environ", getppid());
    try_open("proc of the keeper", AT_FDCWD, parent, O_RDONLY);
    snprintf(parent, sizeof parent, "/proc/%d/mem", getppid());
    try_open("memory of the keeper", AT_FDCWD, parent, O_RDWR);
    try_open("shadow", AT_FDCWD, "/etc/shadow", O_RDONLY);
    try_open("shared memory", AT_FDCWD, "/dev/shm/assize-reach", O_RDWR | O_CREAT);
    try_open("terminal", AT_FDCWD, "/dev/tty", O_RDWR);
    try_open("new terminal", AT_FDCWD, "/dev/ptmx", O_RDWR);
    try_open("tmp", AT_FDCWD, "/tmp/assize-reach", O_RDWR | O_CREAT);

    // Files without a path.
    char room[sizeof(struct file_handle) + 128];
    struct file_handle *file = (struct file_handle *)room;
    file->handle_bytes = 128;
    int mount_id;
    note("name_to_handle_at", name_to_handle_at(AT_FDCWD, secret, file, &mount_id, 0) == 0);
    note("open_by_handle_at", open_by_handle_at(AT_FDCWD, file, O_RDONLY) >= 0);
    for (int fd = 3; fd < 1024; fd++)
        if (fd != handle && fd != inside && fcntl(fd, F_GETFD) >= 0)
            note("an inherited descriptor", 1);
    char byte;
    note("standard input", read(0, &byte, 1) != 0);

    // What belongs to the file rather than being in it.
    note("let others write", chmod(secret, 0666) == 0);
    note("let others run as its owner", chmod("own.txt", 04755) == 0);
    note("make a file that runs as its owner", open("suid", O_CREAT | O_WRONLY, 04755) >= 0);
    note("chown", chown(secret, getuid(), getgid()) == 0);
    note("setxattr", setxattr(secret, "user.reached", "x", 1, 0) == 0);
    note("watch", inotify_add_watch(inotify_init(), folder, IN_ALL_EVENTS) >= 0);

    // Another view of the files.
    note("chroot", chroot(folder) == 0);
    note("mount", mount(folder, ".", "none", MS_BIND, NULL) == 0);
    note("unshare", syscall(SYS_unshare, 0x00020000) == 0);
    note("unshare a user", syscall(SYS_unshare, 0x10000000) == 0);
    note("clone a user", syscall(SYS_clone, 0x10000000 | 17, 0, 0, 0, 0) >= 0);
    note("clone3", syscall(SYS_clone3, NULL, 0) >= 0 || errno != ENOSYS);
    note("open_tree", syscall(SYS_open_tree, AT_FDCWD, folder, 1) >= 0);
    note("fsopen", syscall(SYS_fsopen, "tmpfs", 0) >= 0);

    // Running what it cannot read.
    pid_t child = fork();
    if (child == 0) {
        execl(secret, secret, (char *)NULL);
        _exit(errno == ENOEXEC ? 1 : 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    note("exec", !WIFEXITED(status) || WEXITSTATUS(status) != 0);

    return reached;
}
