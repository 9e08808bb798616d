/* ask: one question to a language model. */
#include "client/ask/again.h"
#include "client/ask/args.h"
#include "client/ask/attach.h"
#include "client/ask/dry_run.h"
#include "client/ask/input.h"
#include "client/ask/plain.h"
#include "client/ask/project.h"
#include "client/ask/question.h"
#include "client/ask/resume.h"
#include "client/ask/schema_arg.h"
#include "client/common/call.h"
#include "client/common/ending.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/common/json_print.h"
#include "client/common/signals.h"
#include "client/common/stream.h"
#include "lib/base/utf8.h"
#include "lib/base/version.h"
#include "lib/proto/mp.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { PARAMS_MAX = (64 << 20) - 256 }; /* a message of the protocol, less its head */

static const char program[] = "ask";
static struct out out;

static int print_and_exit(const char *text)
{
    (void)out_puts(&out, text);
    return out_flush(&out) ? EXIT_OK : EXIT_IO;
}

static int print_version(void)
{
    (void)out_puts(&out, "ask ");
    (void)out_puts(&out, askd_version);
    return print_and_exit("\n");
}

static void print_whole(const msgpack_object *answer)
{
    msgpack_object_map map;
    const char *text;
    size_t len;
    if (!mp_map(answer, &map) || !field_str(&map, "text", &text, &len) || len == 0)
        return;
    (void)out_text(&out, text, len);
    if (out.terminal && out.last != '\n')
        (void)out_write(&out, "\n", 1);
}

static bool is_misfit(const msgpack_object *answer)
{
    msgpack_object_map map;
    return mp_map(answer, &map) && mp_get(&map, "schema_error") != NULL;
}

static int finish(struct stream *s, const struct args *args, const msgpack_object *answer)
{
    if (args->json) {
        (void)json_print(&out, answer);
        (void)out_write(&out, "\n", 1);
    } else if (args->schema != NULL) {
        print_whole(answer);
    }
    int status = stream_flush(s);
    if (status == EXIT_OK && !args->json)
        ending_print(program, answer);
    if (status == EXIT_OK && !args->json && out.terminal)
        plain_cached(answer);
    if (status == EXIT_OK && args->stats)
        plain_stats(answer);
    return status == EXIT_OK && is_misfit(answer) ? (int)EXIT_MISFIT : status;
}

static void on_wait(void *data, const char *what)
{
    (void)data;
    exit_print_wait(program, what);
}

static int encode(const struct question *q, struct buf *params)
{
    buf_init(params, PARAMS_MAX);
    question_put(params, q);
    if (!params->failed)
        return EXIT_OK;
    exit_print(program, "the prompt does not fit into memory: send less");
    return EXIT_DATA;
}

/* One question and its answer. What has to fit a schema is looked at before it is printed. */
static int run(struct stream *s, const struct question *q, msgpack_unpacked *reply)
{
    struct buf params;
    int status = encode(q, &params);
    if (status == EXIT_OK)
        status = stream_run(s, "chat", &params, reply);
    buf_done(&params);
    return status;
}

static int run_again(struct stream *s, const struct args *args, struct question q, const struct again *again,
                     msgpack_unpacked *reply)
{
    ending_print(program, &reply->data);
    if (args->stats)
        plain_stats(&reply->data);
    exit_print(program, "it is asked for once more");
    again_ask(again, &q);
    return run(s, &q, reply);
}

static int follow(struct ask *handle, const struct args *args, const struct question *q)
{
    struct stream stream = {.program = program,
                            .ask = handle,
                            .out = &out,
                            .print_text = !args->json && q->schema == NULL,
                            .whole = args->no_stream,
                            .own = true,
                            .kept = args->keep != ARGS_NOWHERE};
    struct again again = {.conversation = ""};
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    int status = run(&stream, q, &reply);
    if (status == EXIT_OK && args->schema_retry && again_wanted(&again, &reply.data) && again_possible(&again, q))
        status = run_again(&stream, args, *q, &again, &reply);
    if (status == EXIT_OK)
        status = finish(&stream, args, &reply.data);
    again_done(&again);
    msgpack_unpacked_destroy(&reply);
    return status;
}

/* The id alone, so that a shell can take it; whoever looks on is told what to do with it. */
static int print_detached(const struct args *args, const msgpack_object *reply)
{
    msgpack_object_map map;
    const char *id;
    size_t len;
    if (!mp_map(reply, &map) || !field_str(&map, "answer", &id, &len)) {
        exit_print(program, "the daemon's response names no answer: check that its version is ours");
        return EXIT_PROTOCOL;
    }
    if (args->json)
        (void)json_print(&out, reply);
    else
        (void)out_text(&out, id, len);
    (void)out_write(&out, "\n", 1);
    if (!out_flush(&out) && out.error == EPIPE)
        return EXIT_PIPE;
    if (out.error != 0) {
        exit_print(program, "cannot write the answer's id: %s: choose another place for it", strerror(out.error));
        return EXIT_IO;
    }
    if (out.terminal && !args->json)
        exit_print(program, "askctl attach %.*s shows it", (int)len, id);
    return EXIT_OK;
}

static int detach(struct ask *handle, const struct args *args, const struct question *q)
{
    struct buf params;
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    int status = encode(q, &params);
    if (status == EXIT_OK)
        status = call_run(program, handle, "chat", &params, &reply);
    buf_done(&params);
    if (status == EXIT_OK)
        status = print_detached(args, &reply.data);
    msgpack_unpacked_destroy(&reply);
    return status;
}

static int estimate(struct ask *handle, const struct args *args, const struct question *q)
{
    struct buf params;
    int status = encode(q, &params);
    if (status == EXIT_OK)
        status = dry_run(program, handle, &params, args->json, &out);
    buf_done(&params);
    return status;
}

static int send_question(struct ask *handle, const struct args *args, const struct question *q)
{
    if (args->dry_run)
        return estimate(handle, args, q);
    return args->detach ? detach(handle, args, q) : follow(handle, args, q);
}

/* What was said goes before what is said now, without a seam. */
static int go_on(struct ask *handle, const struct args *args, struct question *q)
{
    struct resume resume;
    int status = resume_find(program, handle, args->conversation, &resume);
    if (status == EXIT_OK) {
        resume_ask(&resume, q);
        if (!args->json)
            (void)out_text(&out, (const char *)resume.text.data, resume.text.len);
        status = send_question(handle, args, q);
    }
    resume_done(&resume);
    return status;
}

static int ask(const struct args *args, struct question *q)
{
    struct ask_error err;
    const struct ask_options options = {.socket = args->socket, .on_wait = on_wait};
    struct ask *handle = ask_open(&options, &err);
    if (handle == NULL)
        return signals_pending() != 0 ? 128 + signals_pending() : exit_failure(program, &err);
    int status = args->interrupted ? go_on(handle, args, q) : send_question(handle, args, q);
    ask_close(handle);
    return status;
}

static bool is_text(const char *s)
{
    return s == NULL || utf8_valid(s, strlen(s));
}

static bool are_texts(const struct args *args)
{
    bool good = is_text(args->model) && is_text(args->system) && is_text(args->conversation) && is_text(args->template);
    for (unsigned i = 0; i < args->n_vars; i++)
        good = good && is_text(args->vars[i]);
    return good;
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

/* What is read for a question, apart from the command line. */
struct material {
    struct buf prompt, schema;
    struct attach attached;
    struct project_file project;
};

static void material_init(struct material *m)
{
    buf_init(&m->prompt, INPUT_MAX);
    buf_init(&m->schema, SCHEMA_ARG_MAX);
    attach_init(&m->attached);
    project_file_init(&m->project);
}

static void material_done(struct material *m)
{
    buf_done(&m->prompt);
    buf_done(&m->schema);
    attach_done(&m->attached);
    project_file_done(&m->project);
}

static enum error_code read_project(struct material *m, const struct args *args, struct question *q, struct error *err)
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

static enum error_code read_question(struct material *m, const struct args *args, struct question *q, struct error *err)
{
    enum error_code code = ERR_NONE;
    if (args->schema != NULL) {
        code = schema_arg_put(&m->schema, args->schema, err);
        q->schema = &m->schema;
    }
    if (code == ERR_NONE)
        code = read_project(m, args, q, err);
    if (code == ERR_NONE)
        code = attach_all(&m->attached, args, err);
    q->attachments = &m->attached;
    return code == ERR_NONE ? read_prompt(m, args, q, err) : code;
}

static int ask_prompt(const struct args *args)
{
    struct question q = question_of(args);
    struct material m;
    struct error err = ERROR_INIT;
    material_init(&m);
    enum error_code code = read_question(&m, args, &q, &err);
    int status = code == ERR_NOT_FOUND ? EXIT_USAGE : EXIT_DATA;
    if (code != ERR_NONE) {
        exit_print(program, "%s", err.message);
    } else {
        signals_catch();
        status = ask(args, &q);
    }
    material_done(&m);
    return status;
}

int main(int argc, char **argv)
{
    struct args args;
    out_keep_standard();
    out_init(&out, STDOUT_FILENO);
    switch (args_parse(&args, argc, argv)) {
    case ARGS_HELP: return print_and_exit(args_usage);
    case ARGS_VERSION: return print_version();
    case ARGS_WRONG: exit_print(program, "%s: see ask --help", args.why); return EXIT_USAGE;
    case ARGS_ASK: break;
    }
    if (!are_texts(&args)) {
        exit_print(program, "a value of an option is not UTF-8: convert it");
        return EXIT_DATA;
    }
    return ask_prompt(&args);
}
