#include "client/ask/asking.h"
#include "client/ask/again.h"
#include "client/ask/command.h"
#include "client/ask/copy.h"
#include "client/ask/plain.h"
#include "client/common/call.h"
#include "client/common/ending.h"
#include "client/common/escape.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/common/json_print.h"
#include "client/common/stream.h"
#include "client/common/view_text.h"
#include <errno.h>

int asking_encode(const struct question *q, struct buf *params)
{
    buf_init(params, ASKING_PARAMS_MAX);
    question_put(params, q);
    if (!params->failed)
        return EXIT_OK;
    exit_print(ASKING_PROGRAM, "the prompt does not fit into memory: send less");
    return EXIT_DATA;
}

int asking_run(const struct asking *a, struct view *view, const struct question *q, msgpack_unpacked *reply)
{
    struct stream stream = {.program = ASKING_PROGRAM,
                            .ask = a->ask,
                            .view = view,
                            .own = true,
                            .kept = q->conversation != NULL || q->parent != NULL};
    struct buf params;
    int status = asking_encode(q, &params);
    if (status == EXIT_OK)
        status = stream_run(&stream, q->n_models > 0 ? "compare" : "chat", &params, reply);
    buf_done(&params);
    return status;
}

/* -- what stands behind an answer -- */

static bool is_misfit(const msgpack_object *answer)
{
    msgpack_object_map map;
    return mp_map(answer, &map) && mp_get(&map, "schema_error") != NULL;
}

/* What had to fit a schema was looked at before it is printed: as it is, for to a screen JSON would be Markdown. There
 * what hides or turns characters is shown too. */
static void print_whole(const struct asking *a, const msgpack_object *answer)
{
    msgpack_object_map map;
    struct buf shown;
    const char *text;
    size_t len;
    if (!mp_map(answer, &map) || !field_str(&map, "text", &text, &len) || len == 0)
        return;
    buf_init(&shown, SIZE_MAX / 2); /* of the answer's size, which is bounded */
    if (command_on_screen(a->frontend, a->args, a->out))
        escape_visible(&shown, text, len, "\n\t");
    else
        (void)buf_append(&shown, text, len);
    if (shown.failed)
        a->out->error = ENOMEM; /* which is told as any fault of the output */
    (void)out_text(a->out, (const char *)shown.data, shown.len);
    if (a->out->terminal && a->out->last != '\n')
        (void)out_write(a->out, "\n", 1);
    buf_done(&shown);
}

static int finish(const struct asking *a, const msgpack_object *answer)
{
    const bool for_people = args_for_people(a->args);
    if (a->args->format == ARGS_JSON) {
        (void)json_print(a->out, answer);
        (void)out_write(a->out, "\n", 1);
    } else if (a->args->schema != NULL && for_people) {
        print_whole(a, answer);
    }
    int status = exit_flush(ASKING_PROGRAM, a->out, "the answer");
    if (status != EXIT_OK)
        return status;
    if (for_people)
        ending_print(ASKING_PROGRAM, answer);
    if (for_people && a->out->terminal && !command_on_screen(a->frontend, a->args, a->out))
        plain_cached(answer);
    if (a->args->stats)
        plain_stats(answer);
    if (a->args->copy)
        status = copy_answer(a->out, answer);
    return status == EXIT_OK && is_misfit(answer) ? (int)EXIT_MISFIT : status;
}

struct view *asking_waiting(const struct asking *a, bool hidden)
{
    static const struct view_text_options silent = {.program = ASKING_PROGRAM, .silent = true};
    struct args thoughts = *a->args;
    if (!command_on_screen(a->frontend, a->args, a->out))
        return view_text_new(&silent, a->out);
    if (thoughts.reasoning != ARGS_REASONING_HIDE)
        thoughts.reasoning = ARGS_REASONING_ONLY;
    struct view *view = a->frontend->answer(&thoughts, a->out);
    if (view != NULL)
        view->hidden = hidden;
    return view;
}

/* An answer by a schema is looked at as a whole first. */
static struct view *view_of(const struct asking *a)
{
    struct view *view = a->args->schema != NULL && args_for_people(a->args)
                            ? asking_waiting(a, false)
                            : command_view(a->frontend, a->args, a->out);
    return a->asked != NULL ? asked_view(view, a->asked) : view;
}

static int run_again(const struct asking *a, struct view *view, struct question q, const struct again *again,
                     msgpack_unpacked *reply)
{
    ending_print(ASKING_PROGRAM, &reply->data);
    if (a->args->stats)
        plain_stats(&reply->data);
    exit_print(ASKING_PROGRAM, "it is asked for once more");
    again_ask(again, &q);
    return asking_run(a, view, &q, reply);
}

int asking_follow(const struct asking *a, const struct question *q)
{
    struct again again = {.conversation = ""};
    msgpack_unpacked reply;
    struct view *view = view_of(a);
    if (view == NULL) {
        exit_print(ASKING_PROGRAM, "out of memory: nothing was asked");
        return EXIT_OS;
    }
    msgpack_unpacked_init(&reply);
    if (a->said != NULL)
        view_said(view, (const char *)a->said->data, a->said->len);
    int status = asking_run(a, view, q, &reply);
    if (status == EXIT_OK && a->args->schema_retry && again_wanted(&again, &reply.data) && again_possible(&again, q))
        status = run_again(a, view, *q, &again, &reply);
    const int seen = view->status;
    view_free(view);
    if (status == EXIT_OK)
        status = finish(a, &reply.data);
    if (status == EXIT_OK)
        status = seen;
    again_done(&again);
    msgpack_unpacked_destroy(&reply);
    return status;
}

/* -- an answer that nobody waits for -- */

/* The id alone, so that a shell can take it; whoever looks on is told what to do with it. */
static int print_detached(const struct asking *a, const msgpack_object *reply)
{
    const bool json = a->args->format == ARGS_JSON;
    msgpack_object_map map;
    const char *id;
    size_t len;
    if (!mp_map(reply, &map) || !field_str(&map, "answer", &id, &len)) {
        exit_print(ASKING_PROGRAM, "the daemon's response names no answer: check that its version is ours");
        return EXIT_PROTOCOL;
    }
    if (json)
        (void)json_print(a->out, reply);
    else
        (void)out_text(a->out, id, len);
    (void)out_write(a->out, "\n", 1);
    int status = exit_flush(ASKING_PROGRAM, a->out, "the answer's id");
    if (status == EXIT_OK && a->out->terminal && !json)
        exit_print(ASKING_PROGRAM, "askctl attach %.*s shows it", (int)len, id);
    return status;
}

int asking_detach(const struct asking *a, const struct question *q)
{
    struct buf params;
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    int status = asking_encode(q, &params);
    if (status == EXIT_OK)
        status = call_run(ASKING_PROGRAM, a->ask, "chat", &params, &reply);
    buf_done(&params);
    if (status == EXIT_OK)
        status = print_detached(a, &reply.data);
    msgpack_unpacked_destroy(&reply);
    return status;
}
