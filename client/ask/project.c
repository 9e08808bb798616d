#include "client/ask/project.h"
#include "client/ask/globs.h"
#include "client/common/escape.h"
#include "client/common/exit.h"
#include "client/common/trust.h"
#include <string.h>
#include <unistd.h>

/* Of somebody who looks on: in a pipe it would be noise, or taken for an error. */
static void tell(const char *program, const struct project_file *p, const char *what)
{
    struct buf path;
    if (isatty(STDERR_FILENO) == 0)
        return;
    buf_init(&path, 16 * PATH_MAX);
    escape_visible(&path, p->path, strlen(p->path), "");
    exit_print(program, "%.1024s %s", buf_cstr(&path), what);
    buf_done(&path);
}

/* What it would set is worth knowing before one looks at it. */
static void tell_untrusted(const char *program, struct project_file *p, enum trust state)
{
    char keys[96] = "", what[256];
    struct error err = ERROR_INIT;
    if (project_file_read(p, &err) == ERR_NONE)
        project_file_keys(p, keys, sizeof(keys));
    (void)snprintf(what, sizeof(what), "%s, and is not used%s%s%s: askctl trust shows it, and asks",
                   state == TRUST_CHANGED ? "has changed since it was trusted" : "is not trusted",
                   keys[0] != '\0' ? " (it would set " : "", keys, keys[0] != '\0' ? ")" : "");
    tell(program, p, what);
}

enum error_code project_load(struct project_file *p, const struct args *args, const char *program, struct error *err)
{
    enum trust state = TRUST_NONE;
    struct error why = ERROR_INIT;
    enum error_code code = args->no_project || args->interrupted ? ERR_NOT_FOUND : project_file_find(p, &why);
    if (code == ERR_NONE)
        code = trust_look(p->path, &p->content, &state, &why);
    if (code != ERR_NONE && code != ERR_NOT_FOUND)
        exit_print_wait(program, why.message);
    else if (code == ERR_NONE && state != TRUST_GIVEN)
        tell_untrusted(program, p, state);
    if (code == ERR_NONE && state == TRUST_GIVEN)
        return project_file_read(p, err);
    p->path[0] = '\0';
    return ERR_NONE;
}

static bool begins(const struct args *args)
{
    return (args->keep == ARGS_NEW && args->branch == NULL) || args->keep == ARGS_NOWHERE;
}

static const char *text_of(const struct buf *b)
{
    return b->len > 0 ? (const char *)b->data : NULL;
}

void project_fill(const struct project_file *p, const struct args *args, struct question *q)
{
    if (p->path[0] == '\0')
        return;
    q->budget = text_of(&p->budget);
    if (q->model == NULL)
        q->model = text_of(&p->model);
    if (q->system == NULL && begins(args))
        q->system = text_of(&p->system);
    if (q->template == NULL && begins(args))
        q->template = text_of(&p->prompt);
}

void project_folder(const struct project_file *p, char folder[PATH_MAX])
{
    const size_t len = (size_t)(strrchr(p->path, '/') - p->path) + 1;
    memcpy(folder, p->path, len);
    folder[len] = '\0';
}

enum error_code project_attach(const struct project_file *p, const struct args *args, const char *program,
                               struct attach *a, struct error *err)
{
    char folder[PATH_MAX];
    enum error_code code = ERR_NONE;
    if (p->path[0] == '\0' || !begins(args))
        return ERR_NONE;
    project_folder(p, folder);
    struct globs globs = {.path = p->path, .key = "attach", .folder = folder, .beneath = p->folder};
    for (size_t i = 0; i < p->n_attach && code == ERR_NONE; i++)
        code = globs_attach(&globs, (const char *)p->attach[i].data, program, a, err);
    return code;
}
