#include "client/ask/edit_fit.h"
#include "client/ask/diff_apply.h"
#include <string.h>

enum { SHOWN = 120 }; /* bytes of a name in a message */

static bool is_nowhere(struct diff_name n)
{
    static const char nowhere[] = "/dev/null";
    return n.len == sizeof(nowhere) - 1 && memcmp(n.s, nowhere, n.len) == 0;
}

static bool has_prefix(struct diff_name n, const char *prefix)
{
    return n.len > 2 && memcmp(n.s, prefix, 2) == 0;
}

static int shown(struct diff_name n)
{
    return (int)(n.len < SHOWN ? n.len : SHOWN);
}

/* The file of both names without their first `skip` bytes, NULL where they have none in common. */
static struct edit_file *find_behind(const struct edit_files *f, const struct diff_file *d, size_t skip)
{
    struct edit_file *e = edit_files_find(f, d->after.s + skip, d->after.len - skip, skip == 0);
    if (e == NULL || is_nowhere(d->before))
        return e;
    return edit_files_find(f, d->before.s + skip, d->before.len - skip, skip == 0) == e ? e : NULL;
}

/* As git writes names, with a/ and b/ before them, else as they are. */
static struct edit_file *find(const struct edit_files *f, const struct diff_file *d)
{
    struct edit_file *e = NULL;
    if ((is_nowhere(d->before) || has_prefix(d->before, "a/")) && has_prefix(d->after, "b/"))
        e = find_behind(f, d, 2);
    return e != NULL ? e : find_behind(f, d, 0);
}

static enum error_code refuse_name(const struct diff_file *d, struct error *err)
{
    const bool renamed = !is_nowhere(d->before) && (d->before.len < 2 || d->after.len != d->before.len ||
                                                    memcmp(d->before.s + 1, d->after.s + 1, d->after.len - 1) != 0);
    if (is_nowhere(d->after))
        return error_set(err, ERR_INVALID_REQUEST, "the diff removes %.*s, which is not done", shown(d->before),
                         d->before.s);
    if (renamed)
        return error_set(err, ERR_INVALID_REQUEST, "the diff makes %.*s of %.*s: each file is to keep its name",
                         shown(d->after), d->after.s, shown(d->before), d->before.s);
    return error_set(err, ERR_INVALID_REQUEST, "the diff changes %.*s, which is none of the files that may be changed",
                     shown(d->after), d->after.s);
}

/* A later change of a file goes by what the earlier one has made of it. */
static enum error_code fit_one(const struct diff *d, const struct diff_file *change, struct edit_file *e,
                               struct error *err)
{
    struct error why = ERROR_INIT;
    struct buf made;
    const struct buf *text = e->changes ? &e->after : &e->before;
    if (is_nowhere(change->before) && text->len > 0)
        return error_set(err, ERR_INVALID_REQUEST, "the diff makes %s anew, but it is there and not empty", e->name);
    buf_init(&made, EDIT_FILE_MAX);
    enum error_code code = diff_apply(d, change, (const char *)text->data, text->len, &made, &why);
    if (code != ERR_NONE) {
        buf_done(&made);
        return error_set(err, code, "%.*s: %s", SHOWN, e->name, why.message);
    }
    buf_done(&e->after);
    e->after = made;
    e->changes = true;
    return ERR_NONE;
}

static bool differs(const struct edit_file *e)
{
    return e->after.len != e->before.len || !e->there ||
           (e->after.len > 0 && memcmp(e->after.data, e->before.data, e->after.len) != 0);
}

static enum error_code fit_all(struct edit_files *f, const struct diff *d, struct error *err)
{
    enum error_code code = ERR_NONE;
    bool any = false;
    for (size_t i = 0; i < diff_n_files(d) && code == ERR_NONE; i++) {
        const struct diff_file *change = diff_file(d, i);
        struct edit_file *e = is_nowhere(change->after) ? NULL : find(f, change);
        code = e != NULL ? fit_one(d, change, e, err) : refuse_name(change, err);
    }
    for (unsigned i = 0; i < f->n && code == ERR_NONE; i++) {
        f->list[i].changes = f->list[i].changes && differs(&f->list[i]);
        any = any || f->list[i].changes;
    }
    return code != ERR_NONE || any ? code : error_set(err, ERR_INVALID_REQUEST, "the diff changes nothing");
}

enum error_code edit_fit(struct edit_files *f, const char *answer, size_t len, struct error *err)
{
    struct diff d;
    for (unsigned i = 0; i < f->n; i++)
        f->list[i].changes = false;
    enum error_code code = diff_read(&d, answer, len, err);
    if (code == ERR_NONE)
        code = fit_all(f, &d, err);
    diff_done(&d);
    return code;
}
