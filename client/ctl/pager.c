#include "client/ctl/pager.h"
#include "client/common/colour.h"
#include "client/ctl/cells.h"
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* F: what fits is printed, R: colours are shown, X: what was read stays on the screen. */
#define LESS_OPTIONS "FRX"

enum { NOT_FOUND = 127, NOT_RUN = 126 }; /* what a shell exits with that could not run it */

/* NULL: none. */
static const char *choose(void)
{
    const char *command = getenv("ASKD_PAGER");
    if (command == NULL)
        command = getenv("PAGER");
    if (command == NULL)
        command = "less -" LESS_OPTIONS;
    return command[0] == '\0' || strcmp(command, "cat") == 0 ? NULL : command;
}

void pager_begin(struct pager *p, struct ctl *c)
{
    *p = (struct pager){.capture = {-1, -1}};
    if (c->out->terminal && colour_moves() && out_rows(c->out) > 0 && (p->command = choose()) != NULL)
        (void)capture_begin(&p->capture, c->out);
}

/* -- running it -- */

/* Ctrl-C and Ctrl-\ are the pager's to take: whoever waits for it goes on. */
struct signals {
    struct sigaction interrupt, quit;
};

static void ignore_signals(struct signals *before)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGINT, &ignore, &before->interrupt);
    (void)sigaction(SIGQUIT, &ignore, &before->quit);
}

static void restore_signals(const struct signals *before)
{
    (void)sigaction(SIGINT, &before->interrupt, NULL);
    (void)sigaction(SIGQUIT, &before->quit, NULL);
}

/* The pager has the signals that we had, unless somebody has us ignore them. */
static bool set_signals(posix_spawnattr_t *attributes, const struct signals *ours)
{
    sigset_t reset;
    (void)sigemptyset(&reset);
    if (ours->interrupt.sa_handler != SIG_IGN)
        (void)sigaddset(&reset, SIGINT);
    if (ours->quit.sa_handler != SIG_IGN)
        (void)sigaddset(&reset, SIGQUIT);
    return posix_spawnattr_setsigdefault(attributes, &reset) == 0 &&
           posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF) == 0;
}

static bool start(const char *command, int input, const struct signals *ours, pid_t *pid)
{
    char shell[] = "sh", option[] = "-c", *copy = strdup(command);
    char *argv[] = {shell, option, copy, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    bool started = false;
    if (copy != NULL && posix_spawn_file_actions_init(&files) == 0) {
        if (posix_spawnattr_init(&attributes) == 0) {
            started = posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO) == 0 &&
                      set_signals(&attributes, ours) &&
                      posix_spawn(pid, "/bin/sh", &files, &attributes, argv, environ) == 0;
            (void)posix_spawnattr_destroy(&attributes);
        }
        (void)posix_spawn_file_actions_destroy(&files);
    }
    free(copy);
    return started;
}

/* False where there is no such program, and so nothing was shown. */
static bool run(const char *command, int input)
{
    struct signals before;
    pid_t pid;
    int how = 0;
    (void)setenv("LESS", LESS_OPTIONS, 0);
    ignore_signals(&before);
    const bool started = start(command, input, &before, &pid);
    while (started && waitpid(pid, &how, 0) < 0 && errno == EINTR)
        ;
    restore_signals(&before);
    return started && !(WIFEXITED(how) && (WEXITSTATUS(how) == NOT_FOUND || WEXITSTATUS(how) == NOT_RUN));
}

/* -- what was printed -- */

static void show(const struct pager *p, struct ctl *c, int memory, const char *text, size_t len)
{
    const size_t columns = out_columns(c->out) > 0 ? out_columns(c->out) : 80;
    const bool is_long = cells_rows(text, len, columns) >= out_rows(c->out); /* one is the prompt's */
    if (!is_long || !run(p->command, memory))
        (void)out_write(c->out, text, len);
}

int pager_end(struct pager *p, struct ctl *c, int status)
{
    struct stat st;
    const int memory = capture_end(&p->capture, c->out);
    if (memory < 0)
        return status;
    const size_t len = fstat(memory, &st) == 0 && st.st_size > 0 ? (size_t)st.st_size : 0;
    char *text = len > 0 ? mmap(NULL, len, PROT_READ, MAP_PRIVATE, memory, 0) : MAP_FAILED;
    if (text != MAP_FAILED) {
        show(p, c, memory, text, len);
        (void)munmap(text, len);
    }
    (void)close(memory);
    const int flushed = ctl_flush(c);
    return status == EXIT_OK ? flushed : status;
}
