#include "client/common/call.h"
#include "client/common/exit.h"
#include "client/common/signals.h"
#include <poll.h>

/* Who has something to do while it is waited. */
struct meanwhile {
    int (*turn)(void *data);
    void *data;
};

int call_shorter(int a, int b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* As ask_call, but a signal that was caught ends it, whenever it comes. */
static enum ask_status call(struct ask *a, const char *method, const struct buf *params, const struct meanwhile *w,
                            struct ask_message *m, struct ask_error *err)
{
    struct pollfd fds[] = {{.fd = ask_fd(a), .events = POLLIN}, {.fd = signals_fd(), .events = POLLIN}};
    uint32_t msgid;
    enum ask_status status =
        ask_send(a, method, params != NULL ? params->data : NULL, params != NULL ? params->len : 0, &msgid, err);
    while (status == ASK_OK) {
        status = ask_receive(a, 0, m, err);
        if (status == ASK_OK && m->kind == ASK_RESPONSE && m->msgid == msgid)
            break;
        if ((status == ASK_TIMEOUT || status == ASK_INTERRUPTED) && signals_pending() == 0) {
            const int wait = w->turn != NULL ? w->turn(w->data) : -1;
            (void)poll(fds, sizeof(fds) / sizeof(fds[0]), call_shorter(wait, ask_patience(a)));
            status = ASK_OK;
        }
    }
    return status;
}

int call_read(const char *program, const struct ask_message *m, msgpack_unpacked *value, bool *refused)
{
    size_t at = 0;
    *refused = m->error != NULL;
    if (msgpack_unpack_next(value, (const char *)(*refused ? m->error : m->body), *refused ? m->error_len : m->body_len,
                            &at) == MSGPACK_UNPACK_SUCCESS)
        return EXIT_OK;
    exit_print(program, "the daemon's message cannot be read: check that its version is ours");
    return EXIT_PROTOCOL;
}

static int try(const char *program, struct ask *a, const char *method, const struct buf *params,
               const struct meanwhile *w, msgpack_unpacked *reply, bool *refused)
{
    struct ask_error err;
    struct ask_message m;
    if (call(a, method, params, w, &m, &err) != ASK_OK)
        return signals_pending() != 0 ? 128 + signals_pending() : exit_failure(program, &err);
    return call_read(program, &m, reply, refused);
}

int call_try(const char *program, struct ask *a, const char *method, const struct buf *params, msgpack_unpacked *reply,
             bool *refused)
{
    const struct meanwhile nothing = {0};
    return try(program, a, method, params, &nothing, reply, refused);
}

int call_run_while(const char *program, struct ask *a, const char *method, const struct buf *params,
                   msgpack_unpacked *reply, int (*turn)(void *data), void *data)
{
    const struct meanwhile w = {turn, data};
    bool refused = false;
    int status = try(program, a, method, params, &w, reply, &refused);
    return refused && status == EXIT_OK ? exit_error(program, &reply->data) : status;
}

int call_run(const char *program, struct ask *a, const char *method, const struct buf *params, msgpack_unpacked *reply)
{
    return call_run_while(program, a, method, params, reply, NULL, NULL);
}
