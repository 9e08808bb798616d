#include "client/ask/edit_decide.h"
#include "client/ask/confirm.h"
#include "client/ask/diff.h"
#include "client/ask/diff_make.h"
#include "client/ask/diff_show.h"
#include "client/ask/edit_apply.h"
#include "client/ask/edit_fit.h"
#include "client/ask/editor.h"
#include "client/common/exit.h"
#include "client/common/signals.h"

/* What the diff of a file has at most: both texts, and as much for its marks. */
#define FILE_DIFF_MAX (4 * EDIT_FILE_MAX)

enum step {
    SHOW,
    CHOOSE,  /* apply it, leave it, or write another */
    REWRITE, /* in an editor */
    RETRY,   /* what was written does not fit */
    APPLY,
    LEAVE,
    END
};

struct decision {
    const struct asking *a;
    struct edit_files *files;
    struct buf written; /* what came out of the editor and does not fit, or nothing */
    int status;
};

static enum step end(struct decision *d, int status)
{
    d->status = status;
    return END;
}

static enum step fail(struct decision *d, const struct error *err)
{
    exit_print(ASKING_PROGRAM, "%s", err->message);
    return end(d, exit_status_for(err->code));
}

static enum error_code make(const struct edit_file *e, struct buf *diff, struct error *err)
{
    buf_init(diff, FILE_DIFF_MAX);
    return e->changes ? diff_make(e->name, e->there ? &e->before : NULL, &e->after, diff, err) : ERR_NONE;
}

static enum step show(struct decision *d)
{
    struct error err = ERROR_INIT;
    enum error_code code = ERR_NONE;
    for (unsigned i = 0; i < d->files->n && code == ERR_NONE; i++) {
        struct buf diff;
        code = make(&d->files->list[i], &diff, &err);
        if (code == ERR_NONE)
            diff_show(d->a->out, &diff, d->a->args->format == ARGS_PLAIN);
        buf_done(&diff);
    }
    if (code != ERR_NONE)
        return fail(d, &err);
    int status = exit_flush(ASKING_PROGRAM, d->a->out, "the diff");
    return status != EXIT_OK || !d->a->out->terminal ? end(d, status) : CHOOSE;
}

static enum step choose(void)
{
    switch (confirm_choose("Apply it? [y]es, [n]o, [e]dit the diff: ", "yen")) {
    case 'y': return APPLY;
    case 'e': return REWRITE;
    default: return LEAVE;
    }
}

/* All diffs as they were shown, where nothing was written yet. */
static enum error_code begin_text(struct decision *d, struct error *err)
{
    enum error_code code = ERR_NONE;
    for (unsigned i = 0; i < d->files->n && code == ERR_NONE && d->written.len == 0; i++) {
        struct buf diff;
        code = make(&d->files->list[i], &diff, err);
        (void)buf_append(&d->written, diff.data, diff.len);
        buf_done(&diff);
    }
    return code == ERR_NONE && d->written.failed
               ? error_set(err, ERR_TOO_LARGE, "the diff is over %zu MiB, which is too much to edit",
                           DIFF_BYTES_MAX >> 20)
               : code;
}

static enum step rewrite(struct decision *d)
{
    struct error err = ERROR_INIT;
    struct editor_draft draft = {.path = ""};
    enum error_code code = begin_text(d, &err);
    if (code == ERR_NONE)
        code = editor_run(&d->written, &draft, &err);
    editor_settle(&draft, ASKING_PROGRAM, code == ERR_NONE);
    if (code != ERR_NONE)
        return fail(d, &err);
    if (d->written.len == 0)
        return LEAVE;
    if (edit_fit(d->files, (const char *)d->written.data, d->written.len, &err) == ERR_NONE) {
        buf_clear(&d->written);
        return SHOW;
    }
    exit_print(ASKING_PROGRAM, "your diff cannot be used: %s", err.message);
    return RETRY;
}

static enum step apply(struct decision *d)
{
    struct error err = ERROR_INIT;
    struct buf names;
    if (edit_apply(d->files, &err) != ERR_NONE)
        return fail(d, &err);
    buf_init(&names, EDIT_FILES_MAX * (size_t)PATH_MAX);
    for (unsigned i = 0; i < d->files->n; i++)
        if (d->files->list[i].changes)
            (void)buf_printf(&names, "%s%s", names.len > 0 ? ", " : "", d->files->list[i].name);
    exit_print(ASKING_PROGRAM, "changed %s; ask --undo takes it back", buf_cstr(&names));
    buf_done(&names);
    return end(d, EXIT_OK);
}

static enum step leave(struct decision *d)
{
    exit_print(ASKING_PROGRAM, "nothing is changed");
    return end(d, signals_pending() != 0 ? 128 + signals_pending() : (int)EXIT_OTHER);
}

static enum step take(struct decision *d, enum step step)
{
    switch (step) {
    case SHOW: return show(d);
    case CHOOSE: return choose();
    case REWRITE: return rewrite(d);
    case RETRY: return confirm_choose("Edit it again? [y]es, [n]o: ", "yn") == 'y' ? REWRITE : LEAVE;
    case APPLY: return apply(d);
    case LEAVE: return leave(d);
    case END: break;
    }
    return END;
}

int edit_decide(const struct asking *a, struct edit_files *files)
{
    struct decision d = {.a = a, .files = files};
    buf_init(&d.written, DIFF_BYTES_MAX);
    for (enum step step = SHOW; step != END;)
        step = take(&d, step);
    buf_done(&d.written);
    return d.status;
}
