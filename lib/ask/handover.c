/* Handing over to a newer version.
 *
 * After an upgrade the daemon that clients started runs on as it was. The first client of a newer version has it drain,
 * as `shutdown` does, and starts the new one: the old one closes its socket at once, ends its answers or keeps their
 * text, and lets its locks go at its end.
 *
 * The request to end goes over the connection on which the daemon told its version, so it cannot reach another one, and
 * saying it twice does no harm. The lock of start.c is held from before that until the new daemon accepts, so that
 * clients that find no socket meanwhile start none. */
#include "lib/ask/internal.h"
#include "lib/base/buf.h"
#include "lib/base/utf8.h"
#include "lib/base/version.h"
#include "lib/proto/mp.h"
#include <errno.h>
#include <poll.h>
#include <string.h>

enum {
    LOCK_LOOK_MS = 20,
    END_WAIT_MS = 15000, /* more than drain_timeout's default */
    VERSION_SIZE = 64
};

struct greeting {
    char version[VERSION_SIZE]; /* "" where it is not known */
    bool autostarted;
};

static void read_greeting(const struct ask_message *m, struct greeting *ret)
{
    msgpack_unpacked reply;
    msgpack_object_map map;
    const char *version;
    size_t at = 0, len;
    bool autostarted;
    msgpack_unpacked_init(&reply);
    if (msgpack_unpack_next(&reply, (const char *)m->body, m->body_len, &at) == MSGPACK_UNPACK_SUCCESS &&
        mp_map(&reply.data, &map)) {
        const msgpack_object *o = mp_get(&map, "version");
        if (o != NULL && mp_str(o, &version, &len) && len < sizeof(ret->version)) {
            memcpy(ret->version, version, len);
            ret->version[len] = '\0';
        }
        o = mp_get(&map, "autostarted");
        ret->autostarted = o != NULL && mp_bool(o, &autostarted) && autostarted;
    }
    msgpack_unpacked_destroy(&reply);
}

static void put_introduction(struct buf *params)
{
    const char *name = program_invocation_short_name;
    mp_put_map(params, 3);
    mp_put_entry(params, "client", utf8_valid(name, strlen(name)) ? name : "libask");
    mp_put_entry(params, "version", askd_version);
    mp_put_entry_int(params, "protocol", 1);
}

void introduce(struct ask *a)
{
    struct buf params;
    buf_init(&params, 4096);
    put_introduction(&params);
    if (!params.failed)
        connection_tell(a, "hello", params.data, params.len);
    buf_done(&params);
}

/* Whatever a daemon that is no match for us replies, it goes on as one of which nothing is known. */
static enum ask_status greet(struct ask *a, struct greeting *ret, struct ask_error *err)
{
    *ret = (struct greeting){0};
    struct buf params;
    buf_init(&params, 4096);
    put_introduction(&params);
    struct ask_message m;
    enum ask_status status = ASK_OK;
    if (!params.failed) {
        status = connection_call(a, "hello", params.data, params.len, REPLY_WAIT_MS, &m, err);
        if (status == ASK_OK && m.kind == ASK_RESPONSE && m.error == NULL)
            read_greeting(&m, ret);
    }
    buf_done(&params);
    if (status == ASK_TIMEOUT)
        return failure_silent(err);
    return status;
}

/* Else each client of ours would end a daemon only to start the same one again: the clients are installed before the
 * daemon, or $ASKD_DAEMON names an old one. */
static bool would_start_newer(const struct ask_options *opt, const char *version)
{
    char program[PATH_MAX], found[VERSION_SIZE];
    return program_find(opt, program, NULL) == ASK_OK && program_version(program, found, sizeof(found)) &&
           version_is_older(version, found);
}

/* Waits at most so long. ASK_CLOSED where the daemon has ended the connection, which it does at its own end. */
static enum ask_status wait_closed(const struct ask *a, int64_t ms, struct ask_error *err)
{
    struct pollfd p = {.fd = ask_fd(a), .events = POLLRDHUP};
    int n = poll(&p, 1, ms > 0 ? (int)ms : 0);
    if (n > 0)
        return ASK_CLOSED;
    if (n < 0 && errno == EINTR)
        return failure_set(err, ASK_INTERRUPTED, "interrupted");
    return n == 0 ? ASK_TIMEOUT : failure_set(err, ASK_SYSTEM, "cannot wait for the daemon: %s", strerror(errno));
}

/* ASK_OK: it is ours to end the daemon. ASK_CLOSED: another client has done that. */
static enum ask_status take_turn(const struct ask *a, struct start *s, const struct ask_options *opt,
                                 struct ask_error *err)
{
    int64_t deadline = time_ms() + END_WAIT_MS;
    enum ask_status status = ASK_TIMEOUT;
    while (status == ASK_TIMEOUT && time_ms() < deadline) {
        bool ours = start_lock(s);
        status = wait_closed(a, ours ? 0 : LOCK_LOOK_MS, err);
        if (ours)
            return status == ASK_TIMEOUT ? ASK_OK : status;
        start_tell_wait(s, opt, WAIT_FOR_OLDER);
    }
    return status;
}

/* ASK_CLOSED once it has ended; ASK_OK where it will not. */
static enum ask_status retire(struct ask *a, const struct greeting *old, struct start *s, const struct ask_options *opt,
                              struct ask_error *err)
{
    struct ask_message m;
    enum ask_status status = connection_call(a, "shutdown", NULL, 0, REPLY_WAIT_MS, &m, err);
    if (status == ASK_OK && (m.kind != ASK_RESPONSE || m.error != NULL))
        return ASK_OK;
    if (status == ASK_OK)
        status = wait_closed(a, WAIT_SILENT_MS, err);
    if (status == ASK_TIMEOUT) {
        start_tell_wait(s, opt, WAIT_FOR_OLDER);
        status = wait_closed(a, END_WAIT_MS - WAIT_SILENT_MS, err);
    }
    if (status == ASK_TIMEOUT)
        return failure_set(
            err, status,
            "the daemon of version %s is ending for a newer one, but has not within %d s: try again when "
            "its answers have ended",
            old->version, END_WAIT_MS / 1000);
    return status;
}

/* The connection of a daemon that has gone is `a`. */
static struct ask *connect_anew(struct ask *a, struct start *s, const struct ask_options *opt,
                                const struct place *place, struct ask_error *err)
{
    int fd = -1;
    ask_close(a);
    return start_connect(s, opt, place, &fd, err) == ASK_OK ? connection_new(fd, err) : NULL;
}

static struct ask *replace(struct ask *a, const struct greeting *old, struct start *s, const struct ask_options *opt,
                           const struct place *place, struct ask_error *err)
{
    enum ask_status status = take_turn(a, s, opt, err);
    if (status == ASK_TIMEOUT)
        return a; /* somebody else has the lock and does not get on: the old daemon still serves */
    if (status == ASK_OK) {
        status = retire(a, old, s, opt, err);
        if (status == ASK_OK)
            return a;
    }
    if (status == ASK_CLOSED)
        return connect_anew(a, s, opt, place, err);
    ask_close(a);
    return NULL;
}

static bool is_due(const struct greeting *old, const struct ask_options *opt)
{
    return old->autostarted && version_is_older(old->version, askd_version) && would_start_newer(opt, old->version);
}

struct ask *handover(struct ask *a, const struct ask_options *opt, const struct place *place, struct ask_error *err)
{
    struct greeting old;
    enum ask_status status = greet(a, &old, err);
    if (status == ASK_OK && !is_due(&old, opt))
        return a;
    /* Closed without a word: it stopped listening when we had just connected. */
    bool gone = status == ASK_CLOSED;
    struct start *s = status == ASK_OK || gone ? start_new(place, err) : NULL;
    if (s == NULL && status == ASK_OK)
        return a; /* no reason not to go on with the old one */
    if (s == NULL) {
        ask_close(a);
        return NULL;
    }
    a = gone ? connect_anew(a, s, opt, place, err) : replace(a, &old, s, opt, place, err);
    start_free(s);
    return a;
}
