/* Questions of a session. */
#include "client/ask/compare.h"
#include "client/ask/context.h"
#include "client/common/call.h"
#include "client/common/exit.h"
#include "client/common/signals.h"
#include "client/tty/screen_modes.h"
#include "client/tty/session_state.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

void session_go_to(struct session *s, const char *conversation)
{
    if (strcmp(s->conversation, conversation) != 0)
        memmove(s->conversation, conversation, strlen(conversation) + 1);
    if (!watch_follows(s->watch, conversation))
        watch_follow(s->watch, conversation);
}

/* -- the connection -- */

/* A daemon that has gone away is noticed before it is asked. */
static void look_at_connection(struct session *s)
{
    struct ask_message m;
    enum ask_status status = ASK_OK;
    while (s->connected && status == ASK_OK)
        status = ask_receive(s->asking.ask, 0, &m, NULL);
    s->connected = s->connected && (status == ASK_TIMEOUT || status == ASK_INTERRUPTED);
}

static void on_wait(void *data, const char *what)
{
    (void)data;
    exit_print_wait(ASKING_PROGRAM, what);
}

bool session_connect(struct session *s)
{
    struct ask_error err;
    const struct ask_options options = {.socket = s->args.socket, .on_wait = on_wait};
    look_at_connection(s);
    if (s->connected)
        return true;
    struct ask *ask = ask_open(&options, &err);
    if (ask == NULL) {
        (void)exit_failure(ASKING_PROGRAM, &err);
        return false;
    }
    if (s->own_ask)
        ask_close(s->asking.ask);
    s->asking.ask = ask;
    s->own_ask = true;
    s->connected = true;
    watch_follow(s->watch, s->conversation);
    return true;
}

bool session_call(struct session *s, const char *method, const struct buf *params, msgpack_unpacked *reply)
{
    if (params->failed) {
        exit_print(ASKING_PROGRAM, "that is too long for a name: /help says what each command takes");
        return false;
    }
    return session_connect(s) && call_run(ASKING_PROGRAM, s->asking.ask, method, params, reply) == EXIT_OK;
}

/* -- a question -- */

static struct question question_of(const struct session *s, const char *text, size_t len)
{
    struct question q = s->base;
    q.prompt = text;
    q.prompt_len = len;
    if (s->model != NULL)
        q.model = s->model;
    if (s->system != NULL)
        q.system = s->system[0] != '\0' ? s->system : NULL;
    q.attachments = &s->attached;
    if (!session_keeps(s)) {
        q.said = q.template == NULL ? &s->said : NULL; /* what a prompt of the library makes is not known here */
        return q;
    }
    if (s->conversation[0] != '\0')
        q.conversation = s->conversation;
    if (s->editing[0] != '\0')
        q.edit = s->editing;
    else if (s->parent[0] != '\0')
        q.parent = s->parent;
    return q;
}

/* The question and what was said to it go before the next one; an answer that says nothing would be refused there. */
static void keep_turn(struct session *s, struct question q)
{
    struct buf message;
    s->said_last = false;
    if (s->last.text.len == 0 || q.template != NULL)
        return;
    buf_init(&message, ASKING_PARAMS_MAX);
    q.attachments = &s->attached_last;
    question_put_message(&message, &q);
    s->said_last = !message.failed && said_turns_add(&s->said, &message, &s->last.text);
    if (!s->said_last)
        exit_print(ASKING_PROGRAM,
                   "this session has grown over %d MiB: what was said now is forgotten; /new begins anew",
                   TURNS_MAX >> 20);
    buf_done(&message);
}

/* It was asked: from the answer's first event on it is known where. */
static void settle(struct session *s)
{
    if (s->last.message[0] != '\0')
        memcpy(s->message, s->last.message, sizeof(s->message));
    if (s->last.conversation[0] != '\0')
        session_go_to(s, s->last.conversation);
    s->parent[0] = '\0';
    s->editing[0] = '\0';
    s->editing_turn = false;
    attach_done(&s->attached_last);
    s->attached_last = s->attached;
    attach_init(&s->attached);
}

/* Ctrl-C ends what runs, and not the session. */
static void forget_stop(void)
{
    if (signals_pending() != SIGINT)
        return;
    signals_clear();
    exit_print(ASKING_PROGRAM, "stopped");
}

/* Asks and shows the answer. False where it was not asked. */
static bool follow(struct session *s, const struct question *q)
{
    buf_clear(&s->last.text);
    s->last.answer[0] = '\0';
    signals_stay(screen_modes_leave); /* a view of its own may have ended it */
    screen_modes_quiet();
    const bool several = args_compares(&s->args);
    if ((several ? compare_run(&s->asking, q) : asking_follow(&s->asking, q)) == EXIT_UNAVAILABLE)
        look_at_connection(s);
    screen_modes_restore();
    forget_stop();
    if (s->last.answer[0] == '\0')
        return false;
    settle(s);
    if (several)
        s->message[0] = '\0'; /* the head tells which one was picked */
    if (s->last.done && !several)
        session_learn_window(s);
    if (!session_keeps(s))
        keep_turn(s, *q);
    return true;
}

void session_put_back(struct session *s, const char *text, size_t len)
{
    struct buf line;
    buf_init(&line, LINE_BYTES_MAX);
    if (len > 0 && text[0] == '/')
        (void)buf_putc(&line, '/'); /* as it is to be typed */
    (void)buf_append(&line, text, len);
    free(s->put_back);
    s->put_back = strdup(buf_cstr(&line));
    buf_done(&line);
}

static void drop_last_turn(struct session *s)
{
    if (s->said_last)
        said_turns_drop_last(&s->said);
    s->said_last = false;
}

/* -x: what the sets bring now. False where the question cannot go without, which was told. */
static bool read_contexts(struct session *s)
{
    struct error err = ERROR_INIT;
    if (s->args.n_contexts == 0)
        return true;
    signals_stay(screen_modes_leave);
    const enum error_code code = context_attach(&s->args, s->asking.project, ASKING_PROGRAM, &s->attached, &err);
    if (code == ERR_CANCELLED)
        forget_stop();
    else if (code != ERR_NONE)
        exit_print(ASKING_PROGRAM, "%s", err.message);
    return code == ERR_NONE;
}

void session_ask(struct session *s, const char *text, size_t len)
{
    const struct attach before = s->attached;
    bool asked = false;
    if (session_connect(s) && read_contexts(s)) {
        const struct question q = question_of(s, text, len);
        if (s->editing_turn)
            drop_last_turn(s);
        asked = follow(s, &q);
    }
    if (asked) {
        buf_clear(&s->question);
        (void)buf_append(&s->question, text, len);
    } else {
        attach_back(&s->attached, &before);
        session_put_back(s, text, len);
    }
}

static void retry_kept(struct session *s)
{
    char answer[ASKED_ID_SIZE];
    struct question q = question_of(s, "", 0);
    memcpy(answer, s->message, sizeof(answer)); /* the new one takes its place */
    q.regenerate = answer;
    q.parent = q.edit = NULL;
    (void)follow(s, &q);
}

/* With what was attached to it; what is attached since waits for the next question. */
static void retry_unkept(struct session *s)
{
    const struct attach waiting = s->attached;
    s->attached = s->attached_last;
    attach_init(&s->attached_last);
    struct question q = question_of(s, (const char *)s->question.data, s->question.len);
    q.cache = "refresh";
    drop_last_turn(s);
    if (!follow(s, &q))
        s->attached_last = s->attached;
    s->attached = waiting;
}

void session_retry(struct session *s)
{
    if (!session_connect(s))
        return;
    if (session_keeps(s))
        retry_kept(s);
    else
        retry_unkept(s);
}

void session_ask_several(struct session *s, const char *models, const char *text, size_t len)
{
    struct args before = s->args;
    s->args.model = models;
    s->args.pick = s->args.pick || session_keeps(s);
    if (len > 0)
        session_ask(s, text, len);
    else
        session_retry(s);
    s->args.model = before.model;
    s->args.pick = before.pick;
}
