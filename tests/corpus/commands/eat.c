// Uses up what it is told to. eat memory | file PATH | files FOLDER | output
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char piece[1 << 20];

int main(int count, char **words) {
    if (count < 2)
        return 98;
    memset(piece, 'x', sizeof piece);
    if (strcmp(words[1], "memory") == 0) {
        for (int taken = 0;; taken++) {
            char *more = malloc(sizeof piece);
            if (!more) {
                printf("%d\n", taken);
                return 3;
            }
            memset(more, 1, sizeof piece);
        }
    }
    if (strcmp(words[1], "file") == 0) {
        signal(SIGXFSZ, SIG_IGN);
        int fd = open(words[2], O_CREAT | O_WRONLY, 0600);
        for (long written = 0;; written++)
            if (write(fd, piece, sizeof piece) != sizeof piece) {
                printf("%ld %s\n", written, errno == EFBIG ? "too big" : strerror(errno));
                return 4;
            }
    }
    if (strcmp(words[1], "files") == 0) {
        for (long number = 0;; number++) {
            char path[4096];
            snprintf(path, sizeof path, "%s/eaten-%ld", words[2], number);
            int fd = open(path, O_CREAT | O_WRONLY, 0600);
            if (fd < 0 || write(fd, piece, sizeof piece) != sizeof piece)
                return 5;
            close(fd);
        }
    }
    for (;;)
        if (write(1, piece, sizeof piece) < 0)
            return 6;
}
