/* ask: one question to a language model. */
#include "client/ask/args.h"
#include "client/ask/input.h"
#include "client/ask/plain.h"
#include "client/ask/question.h"
#include "client/ask/resume.h"
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

enum { PARAMS_MAX = INPUT_MAX + (4 << 20) };

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

static int finish(struct stream *s, const struct args *args, const msgpack_object *answer)
{
    if (args->json) {
        (void)json_print(&out, answer);
        (void)out_write(&out, "\n", 1);
    }
    int status = stream_flush(s);
    if (status == EXIT_OK && !args->json)
        ending_print(program, answer);
    if (status == EXIT_OK && !args->json && out.terminal)
        plain_cached(answer);
    if (status == EXIT_OK && args->stats)
        plain_stats(answer);
    return status;
}

static void on_wait(void *data, const char *what)
{
    (void)data;
    exit_print_wait(program, what);
}

static int follow(struct ask *handle, const struct args *args, const struct buf *params)
{
    struct stream stream = {.program = program,
                            .ask = handle,
                            .out = &out,
                            .print_text = !args->json,
                            .whole = args->no_stream,
                            .own = true,
                            .kept = args->keep != ARGS_NOWHERE};
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    int status = stream_run(&stream, "chat", params, &reply);
    if (status == EXIT_OK)
        status = finish(&stream, args, &reply.data);
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

static int detach(struct ask *handle, const struct args *args, const struct buf *params)
{
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    int status = call_run(program, handle, "chat", params, &reply);
    if (status == EXIT_OK)
        status = print_detached(args, &reply.data);
    msgpack_unpacked_destroy(&reply);
    return status;
}

static int send_question(struct ask *handle, const struct args *args, const struct question *q)
{
    struct buf params;
    int status = EXIT_DATA;
    buf_init(&params, PARAMS_MAX);
    question_put(&params, q);
    if (params.failed)
        exit_print(program, "the prompt does not fit into memory: send less");
    else
        status = args->detach ? detach(handle, args, &params) : follow(handle, args, &params);
    buf_done(&params);
    return status;
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

static struct question question_of(const struct args *args)
{
    static const char *const conversations[] = {[ARGS_NEW] = "new", [ARGS_CONTINUE] = "last", [ARGS_NOWHERE] = NULL};
    return (struct question){.model = args->model,
                             .system = args->system,
                             .cache = args->cache,
                             .detach = args->detach,
                             .conversation = args->keep == ARGS_NAMED ? args->conversation : conversations[args->keep]};
}

/* Reads the prompt, where there is to be one. */
static int ask_prompt(const struct args *args)
{
    struct question q = question_of(args);
    struct buf prompt;
    struct error err = ERROR_INIT;
    buf_init(&prompt, INPUT_MAX);
    enum error_code code =
        args->interrupted ? ERR_NONE : input_read(&prompt, args->words, args->n_words, STDIN_FILENO, &err);
    int status = code == ERR_NOT_FOUND ? EXIT_USAGE : EXIT_DATA;
    if (code != ERR_NONE) {
        exit_print(program, "%s", err.message);
    } else {
        q.prompt = (const char *)prompt.data;
        q.prompt_len = prompt.len;
        signals_catch();
        status = ask(args, &q);
    }
    buf_done(&prompt);
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
    if (!is_text(args.model) || !is_text(args.system) || !is_text(args.conversation)) {
        exit_print(program, "the model, the system text or the conversation is not UTF-8: convert it");
        return EXIT_DATA;
    }
    return ask_prompt(&args);
}
