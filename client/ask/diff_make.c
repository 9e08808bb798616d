#include "client/ask/diff_make.h"
#include "client/common/child.h"
#include "client/common/memory_file.h"
#include "lib/base/fd.h"
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Where diff finds the new text; the old one it reads from its standard input. */
enum { AFTER = 3 };

struct label {
    char text[PATH_MAX + 8];
};

/* A blank in a name ends it for patch, but for a tab behind it. */
static void write_label(struct label *l, const char *side, const char *name, const struct buf *text)
{
    while (name[0] == '.' && name[1] == '/')
        name += 2 + strspn(name + 2, "/");
    if (text == NULL)
        (void)snprintf(l->text, sizeof(l->text), "/dev/null");
    else
        (void)snprintf(l->text, sizeof(l->text), "%s/%s%s", side, name + strspn(name, "/"),
                       strchr(name, ' ') != NULL ? "\t" : "");
}

struct files {
    int before, after, out;
};

static bool open_files(struct files *f, const struct buf *before, const struct buf *after)
{
    f->before = memory_file_new("before", before);
    f->after = memory_file_new("after", after);
    f->out = memory_file_new("diff", NULL);
    return f->before >= 0 && f->after >= 0 && f->out >= 0;
}

static void close_files(const struct files *f)
{
    const int fds[] = {f->before, f->after, f->out};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
}

/* In this order none takes the place of one that is still needed: ours are all above standard error. */
static bool place(posix_spawn_file_actions_t *actions, const struct files *f)
{
    return posix_spawn_file_actions_adddup2(actions, f->out, STDOUT_FILENO) == 0 &&
           posix_spawn_file_actions_adddup2(actions, f->before, STDIN_FILENO) == 0 &&
           posix_spawn_file_actions_adddup2(actions, f->after, AFTER) == 0;
}

/* An errno, 0 where it runs. */
static int start(struct label *old, struct label *new, const struct files *f, pid_t *pid)
{
    char program[] = "diff", how[] = "-au", label[] = "--label", before[] = "-", after[] = "/dev/fd/3";
    char *argv[] = {program, how, label, old->text, label, new->text, before, after, NULL};
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error;
    error = place(&actions, f) ? posix_spawnp(pid, program, &actions, NULL, argv, environ) : ENOMEM;
    (void)posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* diff(1) exits with 1 where the texts differ. */
static enum error_code run(struct label *old, struct label *new, const struct files *f, struct error *err)
{
    pid_t pid;
    int error = start(old, new, f, &pid);
    if (error != 0)
        return error_set_errno(err, ERR_UNAVAILABLE, error, "cannot run diff, which shows what changes (diffutils)");
    int status = child_wait(pid);
    if (status == 0 || status == 1)
        return ERR_NONE;
    return error_set(err, ERR_UNAVAILABLE, "diff, which shows what changes, failed with status %d", status);
}

enum error_code diff_make(const char *name, const struct buf *before, const struct buf *after, struct buf *out,
                          struct error *err)
{
    struct label old, new;
    struct files f;
    write_label(&old, "a", name, before);
    write_label(&new, "b", name, after);
    enum error_code code = open_files(&f, before, after)
                               ? run(&old, &new, &f, err)
                               : error_set_errno(err, ERR_INTERNAL, errno, "cannot make a file in memory");
    if (code == ERR_NONE && lseek(f.out, 0, SEEK_SET) == 0)
        code = fd_read_all(f.out, "what diff printed", out, err);
    close_files(&f);
    return code;
}
