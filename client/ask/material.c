#include "client/ask/material.h"
#include "client/ask/input.h"
#include "client/ask/project.h"
#include "client/ask/schema_arg.h"
#include <unistd.h>

void material_init(struct material *m)
{
    buf_init(&m->prompt, INPUT_MAX);
    buf_init(&m->schema, SCHEMA_ARG_MAX);
    attach_init(&m->attached);
    project_file_init(&m->project);
}

void material_done(struct material *m)
{
    buf_done(&m->prompt);
    buf_done(&m->schema);
    attach_done(&m->attached);
    project_file_done(&m->project);
}

static struct question question_of(const struct args *args)
{
    static const char *const conversations[] = {[ARGS_NEW] = "new", [ARGS_CONTINUE] = "last", [ARGS_NOWHERE] = NULL};
    return (struct question){.model = args->model,
                             .system = args->system,
                             .cache = args->cache,
                             .detach = args->detach,
                             .template = args->template,
                             .vars = args->vars,
                             .n_vars = args->n_vars,
                             .conversation = args->keep == ARGS_NAMED ? args->conversation : conversations[args->keep]};
}

static enum error_code attach_all(struct attach *a, const struct args *args, struct error *err)
{
    enum error_code code = ERR_NONE;
    if (args->max_bytes > 0)
        a->tree_max = args->max_bytes;
    for (unsigned i = 0; i < args->n_attach && code == ERR_NONE; i++)
        code = attach_add(a, args->attach[i], err);
    return code;
}

static enum error_code read_project(struct material *m, const struct args *args, const char *program,
                                    struct question *q, struct error *err)
{
    enum error_code code = project_load(&m->project, args, program, err);
    if (code == ERR_NONE)
        code = project_attach(&m->project, args, program, &m->attached, err);
    project_fill(&m->project, args, q);
    return code;
}

static enum error_code read_prompt(struct material *m, const struct args *args, struct question *q, struct error *err)
{
    const int fd = m->attached.has_stdin ? -1 : STDIN_FILENO;
    enum error_code code = args->interrupted ? ERR_NONE : input_read(&m->prompt, args->words, args->n_words, fd, err);
    if (code == ERR_NOT_FOUND && q->template != NULL) { /* the daemon knows whether it needs an input */
        buf_clear(&m->prompt);
        code = ERR_NONE;
    }
    q->prompt = m->prompt.data != NULL ? (const char *)m->prompt.data : "";
    q->prompt_len = m->prompt.len;
    return code;
}

enum error_code material_read(struct material *m, const struct args *args, const char *program, struct question *q,
                              struct error *err)
{
    enum error_code code = ERR_NONE;
    *q = question_of(args);
    if (args->schema != NULL) {
        code = schema_arg_put(&m->schema, args->schema, err);
        q->schema = &m->schema;
    }
    if (code == ERR_NONE)
        code = read_project(m, args, program, q, err);
    if (code == ERR_NONE)
        code = attach_all(&m->attached, args, err);
    q->attachments = &m->attached;
    return code == ERR_NONE ? read_prompt(m, args, q, err) : code;
}
