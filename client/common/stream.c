#include "client/common/stream.h"
#include "client/common/call.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/common/signals.h"
#include "lib/base/clock.h"
#include "lib/proto/mp.h"
#include <errno.h>
#include <poll.h>
#include <string.h>

enum { CANCEL_WAIT_MS = 1000 };

static bool unpack(msgpack_unpacked *into, const unsigned char *data, size_t len)
{
    size_t at = 0;
    return msgpack_unpack_next(into, (const char *)data, len, &at) == MSGPACK_UNPACK_SUCCESS;
}

static bool is_event(const struct ask_message *m)
{
    static const char method[] = "answer.event";
    return m->kind == ASK_NOTIFICATION && m->method_len == strlen(method) &&
           memcmp(m->method, method, m->method_len) == 0;
}

/* The place of an answer among those of the call, which it gets with its first event; STREAM_ANSWERS_MAX where there is
 * none for it. */
static unsigned index_of(struct stream *s, const char *id, size_t len)
{
    unsigned i = 0;
    if (len >= STREAM_ID_SIZE)
        return STREAM_ANSWERS_MAX;
    while (i < s->n_answers && (strlen(s->answers[i]) != len || memcmp(s->answers[i], id, len) != 0))
        i++;
    if (i == s->n_answers && i < STREAM_ANSWERS_MAX) {
        memcpy(s->answers[i], id, len);
        s->answers[i][len] = '\0';
        s->n_answers++;
    }
    return i;
}

/* params: [answer id, seq, event]. False for what cannot be read. */
static bool read_event(struct stream *s, const msgpack_object *params, struct view_event *e)
{
    msgpack_object_array args;
    const char *id, *type;
    size_t id_len, type_len;
    if (!mp_array(params, &args) || args.size < 3 || !mp_str(&args.ptr[0], &id, &id_len) ||
        !mp_int(&args.ptr[1], &e->seq) || !mp_map(&args.ptr[2], &e->map) ||
        !field_str(&e->map, "type", &type, &type_len))
        return false;
    e->index = index_of(s, id, id_len);
    if (e->index == STREAM_ANSWERS_MAX)
        return false;
    e->answer = s->answers[e->index];
    e->kind = view_kind_of(type, type_len);
    e->event = &args.ptr[2];
    return true;
}

/* Hands the event on to the view. False for one that cannot be read. */
static bool take_event(struct stream *s, const struct ask_message *m)
{
    msgpack_unpacked event;
    struct view_event e;
    msgpack_unpacked_init(&event);
    bool ok = unpack(&event, m->body, m->body_len) && read_event(s, &event.data, &e);
    if (ok) {
        s->told_stored |= e.kind == VIEW_START && mp_get(&e.map, "conversation") != NULL;
        view_event(s->view, &e);
    }
    msgpack_unpacked_destroy(&event);
    return ok;
}

/* The next message before the deadline; false where none comes, or none ever will. */
static bool next_message(struct stream *s, int64_t deadline, struct ask_message *m)
{
    for (;;) {
        int64_t left = deadline - clock_mono_us() / 1000;
        enum ask_status status = left > 0 ? ask_receive(s->ask, (int)left, m, NULL) : ASK_TIMEOUT;
        if (status != ASK_INTERRUPTED)
            return status == ASK_OK;
    }
}

/* Ends the answers of the call, those too that no event has told of yet, and gives the daemon a moment to confirm it:
 * hanging up would not end what belongs to a conversation. What else goes wrong is of no interest any more. */
static void cancel(struct stream *s)
{
    int64_t deadline = clock_mono_us() / 1000 + CANCEL_WAIT_MS;
    struct ask_message m;
    struct buf params;
    uint32_t msgid;
    if (!s->own)
        return;
    buf_init(&params, 64);
    mp_put_map(&params, 1);
    mp_put_entry_uint(&params, "request", s->msgid);
    bool sent = !params.failed && ask_send(s->ask, "answer.cancel", params.data, params.len, &msgid, NULL) == ASK_OK;
    buf_done(&params);
    while (sent && next_message(s, deadline, &m) && (m.kind != ASK_RESPONSE || m.msgid != s->msgid))
        ;
}

/* How to exit once the output was stopped or a signal came. */
static int leave(struct stream *s)
{
    struct out *out = s->view->out;
    int error = out->error, signal = signals_pending();
    cancel(s);
    if (error == 0) {
        view_end(s->view, NULL);
        (void)out_flush(out);
    }
    if (signal != 0)
        return 128 + signal;
    return exit_unwritten(s->program, out, "the answer");
}

int stream_flush(struct stream *s)
{
    return out_flush(s->view->out) && signals_pending() == 0 ? EXIT_OK : leave(s);
}

/* The same at the end of all, which the view is told. */
static int end(struct stream *s, const msgpack_object *reply)
{
    view_end(s->view, reply);
    return stream_flush(s);
}

static int bad_message(const struct stream *s)
{
    exit_print(s->program, "the daemon sent what this client cannot read: check that its version is ours");
    return EXIT_PROTOCOL;
}

static bool is_unstored(const msgpack_object *answer)
{
    msgpack_object_map map;
    return mp_map(answer, &map) && mp_get(&map, "finish_reason") != NULL && mp_get(&map, "conversation") == NULL;
}

/* An answer that was to be stored, and is not, is told of: it is gone with the daemon. */
static void tell_unstored(const struct stream *s, const msgpack_object_map *reply, const msgpack_object *whole)
{
    msgpack_object_array arms;
    bool unstored = is_unstored(whole);
    if (field_array(reply, "answers", &arms))
        for (uint32_t i = 0; i < arms.size; i++)
            unstored |= is_unstored(&arms.ptr[i]);
    if (s->told_stored && unstored)
        exit_print(s->program,
                   "this is not stored yet, and lost if the daemon ends before it is: askctl status tells why");
}

static int on_response(struct stream *s, const struct ask_message *m, msgpack_unpacked *reply)
{
    msgpack_object_map map;
    const bool good = m->error == NULL && unpack(reply, m->body, m->body_len) && mp_map(&reply->data, &map);
    int status = end(s, good ? &reply->data : NULL);
    if (status == EXIT_OK && good)
        tell_unstored(s, &map, &reply->data);
    if (status != EXIT_OK || good)
        return status;
    if (m->error == NULL || !unpack(reply, m->error, m->error_len))
        return bad_message(s);
    return exit_error(s->program, &reply->data);
}

/* The connection is of no more use. What has come of the answer may be. */
static int lose(const struct stream *s, const struct ask_error *err)
{
    if (err->status != ASK_CLOSED || !s->kept)
        return exit_failure(s->program, err);
    if (s->n_answers > 0)
        exit_print(s->program, "the daemon closed the connection: askctl attach %s shows what came of the answer%s",
                   s->answers[0], s->own ? ", ask --continue-interrupted goes on with it" : "");
    else
        exit_print(s->program, "the daemon closed the connection: where the question was kept, ask -c goes on with it");
    return EXIT_UNAVAILABLE;
}

/* Waits for the daemon, a signal, or the end of whoever reads our output; at most as long as the view can. */
static int wait_for_more(struct stream *s)
{
    struct out *out = s->view->out;
    view_settle(s->view);
    int status = stream_flush(s);
    if (status != EXIT_OK)
        return status;
    struct pollfd fds[] = {
        {.fd = ask_fd(s->ask), .events = POLLIN}, {.fd = signals_fd(), .events = POLLIN}, {.fd = out->fd}};
    if (poll(fds, sizeof(fds) / sizeof(fds[0]), call_shorter(view_wait(s->view), ask_patience(s->ask))) > 0 &&
        (fds[2].revents & POLLERR) != 0)
        out->error = EPIPE;
    return out->error == 0 && signals_pending() == 0 ? EXIT_OK : leave(s);
}

static int follow(struct stream *s, msgpack_unpacked *reply)
{
    for (;;) {
        struct ask_error err;
        struct ask_message m;
        /* What has arrived is taken without waiting, so that it leaves in one write. */
        enum ask_status status = ask_receive(s->ask, 0, &m, &err);
        if (status == ASK_TIMEOUT || status == ASK_INTERRUPTED) {
            int left = wait_for_more(s);
            if (left != EXIT_OK)
                return left;
        } else if (status != ASK_OK) {
            int left = end(s, NULL);
            return left != EXIT_OK ? left : lose(s, &err);
        } else if (m.kind == ASK_RESPONSE) {
            if (m.msgid == s->msgid)
                return on_response(s, &m, reply);
        } else if (is_event(&m)) {
            if (!take_event(s, &m)) {
                int left = end(s, NULL);
                return left != EXIT_OK ? left : bad_message(s);
            }
            if (s->view->out->error != 0)
                return leave(s);
        }
    }
}

int stream_run(struct stream *s, const char *method, const struct buf *params, msgpack_unpacked *reply)
{
    struct ask_error err;
    s->n_answers = 0;
    s->told_stored = false;
    if (ask_send(s->ask, method, params->data, params->len, &s->msgid, &err) != ASK_OK)
        return exit_failure(s->program, &err);
    return follow(s, reply);
}
