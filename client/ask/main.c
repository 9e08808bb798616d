/* ask: one question to a language model. */
#include "client/ask/args.h"
#include "client/ask/input.h"
#include "client/ask/plain.h"
#include "client/common/ending.h"
#include "client/common/exit.h"
#include "client/common/json_print.h"
#include "client/common/signals.h"
#include "client/common/stream.h"
#include "client/common/where.h"
#include "lib/base/utf8.h"
#include "lib/base/version.h"
#include "lib/proto/mp.h"
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

static void put_conversation(struct buf *b, const struct args *args)
{
    if (args->keep == ARGS_NOWHERE) {
        mp_put_cstr(b, "store");
        mp_put_bool(b, false);
        return;
    }
    mp_put_entry(b, "conversation",
                 args->keep == ARGS_NAMED      ? args->conversation
                 : args->keep == ARGS_CONTINUE ? "last"
                                               : "new");
}

static void put_params(struct buf *b, const struct args *args, const struct buf *prompt)
{
    struct where where;
    where_find(&where);
    mp_put_map(b, 4U + (args->model != NULL) + (args->system != NULL));
    mp_put_cstr(b, "context");
    where_put(b, &where);
    put_conversation(b, args);
    mp_put_cstr(b, "prompt");
    mp_put_str(b, (const char *)prompt->data, prompt->len);
    mp_put_cstr(b, "stream");
    mp_put_bool(b, true); /* the first event tells whom to cancel */
    if (args->model != NULL) {
        mp_put_entry(b, "model", args->model);
    }
    if (args->system != NULL) {
        mp_put_entry(b, "system", args->system);
    }
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
    if (status == EXIT_OK && args->stats)
        plain_stats(answer);
    return status;
}

static void on_wait(void *data, const char *what)
{
    (void)data;
    exit_print_wait(program, what);
}

static int ask(const struct args *args, const struct buf *params)
{
    struct ask_error err;
    const struct ask_options options = {.socket = args->socket, .on_wait = on_wait};
    struct ask *handle = ask_open(&options, &err);
    if (handle == NULL)
        return signals_pending() != 0 ? 128 + signals_pending() : exit_failure(program, &err);

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
    ask_close(handle);
    return status;
}

static bool is_text(const char *s)
{
    return s == NULL || utf8_valid(s, strlen(s));
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

    struct buf prompt, params;
    struct error err = ERROR_INIT;
    buf_init(&prompt, INPUT_MAX);
    buf_init(&params, PARAMS_MAX);
    enum error_code code = input_read(&prompt, args.words, args.n_words, STDIN_FILENO, &err);
    if (code != ERR_NONE) {
        exit_print(program, "%s", err.message);
        buf_done(&prompt);
        return code == ERR_NOT_FOUND ? EXIT_USAGE : EXIT_DATA;
    }
    put_params(&params, &args, &prompt);
    buf_done(&prompt);
    signals_catch();
    int status;
    if (params.failed) {
        exit_print(program, "the prompt does not fit into memory: send less");
        status = EXIT_DATA;
    } else {
        status = ask(&args, &params);
    }
    buf_done(&params);
    return status;
}
