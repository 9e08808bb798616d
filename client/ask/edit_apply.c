#include "client/ask/edit_apply.h"
#include "client/ask/replace.h"
#include "client/ask/undo.h"
#include <errno.h>

/* In the order in which they are replaced. */
struct change {
    const struct edit_file *file;
    struct stat stat; /* what is there to be taken back, once it is there */
};

/* Of the first n what they held before, once they were replaced. */
static enum error_code take_back(struct change *changes, size_t n, struct error *err)
{
    struct replacement list[EDIT_FILES_MAX];
    size_t done;
    for (size_t i = 0; i < n; i++) {
        const struct edit_file *e = changes[i].file;
        if (lstat(e->path, &changes[i].stat) != 0)
            return error_set_errno(err, ERR_NOT_FOUND, errno, "cannot look at %s", e->path);
        list[i] =
            (struct replacement){.path = e->path, .there = &changes[i].stat, .text = e->there ? &e->before : NULL};
    }
    enum error_code code = replace_prepare(list, n, err);
    if (code == ERR_NONE)
        code = replace_commit(list, n, &done, err);
    replace_done(list, n);
    return code;
}

static enum error_code fail(struct undo *u, struct change *changes, size_t done, enum error_code code,
                            struct error *err)
{
    struct error why = ERROR_INIT;
    const struct error first = *err;
    if (take_back(changes, done, &why) == ERR_NONE) {
        undo_forget(u);
        return error_set(err, code, "%.400s: nothing is changed", first.message);
    }
    return error_set(err, code, "%.200s; other files are changed already, and ask --undo is to take that back: %.200s",
                     first.message, why.message);
}

static enum error_code put_all(struct undo *u, const struct edit_files *f, struct change *changes,
                               struct replacement *list, size_t n, struct error *err)
{
    size_t done = 0;
    enum error_code code = replace_prepare(list, n, err);
    if (code == ERR_NONE)
        code = edit_files_unchanged(f, err);
    if (code == ERR_NONE)
        code = undo_keep(u, f, err);
    if (code != ERR_NONE)
        return code;
    code = replace_commit(list, n, &done, err);
    return code == ERR_NONE ? code : fail(u, changes, done, code, err);
}

enum error_code edit_apply(const struct edit_files *f, struct error *err)
{
    struct replacement list[EDIT_FILES_MAX];
    struct change changes[EDIT_FILES_MAX];
    struct undo undo;
    size_t n = 0;
    for (unsigned i = 0; i < f->n; i++) {
        const struct edit_file *e = &f->list[i];
        if (!e->changes)
            continue;
        changes[n].file = e;
        list[n++] = (struct replacement){.path = e->path, .there = e->there ? &e->stat : NULL, .text = &e->after};
    }
    enum error_code code = undo_open(&undo, true, err);
    if (code == ERR_NONE)
        code = put_all(&undo, f, changes, list, n, err);
    replace_done(list, n);
    undo_close(&undo);
    return code;
}
