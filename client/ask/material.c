#include "client/ask/material.h"
#include "client/ask/context.h"
#include "client/ask/edit.h"
#include "client/ask/explain_last.h"
#include "client/ask/input.h"
#include "client/ask/project.h"
#include "client/ask/schema_arg.h"
#include "client/common/exit.h"
#include "client/common/signals.h"
#include <unistd.h>

/* What is read, one after another. */
enum step { SCHEMA, PROJECT, EDITED, ATTACHMENTS, PROMPT, EDITOR, CONTEXT };

/* How to exit where a step fails with that code; EXIT_DATA where no row has it. */
static const struct {
    enum step step;
    enum error_code code;
    enum exit_status status;
} failures[] = {
    {PROJECT, ERR_INVALID_REQUEST, EXIT_CONFIG},
    {PROJECT, ERR_PERMISSION_DENIED, EXIT_DENIED},
    {PROJECT, ERR_NOT_FOUND, EXIT_NOINPUT},
    {PROJECT, ERR_INTERNAL, EXIT_OS},
    {EDITED, ERR_NOT_FOUND, EXIT_USAGE},
    {ATTACHMENTS, ERR_NOT_FOUND, EXIT_NOINPUT},
    {ATTACHMENTS, ERR_UNAVAILABLE, EXIT_UNAVAILABLE},
    {PROMPT, ERR_NOT_FOUND, EXIT_USAGE},
    {PROMPT, ERR_INTERNAL, EXIT_IO},
    {PROMPT, ERR_UNAVAILABLE, EXIT_UNAVAILABLE},
    {EDITOR, ERR_NOT_FOUND, EXIT_USAGE},
    {EDITOR, ERR_UNAVAILABLE, EXIT_UNAVAILABLE},
    {EDITOR, ERR_INTERNAL, EXIT_OS},
    {EDITOR, ERR_PERMISSION_DENIED, EXIT_DENIED},
    {CONTEXT, ERR_NOT_FOUND, EXIT_CONFIG},
    {CONTEXT, ERR_INVALID_REQUEST, EXIT_CONFIG},
    {CONTEXT, ERR_TIMEOUT, EXIT_AGAIN},
    {CONTEXT, ERR_UNAVAILABLE, EXIT_UNAVAILABLE},
    {CONTEXT, ERR_INTERNAL, EXIT_OS},
    {CONTEXT, ERR_PERMISSION_DENIED, EXIT_DENIED},
};

static int status_of(enum step step, enum error_code code)
{
    if (code == ERR_CANCELLED)
        return 128 + signals_pending();
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
        if (failures[i].step == step && failures[i].code == code)
            return (int)failures[i].status;
    return EXIT_DATA;
}

void material_init(struct material *m)
{
    buf_init(&m->prompt, INPUT_MAX);
    buf_init(&m->schema, SCHEMA_ARG_MAX);
    attach_init(&m->attached);
    project_file_init(&m->project);
    edit_files_init(&m->edited);
    buf_init(&m->edit_var, EDIT_FILES_MAX * (size_t)(PATH_MAX + 32));
    m->no_prompt = false;
    m->draft.path[0] = '\0';
    m->status = EXIT_OK;
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

/* What is done with the words may have a prompt of its own. */
static const char *template_of(const struct args *args)
{
    switch (args->task) {
    case ARGS_EDIT: return EDIT_TEMPLATE;
    case ARGS_EXPLAIN_LAST: return EXPLAIN_LAST_PROMPT;
    default: return args->template;
    }
}

static struct question question_of(const struct args *args)
{
    static const char *const conversations[] = {[ARGS_NEW] = "new", [ARGS_CONTINUE] = "last", [ARGS_NOWHERE] = NULL};
    const bool branches = args->keep == ARGS_NEW && args->branch != NULL; /* in the conversation of its message */
    return (struct question){.model = args->model,
                             .system = args->system,
                             .cache = args->cache,
                             .detach = args->detach,
                             .template = template_of(args),
                             .vars = args->vars,
                             .n_vars = args->n_vars,
                             .parent = args->branch,
                             .conversation = branches                   ? NULL
                                             : args->keep == ARGS_NAMED ? args->conversation
                                                                        : conversations[args->keep]};
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
    const bool may_lack = args->task != ARGS_EDIT && (q->template != NULL || args->editor);
    enum error_code code =
        args->interrupted ? ERR_NONE : input_read(&m->prompt, args->words + skip, args->n_words - skip, fd, err);
    /* The daemon knows whether a template needs an input; in an editor it can still be written. */
    if (code == ERR_NOT_FOUND && may_lack) {
        buf_clear(&m->prompt);
        code = ERR_NONE;
    }
    return code;
}

static enum error_code edit_prompt(struct material *m, struct error *err)
{
    enum error_code code = editor_run(&m->prompt, &m->draft, err);
    if (code == ERR_NONE && input_is_blank(&m->prompt))
        return error_set(err, ERR_NOT_FOUND, "the prompt is empty: nothing was asked");
    return code == ERR_NONE ? input_check(&m->prompt, err) : code;
}

static enum error_code read_schema(struct material *m, const struct args *args, struct question *q, struct error *err)
{
    if (args->schema == NULL)
        return ERR_NONE;
    q->schema = &m->schema;
    return schema_arg_put(&m->schema, args->schema, err);
}

static enum error_code read_step(struct material *m, enum step step, const struct args *args, const char *program,
                                 struct question *q, struct error *err)
{
    switch (step) {
    case SCHEMA: return read_schema(m, args, q, err);
    case PROJECT: return read_project(m, args, program, q, err);
    case EDITED: return read_edited(m, args, q, err);
    case ATTACHMENTS: return attach_all(&m->attached, args, err);
    case PROMPT:
        if (args->task == ARGS_EXPLAIN_LAST)
            return explain_last_read(&m->prompt, args, program, err);
        return m->no_prompt ? ERR_NONE : read_prompt(m, args, q, err);
    case EDITOR: return args->editor && !m->no_prompt ? edit_prompt(m, err) : ERR_NONE;
    case CONTEXT:
        return m->no_prompt ? context_check(args, &m->project, err)
                            : context_attach(args, &m->project, program, &m->attached, err);
    }
    return ERR_INTERNAL;
}

enum error_code material_read(struct material *m, const struct args *args, const char *program, struct question *q,
                              struct error *err)
{
    enum error_code code = ERR_NONE;
    *q = question_of(args);
    for (enum step step = SCHEMA; step <= CONTEXT && code == ERR_NONE; step++) {
        code = read_step(m, step, args, program, q, err);
        if (code != ERR_NONE)
            m->status = status_of(step, code);
    }
    q->attachments = &m->attached;
    q->prompt = m->prompt.data != NULL ? (const char *)m->prompt.data : "";
    q->prompt_len = m->prompt.len;
    return code;
}

void material_settle(struct material *m, const char *program, int status)
{
    editor_settle(&m->draft, program, status == EXIT_OK || status == EXIT_MISFIT);
}
