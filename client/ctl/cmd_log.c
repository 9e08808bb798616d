/* askctl log: the latest lines of the daemon's log, and with --follow those that come, over its restarts. */
#include "client/common/call.h"
#include "client/common/field.h"
#include "client/common/signals.h"
#include "client/ctl/log_line.h"
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

enum { PARAMS_MAX = 4096, AGAIN_MS = 250, LIMIT = 50 };

struct reader {
    struct ctl *c;
    struct ask *ask; /* NULL: no daemon is there */
    uint32_t msgid;  /* of log.read, which is under way */
    bool waits;      /* for its reply */
    bool any;        /* a line has come: */
    int64_t last;    /* its number */
    bool told;       /* that there is no daemon */
    int status;
};

static bool follows(const struct reader *r)
{
    return (r->c->given & CTL_FOLLOW) != 0;
}

static void put_params(struct buf *b, const struct reader *r)
{
    const struct ctl *c = r->c;
    const char *const texts[][2] = {{"answer", c->answer}, {"provider", c->provider}, {"level", c->level}};
    uint32_t n = 2;
    for (size_t i = 0; i < 3; i++)
        n += texts[i][1] != NULL;
    mp_put_map(b, n);
    mp_put_cstr(b, "follow");
    mp_put_bool(b, follows(r));
    if (r->any)
        mp_put_entry_int(b, "after", r->last);
    else
        mp_put_entry_uint(b, "limit", (c->given & CTL_LIMIT) != 0 ? c->limit : LIMIT);
    for (size_t i = 0; i < 3; i++)
        if (texts[i][1] != NULL)
            mp_put_entry(b, texts[i][0], texts[i][1]);
}

/* -- lines -- */

static void take_line(struct reader *r, const msgpack_object *line)
{
    msgpack_object_map map;
    if (mp_map(line, &map) && field_int(&map, "seq", &r->last))
        r->any = true;
    log_line_print(r->c, line);
}

static void take_reply(struct reader *r, const struct ask_message *m)
{
    msgpack_unpacked reply;
    msgpack_object_map map;
    msgpack_object_array lines = {0};
    int64_t missed;
    bool refused;
    msgpack_unpacked_init(&reply);
    r->waits = false;
    r->status = call_read(r->c->program, m, &reply, &refused);
    if (r->status == EXIT_OK && refused)
        r->status = exit_error(r->c->program, &reply.data);
    else if (r->status == EXIT_OK && mp_map(&reply.data, &map)) {
        if (field_int(&map, "missed", &missed))
            exit_print(r->c->program, "%" PRId64 " lines were missed meanwhile: they have left the daemon's memory",
                       missed);
        (void)field_array(&map, "lines", &lines);
        for (uint32_t i = 0; i < lines.size; i++)
            take_line(r, &lines.ptr[i]);
    }
    msgpack_unpacked_destroy(&reply);
}

/* params: [watch, line]. */
static void take_notification(struct reader *r, const struct ask_message *m)
{
    static const char wanted[] = "log.line";
    msgpack_unpacked params;
    msgpack_object_array args;
    size_t at = 0;
    if (m->method_len != strlen(wanted) || memcmp(m->method, wanted, strlen(wanted)) != 0)
        return;
    msgpack_unpacked_init(&params);
    if (msgpack_unpack_next(&params, (const char *)m->body, m->body_len, &at) == MSGPACK_UNPACK_SUCCESS &&
        mp_array(&params.data, &args) && args.size >= 2)
        take_line(r, &args.ptr[1]);
    msgpack_unpacked_destroy(&params);
}

/* -- the daemon -- */

static void say_none(struct reader *r)
{
    if (!follows(r))
        exit_print(r->c->program, "no daemon runs, and its latest lines went with it: askd.log in its state folder, or "
                                  "journalctl --user -u askd, has what is kept");
    else if (!r->told)
        exit_print(r->c->program, "%s: waiting for %s", r->any ? "the daemon has ended" : "no daemon runs",
                   r->any ? "the next" : "one");
    r->told = true;
}

/* It went: the next one is waited for, by who follows. */
static void lose(struct reader *r, const struct ask_error *err)
{
    ask_close(r->ask);
    r->ask = NULL;
    if (err->status != ASK_CLOSED || !follows(r))
        r->status = exit_failure(r->c->program, err);
}

/* Nobody starts a daemon to read its log. */
static void connect_to(struct reader *r)
{
    struct ask_error err;
    struct ask_options running = r->c->options;
    running.no_autostart = 1;
    r->ask = ask_open(&running, &err);
    if (r->ask == NULL && err.status != ASK_NO_DAEMON)
        lose(r, &err);
    else if (r->ask == NULL)
        say_none(r);
}

static void begin(struct reader *r)
{
    struct ask_error err;
    struct buf params;
    connect_to(r);
    if (r->ask == NULL)
        return;
    buf_init(&params, PARAMS_MAX);
    put_params(&params, r);
    r->waits = true;
    r->told = false;
    if (params.failed) {
        exit_print(r->c->program, "what --answer or --provider names is too long: askctl answers shows ids");
        r->status = EXIT_USAGE;
    } else if (ask_send(r->ask, "log.read", params.data, params.len, &r->msgid, &err) != ASK_OK) {
        lose(r, &err);
    }
    buf_done(&params);
}

/* Takes what came. */
static void receive(struct reader *r)
{
    struct ask_error err;
    struct ask_message m;
    while (r->status == EXIT_OK && r->ask != NULL) {
        const enum ask_status status = ask_receive(r->ask, 0, &m, &err);
        if (status == ASK_TIMEOUT || status == ASK_INTERRUPTED)
            return;
        if (status != ASK_OK)
            lose(r, &err);
        else if (m.kind == ASK_NOTIFICATION)
            take_notification(r, &m);
        else if (m.msgid == r->msgid)
            take_reply(r, &m);
    }
}

static bool goes_on(const struct reader *r)
{
    return r->status == EXIT_OK && signals_pending() == 0 && (follows(r) || r->waits);
}

static void read_on(struct reader *r)
{
    struct pollfd fds[] = {{.fd = signals_fd(), .events = POLLIN}, {.fd = -1, .events = POLLIN}};
    if (r->ask == NULL)
        begin(r);
    if (!goes_on(r))
        return;
    fds[1].fd = r->ask != NULL ? ask_fd(r->ask) : -1;
    (void)poll(fds, 2, r->ask != NULL ? ask_patience(r->ask) : AGAIN_MS);
    if (r->ask != NULL && signals_pending() == 0)
        receive(r);
    const int status = ctl_flush(r->c);
    if (r->status == EXIT_OK)
        r->status = status;
}

int cmd_log(struct ctl *c)
{
    struct reader r = {.c = c, .waits = true};
    signals_catch();
    while (goes_on(&r)) {
        read_on(&r);
        if (r.ask == NULL && !follows(&r))
            break;
    }
    ask_close(r.ask);
    if (r.status != EXIT_OK)
        return r.status;
    if (signals_pending() != 0) /* Ctrl-C is how following ends: no failure */
        return signals_pending() == SIGINT && follows(&r) ? (int)EXIT_OK : 128 + signals_pending();
    return r.ask == NULL ? (int)EXIT_UNAVAILABLE : (int)EXIT_OK;
}
