#include "client/tty/session.h"
#include "client/common/call.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/common/signals.h"
#include "client/tty/screen_modes.h"
#include "client/tty/session_state.h"
#include "lib/base/paths.h"
#include "lib/proto/mp.h"
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define HISTORY_FILE "history"

enum { ID_SHOWN = 16 }; /* bytes */

/* -- what the line editor asks of a session -- */

static int on_fd(void *data)
{
    const struct session *s = data;
    return watch_fd(s->watch);
}

static bool on_heard(void *data)
{
    struct session *s = data;
    return watch_heard(s->watch);
}

static void on_show(void *data)
{
    struct session *s = data;
    watch_show(s->watch, &s->last);
    if (s->last.message[0] != '\0')
        memcpy(s->message, s->last.message, sizeof(s->message));
    if (watch_fd(s->watch) < 0)
        s->connected = false;
}

static void on_answer(void *data, const char *answer)
{
    struct session *s = data;
    watch_own(s->watch, answer);
}

/* What follows an answer may be asked at the terminal. */
static void on_answer_end(void *data)
{
    (void)data;
    screen_modes_restore();
}

/* -- its life -- */

bool session_keeps(const struct session *s)
{
    return s->base.conversation != NULL;
}

/* "" where there is none. */
static void history_path(char path[PATH_MAX])
{
    struct error err = ERROR_INIT;
    if (paths_state_dir(path, PATH_MAX, &err) != ERR_NONE || strlen(path) + sizeof("/" HISTORY_FILE) > PATH_MAX)
        path[0] = '\0';
    else
        strcat(path, "/" HISTORY_FILE);
}

/* What was attached on the command line goes with the first question. */
static bool take_attached(struct session *s)
{
    const struct attach *a = s->base.attachments;
    attach_init(&s->attached);
    attach_init(&s->attached_last);
    s->base.attachments = NULL;
    if (a == NULL)
        return true;
    s->attached.n = a->n;
    s->attached.tree_max = a->tree_max;
    s->attached.tree_len = a->tree_len;
    return buf_append(&s->attached.parts, a->parts.data, a->parts.len);
}

static bool begin(struct session *s, const struct asking *a, const struct question *base)
{
    char history[PATH_MAX];
    const struct line_hooks hooks = {s, on_fd, on_heard, on_show, session_complete};
    *s = (struct session){.asking = *a, .args = *a->args, .base = *base, .connected = true, .status = EXIT_OK};
    s->asking.args = &s->args;
    s->asking.asked = &s->last;
    asked_init(&s->last);
    s->last.data = s;
    s->last.on_answer = on_answer;
    s->last.on_end = on_answer_end;
    said_turns_init(&s->said);
    buf_init(&s->question, LINE_BYTES_MAX);
    if (base->parent != NULL)
        memcpy(s->parent, base->parent, strlen(base->parent) + 1);
    s->base.parent = NULL;
    const bool attached = take_attached(s);
    history_path(history);
    s->line = line_new(&hooks, history[0] != '\0' ? history : NULL);
    s->watch = watch_new(&s->asking);
    return attached && s->line != NULL && s->watch != NULL;
}

static void end(struct session *s)
{
    line_free(s->line);
    watch_free(s->watch);
    attach_done(&s->attached);
    attach_done(&s->attached_last);
    asked_done(&s->last);
    said_turns_done(&s->said);
    buf_done(&s->question);
    if (s->own_ask)
        ask_close(s->asking.ask);
    free(s->model);
    free(s->system);
    free(s->put_back);
}

/* Which conversation it is that was named, or is "last", before anything is asked in it: others may ask there
 * meanwhile. EXIT_OK, or the status to exit with after it was told that there is none. */
static int find_conversation(struct session *s)
{
    char id[ASKED_ID_SIZE] = "";
    struct question q = {.prompt = "", .conversation = s->base.conversation, .model = s->base.model};
    struct buf params;
    msgpack_unpacked reply;
    msgpack_object_map map;
    if (s->base.conversation == NULL || strcmp(s->base.conversation, "new") == 0)
        return EXIT_OK;
    msgpack_unpacked_init(&reply);
    int status = asking_encode(&q, &params);
    if (status == EXIT_OK)
        status = call_run(ASKING_PROGRAM, s->asking.ask, "answer.estimate", &params, &reply);
    if (status == EXIT_OK && mp_map(&reply.data, &map) && field_copy(&map, "conversation", id, sizeof(id)))
        session_go_to(s, id);
    buf_done(&params);
    msgpack_unpacked_destroy(&reply);
    return status;
}

/* -- one input after the other -- */

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\n")] == '\0';
}

static enum session_next take(struct session *s, const char *text)
{
    if (is_blank(text))
        return SESSION_GO_ON;
    line_remember(s->line, text, session_keeps(s));
    if (text[0] == '/' && text[1] != '/')
        return session_command(s, text);
    if (text[0] == '/')
        text++;
    session_ask(s, text, strlen(text));
    return SESSION_GO_ON;
}

/* What was to be asked in the place of another question is not any more. */
static void give_up_editing(struct session *s)
{
    s->editing[0] = '\0';
    s->editing_turn = false;
}

static enum session_next read_one(struct session *s, struct buf *prompt, struct buf *text)
{
    char *start = s->put_back;
    s->put_back = NULL;
    buf_clear(prompt);
    session_prompt(s, prompt);
    const enum line_end end = line_read(s->line, buf_cstr(prompt), start, text);
    free(start);
    switch (end) {
    case LINE_TEXT: return take(s, buf_cstr(text));
    case LINE_CLEARED: give_up_editing(s); return SESSION_GO_ON;
    case LINE_EOF: return SESSION_QUIT;
    case LINE_SIGNAL: s->status = 128 + signals_pending(); return SESSION_QUIT;
    case LINE_HANGUP: s->status = 128 + SIGHUP; return SESSION_QUIT;
    case LINE_FAILED: break;
    }
    exit_print(ASKING_PROGRAM, "out of memory");
    s->status = EXIT_OS;
    return SESSION_QUIT;
}

static void run(struct session *s)
{
    struct buf prompt, text;
    enum session_next next = SESSION_GO_ON;
    buf_init(&prompt, SESSION_PARAMS_MAX);
    buf_init(&text, LINE_BYTES_MAX);
    while (next == SESSION_GO_ON) {
        next = read_one(s, &prompt, &text);
        if (signals_pending() != 0 && next == SESSION_GO_ON) {
            s->status = 128 + signals_pending();
            next = SESSION_QUIT;
        }
    }
    buf_done(&prompt);
    buf_done(&text);
}

/* What is longer than any id is none, and has no room here. */
static bool are_ids(const struct question *q)
{
    const char *const ids[] = {q->conversation, q->parent}, *const what[] = {"conversation", "message"};
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        if (ids[i] != NULL && strlen(ids[i]) >= ASKED_ID_SIZE) {
            exit_print(ASKING_PROGRAM, "there is no %s %.*s: askctl conv list and conv show have the ids", what[i],
                       ID_SHOWN, ids[i]);
            return false;
        }
    return true;
}

int session_run(const struct asking *a, const struct question *base)
{
    struct session s;
    if (!are_ids(base))
        return EXIT_OTHER;
    screen_modes_init();
    signals_stay(screen_modes_leave);
    if (begin(&s, a, base)) {
        s.status = find_conversation(&s);
        if (s.status == EXIT_OK)
            run(&s);
    } else {
        exit_print(ASKING_PROGRAM, "out of memory");
        s.status = EXIT_OS;
    }
    screen_modes_restore();
    end(&s);
    return s.status;
}
