#include "client/common/stream.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/common/signals.h"
#include "lib/base/clock.h"
#include "lib/proto/mp.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>

enum { CANCEL_WAIT_MS = 1000 };

static bool is_event(const struct ask_message *m);
static bool on_event(struct stream *s, const struct ask_message *m);

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

/* Ends the answer, and gives the daemon a moment to confirm it. Its id stands in its first event, which may not have
 * come yet; hanging up would not end what belongs to a conversation. What else goes wrong is of no interest any more.
 */
static void cancel(struct stream *s)
{
    int64_t deadline = clock_mono_us() / 1000 + CANCEL_WAIT_MS;
    struct ask_message m;
    s->print_text = false;
    while (s->own && s->answer[0] == '\0' && next_message(s, deadline, &m) && m.kind != ASK_RESPONSE)
        if (is_event(&m))
            (void)on_event(s, &m);
    if (!s->own || s->answer[0] == '\0')
        return;
    struct buf params;
    buf_init(&params, 256);
    mp_put_map(&params, 1);
    mp_put_cstr(&params, "answer");
    mp_put_cstr(&params, s->answer);
    uint32_t msgid = 0;
    bool sent = !params.failed && ask_send(s->ask, "answer.cancel", params.data, params.len, &msgid, NULL) == ASK_OK;
    buf_done(&params);
    while (sent && next_message(s, deadline, &m) && (m.kind != ASK_RESPONSE || m.msgid != msgid))
        ;
}

/* How to exit once the output was stopped or a signal came. */
static int leave(struct stream *s)
{
    int error = s->out->error, signal = signals_pending();
    cancel(s);
    if (signal != 0)
        return 128 + signal;
    if (error == EPIPE)
        return EXIT_PIPE;
    exit_print(s->program, "cannot write the answer: %s: choose another place for it", strerror(error));
    return EXIT_IO;
}

int stream_flush(struct stream *s)
{
    return out_flush(s->out) && signals_pending() == 0 ? EXIT_OK : leave(s);
}

/* A prompt of the shell, or our message, is not to stand behind half a line on a terminal. */
static void end_line(struct stream *s)
{
    if (s->out->terminal && s->out->last != 0 && s->out->last != '\n')
        (void)out_write(s->out, "\n", 1);
}

static void print_text(struct stream *s, const msgpack_object_map *map)
{
    const char *text;
    size_t len;
    if (field_str(map, "text", &text, &len) && len > 0) {
        (void)out_text(s->out, text, len);
        s->printed = true;
    }
}

/* That a part of the conversation stayed behind, for instance. */
static void print_progress(struct stream *s, const msgpack_object_map *map)
{
    const char *message;
    size_t len;
    if (!field_str(map, "message", &message, &len) || len > INT_MAX)
        return;
    end_line(s);
    (void)out_flush(s->out);
    exit_print(s->program, "%.*s", (int)len, message);
}

static bool unpack(msgpack_unpacked *into, const unsigned char *data, size_t len)
{
    size_t at = 0;
    return msgpack_unpack_next(into, (const char *)data, len, &at) == MSGPACK_UNPACK_SUCCESS;
}

/* params: [answer id, seq, event]. */
static bool take_event(struct stream *s, const msgpack_object *params)
{
    msgpack_object_array args;
    msgpack_object_map event;
    const char *id, *type;
    size_t id_len, type_len;
    if (!mp_array(params, &args) || args.size < 3 || !mp_str(&args.ptr[0], &id, &id_len) ||
        !mp_map(&args.ptr[2], &event) || !field_str(&event, "type", &type, &type_len))
        return false;
    if (s->answer[0] == '\0' && id_len < sizeof(s->answer)) {
        memcpy(s->answer, id, id_len);
        s->answer[id_len] = '\0';
    }
    if (s->print_text && !s->whole && type_len == 4 && memcmp(type, "text", 4) == 0)
        print_text(s, &event);
    else if (s->out->terminal && type_len == 8 && memcmp(type, "progress", 8) == 0)
        print_progress(s, &event);
    return true;
}

static bool is_event(const struct ask_message *m)
{
    static const char method[] = "answer.event";
    return m->kind == ASK_NOTIFICATION && m->method_len == strlen(method) &&
           memcmp(m->method, method, m->method_len) == 0;
}

/* False for one that cannot be read. */
static bool on_event(struct stream *s, const struct ask_message *m)
{
    msgpack_unpacked event;
    msgpack_unpacked_init(&event);
    bool ok = unpack(&event, m->body, m->body_len) && take_event(s, &event.data);
    msgpack_unpacked_destroy(&event);
    return ok;
}

static int bad_message(const struct stream *s)
{
    exit_print(s->program, "the daemon sent what this client cannot read: check that its version is ours");
    return EXIT_PROTOCOL;
}

static int on_response(struct stream *s, const struct ask_message *m, msgpack_unpacked *reply)
{
    msgpack_object_map map;
    if (m->error != NULL) {
        end_line(s);
        int status = stream_flush(s);
        if (status != EXIT_OK)
            return status;
        return unpack(reply, m->error, m->error_len) ? exit_error(s->program, &reply->data) : bad_message(s);
    }
    if (!unpack(reply, m->body, m->body_len) || !mp_map(&reply->data, &map))
        return bad_message(s);
    if (s->print_text) {
        if (!s->printed && !s->part)
            print_text(s, &map);
        end_line(s);
    }
    return stream_flush(s);
}

/* The connection is of no more use. What has come of the answer may be. */
static int lose(const struct stream *s, const struct ask_error *err)
{
    if (err->status != ASK_CLOSED || !s->kept)
        return exit_failure(s->program, err);
    if (s->answer[0] != '\0')
        exit_print(s->program, "the daemon closed the connection: askctl attach %s shows what came of the answer%s",
                   s->answer, s->own ? ", ask --continue-interrupted goes on with it" : "");
    else
        exit_print(s->program, "the daemon closed the connection: where the question was kept, ask -c goes on with it");
    return EXIT_UNAVAILABLE;
}

/* Waits for the daemon, a signal, or the end of whoever reads our output. */
static int wait_for_more(struct stream *s)
{
    int status = stream_flush(s);
    if (status != EXIT_OK)
        return status;
    struct pollfd fds[] = {
        {.fd = ask_fd(s->ask), .events = POLLIN}, {.fd = signals_fd(), .events = POLLIN}, {.fd = s->out->fd}};
    if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) > 0 && (fds[2].revents & POLLERR) != 0)
        s->out->error = EPIPE;
    return s->out->error == 0 && signals_pending() == 0 ? EXIT_OK : leave(s);
}

static int follow(struct stream *s, uint32_t msgid, msgpack_unpacked *reply)
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
            end_line(s);
            int left = stream_flush(s);
            return left != EXIT_OK ? left : lose(s, &err);
        } else if (m.kind == ASK_RESPONSE) {
            if (m.msgid == msgid)
                return on_response(s, &m, reply);
        } else if (is_event(&m)) {
            if (!on_event(s, &m))
                return bad_message(s);
            if (s->out->error != 0)
                return leave(s);
        }
    }
}

int stream_run(struct stream *s, const char *method, const struct buf *params, msgpack_unpacked *reply)
{
    struct ask_error err;
    uint32_t msgid;
    if (ask_send(s->ask, method, params->data, params->len, &msgid, &err) != ASK_OK)
        return exit_failure(s->program, &err);
    return follow(s, msgid, reply);
}
