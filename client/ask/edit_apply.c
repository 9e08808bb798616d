#include "client/ask/edit_apply.h"
#include "client/ask/replace.h"
#include "client/ask/undo.h"

/* Those that change, in the order in which they are replaced. */
struct changes {
    const struct edit_file *files[EDIT_FILES_MAX];
    struct replacement list[EDIT_FILES_MAX];
    size_t n;
};

/* Of the first n what they held before, once they were replaced, and unless somebody has written to one since. */
static enum error_code take_back(const struct changes *c, size_t n, struct error *err)
{
    struct replacement back[EDIT_FILES_MAX];
    size_t done;
    for (size_t i = 0; i < n; i++)
        back[i] = (struct replacement){.path = c->files[i]->path,
                                       .there = &c->list[i].put,
                                       .text = c->files[i]->there ? &c->files[i]->before : NULL};
    enum error_code code = replace_prepare(back, n, err);
    if (code == ERR_NONE)
        code = replace_commit(back, n, &done, err);
    replace_done(back, n);
    return code;
}

static enum error_code fail(struct undo *u, const struct changes *c, size_t done, enum error_code code,
                            struct error *err)
{
    struct error why = ERROR_INIT;
    const struct error first = *err;
    if (take_back(c, done, &why) == ERR_NONE) {
        undo_forget(u);
        return error_set(err, code, "%.400s: nothing is changed", first.message);
    }
    return error_set(err, code, "%.200s; other files are changed already, and ask --undo is to take that back: %.200s",
                     first.message, why.message);
}

static enum error_code put_all(struct undo *u, const struct edit_files *f, struct changes *c, struct error *err)
{
    size_t done = 0;
    enum error_code code = replace_prepare(c->list, c->n, err);
    if (code == ERR_NONE)
        code = edit_files_unchanged(f, err);
    if (code == ERR_NONE)
        code = undo_keep(u, f, err);
    if (code != ERR_NONE)
        return code;
    code = replace_commit(c->list, c->n, &done, err);
    return code == ERR_NONE ? code : fail(u, c, done, code, err);
}

enum error_code edit_apply(const struct edit_files *f, struct error *err)
{
    struct changes c = {.n = 0};
    struct undo undo;
    for (unsigned i = 0; i < f->n; i++) {
        const struct edit_file *e = &f->list[i];
        if (!e->changes)
            continue;
        c.files[c.n] = e;
        c.list[c.n++] = (struct replacement){.path = e->path, .there = e->there ? &e->stat : NULL, .text = &e->after};
    }
    enum error_code code = undo_open(&undo, true, err);
    if (code == ERR_NONE)
        code = put_all(&undo, f, &c, err);
    replace_done(c.list, c.n);
    undo_close(&undo);
    return code;
}
