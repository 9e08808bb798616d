#include "client/ask/editor.h"
#include "client/ask/input.h"
#include "client/common/child.h"
#include "client/common/exit.h"
#include "lib/base/fd.h"
#include "lib/base/paths.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX ".md"
#define TERMINAL "/dev/tty"

enum { NO_PROGRAM = 127, SIGNALLED = 128 }; /* of the shell */

/* What Debian has somebody choose, and else what is most often there. */
static const char usual[] = "for e in sensible-editor editor vi nano; do\n"
                            "command -v \"$e\" >/dev/null && exec \"$e\" \"$1\"\n"
                            "done\n"
                            "exit 127\n";

/* -- its file -- */

static enum error_code create(struct editor_draft *d, int *fd, struct error *err)
{
    char folder[PATH_MAX - 32];
    int dirfd = -1;
    enum error_code code = paths_state_dir(folder, sizeof(folder) - sizeof(EDITOR_FOLDER), err);
    if (code != ERR_NONE)
        return code;
    (void)strcat(folder, "/" EDITOR_FOLDER);
    code = fd_open_dir(folder, geteuid(), true, true, &dirfd, err);
    if (code != ERR_NONE)
        return code;
    (void)close(dirfd);
    (void)snprintf(d->path, sizeof(d->path), "%s/ask-XXXXXX" SUFFIX, folder);
    *fd = mkostemps(d->path, (int)strlen(SUFFIX), O_CLOEXEC);
    if (*fd >= 0)
        return ERR_NONE;
    d->path[0] = '\0';
    return error_set_errno(err, ERR_INTERNAL, errno, "cannot make a file in %s", folder);
}

static enum error_code write_draft(struct editor_draft *d, const struct buf *text, struct error *err)
{
    int fd = -1;
    enum error_code code = create(d, &fd, err);
    if (code != ERR_NONE)
        return code;
    const bool good = fd_write_all(fd, text->data, text->len);
    const int errnum = errno;
    (void)close(fd);
    return good ? ERR_NONE : error_set_errno(err, ERR_INTERNAL, errnum, "cannot write %s", d->path);
}

/* An editor may have put another file in its place. */
static enum error_code read_draft(const struct editor_draft *d, struct buf *text, struct error *err)
{
    buf_clear(text);
    enum error_code code = fd_read_file(d->path, false, text, err);
    while (text->len > 0 && (text->data[text->len - 1] == '\n' || text->data[text->len - 1] == '\r'))
        text->len--;
    return code;
}

/* -- the editor -- */

/* What is piped in was read already, and what goes to a pipe is no place for a screen. Without a terminal an editor
 * that has a window does all the same. */
static int give_terminal(posix_spawn_file_actions_t *actions)
{
    int errnum = 0;
    const int fd = open(TERMINAL, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return 0;
    (void)close(fd);
    for (int i = STDIN_FILENO; i <= STDOUT_FILENO && errnum == 0; i++)
        if (isatty(i) == 0)
            errnum = posix_spawn_file_actions_addopen(actions, i, TERMINAL, O_RDWR, 0);
    return errnum;
}

static int spawn(char *command, char *path, const posix_spawnattr_t *attr, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    char name[] = "sh", option[] = "-c";
    char *const argv[] = {name, option, command, name, path, NULL};
    int errnum = posix_spawn_file_actions_init(&actions);
    if (errnum != 0)
        return errnum;
    errnum = give_terminal(&actions);
    if (errnum == 0)
        errnum = posix_spawn(pid, "/bin/sh", &actions, attr, argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    return errnum;
}

/* With the signals of the keyboard, which are ignored here. */
static int spawn_interruptible(char *command, char *path, pid_t *pid)
{
    posix_spawnattr_t attr;
    sigset_t defaults;
    (void)sigemptyset(&defaults);
    (void)sigaddset(&defaults, SIGINT);
    (void)sigaddset(&defaults, SIGQUIT);
    int errnum = posix_spawnattr_init(&attr);
    if (errnum != 0)
        return errnum;
    errnum = posix_spawnattr_setsigdefault(&attr, &defaults);
    if (errnum == 0)
        errnum = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
    if (errnum == 0)
        errnum = spawn(command, path, &attr, pid);
    (void)posix_spawnattr_destroy(&attr);
    return errnum;
}

/* As it is set: it may be a command with arguments. The shell between is not to end by an interrupt that the editor
 * takes otherwise. The caller frees it. */
static char *command_of(void)
{
    static const char *const variables[] = {"VISUAL", "EDITOR"};
    struct buf b;
    size_t len;
    buf_init(&b, SIZE_MAX / 2);
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]) && b.len == 0; i++) {
        const char *value = getenv(variables[i]);
        if (value != NULL && value[0] != '\0')
            (void)buf_printf(&b, "trap : INT QUIT\n%s \"$1\"", value);
    }
    if (b.len == 0)
        (void)buf_puts(&b, usual);
    (void)buf_cstr(&b);
    return (char *)buf_take(&b, &len);
}

static enum error_code judge(int status, struct error *err)
{
    if (status == 0)
        return ERR_NONE;
    if (status == NO_PROGRAM)
        return error_set(err, ERR_UNAVAILABLE,
                         "there is no such editor, and nothing was asked: set $VISUAL or $EDITOR");
    if (status < 0 || status > SIGNALLED)
        return error_set(err, ERR_UNAVAILABLE, "the editor was ended by a signal, and nothing was asked");
    return error_set(err, ERR_UNAVAILABLE, "the editor ended with status %d, and nothing was asked", status);
}

/* The keyboard's signals are for the editor as long as it has the terminal. */
static enum error_code run(char *path, struct error *err)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, interrupt, quit;
    pid_t pid;
    char *command = command_of();
    if (command == NULL)
        return error_set(err, ERR_INTERNAL, "there is no memory for the editor's name");
    (void)sigaction(SIGINT, &ignore, &interrupt);
    (void)sigaction(SIGQUIT, &ignore, &quit);
    const int errnum = spawn_interruptible(command, path, &pid);
    const int status = errnum == 0 ? child_wait(pid) : 0;
    (void)sigaction(SIGINT, &interrupt, NULL);
    (void)sigaction(SIGQUIT, &quit, NULL);
    free(command);
    return errnum == 0 ? judge(status, err) : error_set_errno(err, ERR_UNAVAILABLE, errnum, "cannot run the editor");
}

enum error_code editor_run(struct buf *text, struct editor_draft *draft, struct error *err)
{
    struct error why = ERROR_INIT;
    draft->path[0] = '\0';
    enum error_code code = write_draft(draft, text, err);
    if (code == ERR_NONE)
        code = run(draft->path, err);
    if (draft->path[0] == '\0')
        return code;
    const enum error_code read = read_draft(draft, text, &why);
    if (code == ERR_NONE && read != ERR_NONE)
        *err = why;
    return code == ERR_NONE ? read : code;
}

static bool is_blank_file(const char *path)
{
    struct buf text;
    struct error err = ERROR_INIT;
    buf_init(&text, INPUT_MAX);
    const bool blank = fd_read_file(path, false, &text, &err) == ERR_NONE && input_is_blank(&text);
    buf_done(&text);
    return blank;
}

void editor_settle(struct editor_draft *draft, const char *program, bool of_use)
{
    if (draft->path[0] == '\0')
        return;
    if (of_use || is_blank_file(draft->path))
        (void)unlink(draft->path);
    else if (access(draft->path, F_OK) == 0) /* an editor may have removed it */
        exit_print(program, "what you wrote is kept in %s", draft->path);
    draft->path[0] = '\0';
}
