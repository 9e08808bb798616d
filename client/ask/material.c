#include "client/ask/material.h"
#include "client/ask/edit.h"
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
    edit_files_init(&m->edited);
    buf_init(&m->edit_var, EDIT_FILES_MAX * (size_t)(PATH_MAX + 32));
    m->no_prompt = false;
}

void material_done(struct material *m)
{
    buf_done(&m->prompt);
    buf_done(&m->schema);
    attach_done(&m->attached);
    project_file_done(&m->project);
    edit_files_done(&m->edited);
    buf_done(&m->edit_var);
}

static struct question question_of(const struct args *args)
{
    static const char *const conversations[] = {[ARGS_NEW] = "new", [ARGS_CONTINUE] = "last", [ARGS_NOWHERE] = NULL};
    return (struct question){.model = args->model,
                             .system = args->system,
                             .cache = args->cache,
                             .detach = args->detach,
                             .template = args->task == ARGS_EDIT ? EDIT_TEMPLATE : args->template,
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

/* The files among the words. */
static int n_files(const struct args *args)
{
    return args->task == ARGS_EDIT ? edit_files_count(args->words, args->n_words) : 0;
}

static enum error_code read_edited(struct material *m, const struct args *args, struct question *q, struct error *err)
{
    if (args->task != ARGS_EDIT)
        return ERR_NONE;
    enum error_code code = edit_files_read(&m->edited, args->words, n_files(args), err);
    (void)buf_puts(&m->edit_var, "files=");
    if (code == ERR_NONE)
        code = edit_files_attach(&m->edited, &m->attached, &m->edit_var, err);
    m->edit_vars[0] = buf_cstr(&m->edit_var);
    q->vars = m->edit_vars;
    q->n_vars = 1;
    return code;
}

static enum error_code read_prompt(struct material *m, const struct args *args, struct question *q, struct error *err)
{
    const int fd = m->attached.has_stdin ? -1 : STDIN_FILENO;
    const int skip = n_files(args);
    enum error_code code =
        args->interrupted ? ERR_NONE : input_read(&m->prompt, args->words + skip, args->n_words - skip, fd, err);
    if (code == ERR_NOT_FOUND && q->template != NULL &&
        args->task != ARGS_EDIT) { /* the daemon knows whether it needs an input */
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
        code = read_edited(m, args, q, err);
    if (code == ERR_NONE)
        code = attach_all(&m->attached, args, err);
    q->attachments = &m->attached;
    return code == ERR_NONE && !m->no_prompt ? read_prompt(m, args, q, err) : code;
}
