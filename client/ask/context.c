#include "client/ask/context.h"
#include "client/ask/globs.h"
#include "client/ask/project.h"
#include "client/common/capture.h"
#include "client/common/context_set.h"
#include "client/common/exit.h"
#include "client/common/signals.h"
#include <stdio.h>
#include <string.h>

/* Where the sets that are looked at come from, and where what they bring goes. */
struct contexts {
    const struct project_file *project;
    struct context_sets config;
    bool config_read;
    const char *program;
    struct attach *attached;
};

/* A set, and what it is relative to. */
struct found {
    const struct context_set *set;
    const char *folder;
    int beneath; /* that folder; -1: the working one, and any file will do */
};

static enum error_code attach_text(struct contexts *c, const struct found *f, struct error *err)
{
    const char *text = f->set->text.text;
    return text != NULL ? attach_bytes(c->attached, text, strlen(text), f->set->name, err) : ERR_NONE;
}

static enum error_code attach_files(struct contexts *c, const struct found *f, struct error *err)
{
    struct globs globs = {
        .path = f->set->path, .key = "files", .folder = f->folder, .beneath = f->beneath, .whole_names = true};
    enum error_code code = ERR_NONE;
    for (size_t i = 0; i < f->set->files.n && code == ERR_NONE; i++)
        code = globs_attach(&globs, f->set->files.items[i], c->program, c->attached, err);
    return code;
}

/* How it ended is told to both: the model would else take half an output for the whole. */
static void put_end(struct contexts *c, const struct found *f, const char *command, int status, struct buf *out)
{
    if (status == 0 && out->len > 0)
        return;
    if (out->len > 0 && out->data[out->len - 1] != '\n')
        (void)buf_putc(out, '\n');
    if (status == 0) {
        (void)buf_puts(out, "[no output]\n");
        return;
    }
    (void)buf_printf(out, "[exit status %d]\n", status);
    exit_print(c->program, "context %s: '%.100s' ended with status %d, which the model is told", f->set->name, command,
               status);
}

static enum error_code attach_command(struct contexts *c, const struct found *f, size_t i, struct error *err)
{
    const char *command = f->set->commands.items[i];
    char name[CONTEXT_NAME_MAX + 32];
    struct buf out, all;
    int status = 0;
    buf_init(&out, CAPTURE_MAX + 64);
    buf_init(&all, CAPTURE_MAX + INI_VALUE_MAX + 128);
    signals_catch();
    enum error_code code = capture_run(command, f->beneath, CAPTURE_MS, &out, &status, err);
    if (code == ERR_NONE) {
        put_end(c, f, command, status, &out);
        (void)buf_printf(&all, "$ %s\n", command);
        (void)buf_append(&all, out.data, out.len);
        (void)snprintf(name, sizeof(name), "%s: command %zu", f->set->name, i + 1);
        code = all.failed ? error_set(err, ERR_INTERNAL, "there is no memory for what '%.100s' prints", command)
                          : attach_bytes(c->attached, all.data, all.len, name, err);
    }
    buf_done(&out);
    buf_done(&all);
    return code;
}

static enum error_code attach_set(struct contexts *c, const struct found *f, struct error *err)
{
    enum error_code code = attach_text(c, f, err);
    if (code == ERR_NONE)
        code = attach_files(c, f, err);
    for (size_t i = 0; i < f->set->commands.n && code == ERR_NONE; i++)
        code = attach_command(c, f, i, err);
    return code;
}

/* -- finding it -- */

static void put_names(struct buf *out, const struct context_sets *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const char *what = s->list[i].description.text;
        (void)buf_printf(out, "%s%s", out->len > 0 ? ", " : "", s->list[i].name);
        if (what != NULL)
            (void)buf_printf(out, " (%s)", what);
    }
}

static enum error_code not_there(const struct contexts *c, const char *name, struct error *err)
{
    enum { NAMES_MAX = 300 }; /* of the message */
    const struct project_file *p = c->project;
    const bool usable = p->path[0] != '\0';
    struct buf names;
    if (!usable && context_sets_find(&p->contexts, name) != NULL)
        return error_set(err, ERR_NOT_FOUND,
                         "the set of context '%.40s' is in a project file that is not trusted: askctl trust shows what "
                         "it would read and run, and asks",
                         name);
    buf_init(&names, SIZE_MAX / 2);
    if (usable)
        put_names(&names, &p->contexts);
    put_names(&names, &c->config);
    if (names.len > 0)
        (void)error_set(err, ERR_NOT_FOUND, "there is no set of context '%.40s': there are %.*s%s", name, NAMES_MAX,
                        buf_cstr(&names), names.len > NAMES_MAX ? " and more" : "");
    else
        (void)error_set(err, ERR_NOT_FOUND,
                        "there is no set of context '%.40s': write [context \"%.40s\"] with files = and command = into "
                        "~/.config/askd/askd.conf, or into a project file that askctl trust has taken",
                        name, name);
    buf_done(&names);
    return err->code;
}

static enum error_code find(struct contexts *c, const char *name, char folder[PATH_MAX], struct found *f,
                            struct error *err)
{
    const struct project_file *p = c->project;
    enum error_code code = ERR_NONE;
    *f = (struct found){.folder = folder, .beneath = -1};
    folder[0] = '\0';
    if (p->path[0] != '\0' && (f->set = context_sets_find(&p->contexts, name)) != NULL) {
        project_folder(p, folder);
        f->beneath = p->folder;
        return ERR_NONE;
    }
    if (!c->config_read)
        code = context_config_read(&c->config, err);
    c->config_read = true;
    f->set = context_sets_find(&c->config, name);
    return code != ERR_NONE || f->set != NULL ? code : not_there(c, name, err);
}

static bool is_repeated(const struct args *args, unsigned at)
{
    for (unsigned i = 0; i < at; i++)
        if (strcmp(args->contexts[i], args->contexts[at]) == 0)
            return true;
    return false;
}

static enum error_code attach_named(struct contexts *c, const char *name, struct error *err)
{
    char folder[PATH_MAX];
    struct found f;
    const uint32_t before = c->attached->n;
    enum error_code code = find(c, name, folder, &f, err);
    if (code == ERR_NONE)
        code = attach_set(c, &f, err);
    if (code == ERR_NONE && c->attached->n == before)
        return error_set(err, ERR_INVALID_REQUEST, "%s: [context \"%s\"] brings nothing: give it files or a command",
                         f.set->path, name);
    return code;
}

enum error_code context_check(const struct args *args, const struct project_file *p, struct error *err)
{
    struct contexts c = {.project = p};
    char folder[PATH_MAX];
    struct found f;
    enum error_code code = ERR_NONE;
    context_sets_init(&c.config);
    for (unsigned i = 0; i < args->n_contexts && code == ERR_NONE; i++)
        code = find(&c, args->contexts[i], folder, &f, err);
    context_sets_done(&c.config);
    return code;
}

enum error_code context_attach(const struct args *args, const struct project_file *p, const char *program,
                               struct attach *a, struct error *err)
{
    struct contexts c = {.project = p, .program = program, .attached = a};
    enum error_code code = ERR_NONE;
    context_sets_init(&c.config);
    for (unsigned i = 0; i < args->n_contexts && code == ERR_NONE; i++)
        if (!is_repeated(args, i))
            code = attach_named(&c, args->contexts[i], err);
    context_sets_done(&c.config);
    return code;
}
