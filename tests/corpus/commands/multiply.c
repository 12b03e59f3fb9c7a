// Multiplies without end. With an argument it ends itself when the kernel has refused to go on, and its children stay.
#include <stdio.h>
#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

int main(int count, char **words) {
    (void)words;
    signal(SIGTERM, SIG_IGN);
    if (count > 1) {
        int made = 0;
        for (;;) {
            pid_t child = fork();
            if (child < 0 || made > 100000)
                break;
            if (child == 0)
                for (;;)
                    pause();
            made++;
        }
        printf("%d\n", made);
        return 0;
    }
    for (;;)
        if (fork() < 0)
            usleep(1000);
}
