#include "client/tty/watch.h"
#include "client/ask/command.h"
#include "client/common/call.h"
#include "client/common/colour.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/common/signals.h"
#include "client/common/stream.h"
#include "client/tty/cell.h"
#include "client/tty/message_text.h"
#include "client/tty/screen_modes.h"
#include "client/tty/style.h"
#include "lib/proto/mp.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMS_MAX = 4096 };

/* An answer that is to be shown. */
struct heard {
    char answer[ASKED_ID_SIZE], message[ASKED_ID_SIZE], question[ASKED_ID_SIZE];
};

struct watch {
    const struct asking *asking; /* borrowed */
    struct ask *ask;             /* owned, NULL where it listens to nothing */
    char conversation[ASKED_ID_SIZE];
    char own[WATCH_OWN_MAX][ASKED_ID_SIZE];
    unsigned next_own;
    struct heard heard[WATCH_HEARD_MAX];
    unsigned n_heard;
    bool missed, deleted, lost; /* is to be told */
};

struct watch *watch_new(const struct asking *a)
{
    struct watch *w = calloc(1, sizeof(*w));
    if (w != NULL)
        w->asking = a;
    return w;
}

static void stop(struct watch *w)
{
    ask_close(w->ask);
    w->ask = NULL;
}

void watch_free(struct watch *w)
{
    if (w == NULL)
        return;
    stop(w);
    free(w);
}

static struct ask *open_connection(const struct watch *w)
{
    struct ask_error err;
    const struct ask_options options = {.socket = w->asking->args->socket, .no_autostart = 1};
    return ask_open(&options, &err);
}

void watch_follow(struct watch *w, const char *conversation)
{
    struct ask_error err;
    struct ask_message m;
    struct buf params;
    stop(w);
    w->n_heard = 0;
    w->missed = w->deleted = w->lost = false;
    memcpy(w->conversation, conversation, strlen(conversation) + 1);
    if (conversation[0] == '\0' || (w->ask = open_connection(w)) == NULL)
        return;
    buf_init(&params, PARAMS_MAX);
    mp_put_map(&params, 1);
    mp_put_entry(&params, "conversation", conversation);
    if (ask_call(w->ask, "conversation.watch", params.data, params.len, &m, &err) != ASK_OK || m.error != NULL)
        stop(w);
    buf_done(&params);
}

bool watch_follows(const struct watch *w, const char *conversation)
{
    return w->ask != NULL && strcmp(w->conversation, conversation) == 0;
}

int watch_fd(const struct watch *w)
{
    return w->ask != NULL ? ask_fd(w->ask) : -1;
}

/* -- what comes -- */

static bool is_own(const struct watch *w, const char *answer)
{
    for (unsigned i = 0; i < WATCH_OWN_MAX; i++)
        if (strcmp(w->own[i], answer) == 0)
            return true;
    return false;
}

void watch_own(struct watch *w, const char *answer)
{
    if (is_own(w, answer) || strlen(answer) >= ASKED_ID_SIZE)
        return;
    memcpy(w->own[w->next_own], answer, strlen(answer) + 1);
    w->next_own = (w->next_own + 1) % WATCH_OWN_MAX;
}

static void take_answer(struct watch *w, const msgpack_object_map *change)
{
    struct heard h = {.answer = ""};
    if (!field_copy(change, "answer", h.answer, ASKED_ID_SIZE) || is_own(w, h.answer))
        return;
    (void)field_copy(change, "message", h.message, ASKED_ID_SIZE);
    (void)field_copy(change, "parent", h.question, ASKED_ID_SIZE);
    if (w->n_heard < WATCH_HEARD_MAX)
        w->heard[w->n_heard++] = h;
    else
        w->missed = true;
}

static bool is_type(const char *type, size_t len, const char *name)
{
    return len == strlen(name) && memcmp(type, name, len) == 0;
}

/* params: [watch, conversation, change]. */
static void take_change(struct watch *w, const struct ask_message *m)
{
    msgpack_unpacked params;
    msgpack_object_array args;
    msgpack_object_map change;
    const char *type;
    size_t len, at = 0;
    msgpack_unpacked_init(&params);
    if (msgpack_unpack_next(&params, (const char *)m->body, m->body_len, &at) == MSGPACK_UNPACK_SUCCESS &&
        mp_array(&params.data, &args) && args.size >= 3 && mp_map(&args.ptr[2], &change) &&
        field_str(&change, "type", &type, &len)) {
        if (is_type(type, len, "answer"))
            take_answer(w, &change);
        w->missed = w->missed || is_type(type, len, "lost");
        w->deleted = w->deleted || is_type(type, len, "deleted");
    }
    msgpack_unpacked_destroy(&params);
}

bool watch_heard(struct watch *w)
{
    struct ask_message m;
    enum ask_status status;
    while ((status = ask_receive(w->ask, 0, &m, NULL)) == ASK_OK)
        if (m.kind == ASK_NOTIFICATION)
            take_change(w, &m);
    if (status != ASK_TIMEOUT && status != ASK_INTERRUPTED) {
        stop(w);
        w->lost = true;
    }
    return w->n_heard > 0 || w->missed || w->deleted || w->lost;
}

/* -- showing it -- */

/* As answers show text, with its lines and tabs. */
static void put_question(struct buf *out, const char *text, size_t len)
{
    wchar_t before = 0;
    for (size_t n; len > 0; text += n, len -= n) {
        n = 1;
        if (*text == '\n' || *text == '\t')
            (void)buf_putc(out, *text);
        else
            n = cell_put(out, text, len, &before);
    }
}

/* The question, as the line looked into which it was typed. */
static void show_question(const struct watch *w, struct ask *ask, const struct heard *h)
{
    struct out *out = w->asking->out;
    struct buf params, head, shown;
    const char *text;
    size_t len;
    msgpack_unpacked reply;
    msgpack_object_map map, message;
    msgpack_object_array messages;
    bool refused;
    buf_init(&params, PARAMS_MAX);
    msgpack_unpacked_init(&reply);
    mp_put_map(&params, 2);
    mp_put_entry(&params, "conversation", w->conversation);
    mp_put_entry(&params, "branch", h->question);
    buf_init(&head, PARAMS_MAX);
    buf_init(&shown, ASKED_TEXT_MAX);
    style_puts(&head, colour_wanted(), STYLE_PROMPT, "elsewhere>");
    (void)out_write(out, head.data, head.len);
    (void)out_puts(out, " ");
    if (call_try(ASKING_PROGRAM, ask, "conversation.get", &params, &reply, &refused) == EXIT_OK && !refused &&
        mp_map(&reply.data, &map) && field_array(&map, "messages", &messages) && messages.size > 0 &&
        mp_map(&messages.ptr[messages.size - 1], &message)) {
        message_text(&message, &text, &len);
        put_question(&shown, text, len);
        (void)out_write(out, shown.data, shown.len);
    }
    (void)out_puts(out, "\n");
    (void)out_flush(out);
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    buf_done(&head);
    buf_done(&shown);
}

static void show_answer(const struct watch *w, struct ask *ask, const struct heard *h, struct asked *last)
{
    struct view *view = asked_view(command_view(w->asking->frontend, w->asking->args, w->asking->out), last);
    struct stream stream = {.program = ASKING_PROGRAM, .ask = ask, .view = view};
    struct buf params;
    msgpack_unpacked reply;
    if (view == NULL)
        return;
    buf_init(&params, PARAMS_MAX);
    msgpack_unpacked_init(&reply);
    mp_put_map(&params, 2);
    mp_put_entry(&params, "answer", h->answer);
    mp_put_cstr(&params, "stream");
    mp_put_bool(&params, true);
    (void)stream_run(&stream, "answer.attach", &params, &reply);
    memcpy(last->message, h->message, sizeof(last->message));
    view_free(view);
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
}

/* On a connection that ends with it: an answer that nobody wants to see any longer streams no further. */
static void show_one(const struct watch *w, const struct heard *h, struct asked *last)
{
    struct ask *ask = open_connection(w);
    if (ask == NULL)
        return;
    show_question(w, ask, h);
    screen_modes_quiet();
    show_answer(w, ask, h, last);
    screen_modes_restore();
    ask_close(ask);
    if (signals_pending() == SIGINT)
        signals_clear();
}

void watch_show(struct watch *w, struct asked *last)
{
    while (w->n_heard > 0 && signals_pending() == 0) {
        const struct heard h = w->heard[0];
        w->n_heard--;
        memmove(w->heard, w->heard + 1, w->n_heard * sizeof(w->heard[0]));
        show_one(w, &h, last);
    }
    if (w->missed)
        exit_print(ASKING_PROGRAM, "more was asked elsewhere than is shown: askctl conv show %s has it",
                   w->conversation);
    if (w->deleted)
        exit_print(ASKING_PROGRAM,
                   "this conversation was deleted: /new begins another, askctl conv restore %s has it "
                   "back",
                   w->conversation);
    if (w->lost)
        exit_print(ASKING_PROGRAM, "the daemon is gone: the next question connects again");
    w->missed = w->deleted = w->lost = false;
}
