/* The daemon, asked within bounds. A daemon that hangs is what is looked for here, so neither libask's wait for a reply
 * nor its handing over to a newer version is wanted: ask_open is told to start nothing, and a timer ends its wait. */
#include "client/common/field.h"
#include "client/ctl/doctor.h"
#include "client/ctl/progress.h"
#include "lib/base/paths.h"
#include "lib/proto/mp.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { REPLY_MAX = 16 << 20, PARAMS_MAX = 4096 };

/* -- replies -- */

void doctor_reply_init(struct doctor_reply *r)
{
    *r = (struct doctor_reply){0};
    buf_init(&r->bytes, REPLY_MAX);
    msgpack_unpacked_init(&r->value);
}

void doctor_reply_done(struct doctor_reply *r)
{
    msgpack_unpacked_destroy(&r->value);
    buf_done(&r->bytes);
}

bool doctor_send(struct doctor *d, struct doctor_reply *r, const char *method, const struct buf *params)
{
    r->asked = ask_send(d->ask, method, params != NULL ? params->data : NULL, params != NULL ? params->len : 0,
                        &r->msgid, NULL) == ASK_OK;
    return r->asked;
}

/* The message's bytes are gone with the next one: they are copied. */
static void take(struct doctor_reply *r, const struct ask_message *m)
{
    size_t at = 0;
    r->refused = m->error != NULL;
    (void)buf_append(&r->bytes, r->refused ? m->error : m->body, r->refused ? m->error_len : m->body_len);
    r->there = !r->bytes.failed &&
               msgpack_unpack_next(&r->value, (const char *)r->bytes.data, r->bytes.len, &at) == MSGPACK_UNPACK_SUCCESS;
}

/* How many of those that were asked are there; *n_asked: of so many. */
static size_t count_there(const struct doctor_reply *replies, size_t n, size_t *n_asked)
{
    size_t there = 0;
    *n_asked = 0;
    for (size_t i = 0; i < n; i++) {
        *n_asked += replies[i].asked;
        there += replies[i].asked && replies[i].there;
    }
    return there;
}

/* One message, for at most so many milliseconds. False where none will come any more. */
static bool receive(struct doctor *d, struct doctor_reply *replies, size_t n, int ms)
{
    struct ask_message m;
    const enum ask_status status = ask_receive(d->ask, ms > 0 ? ms : 1, &m, NULL);
    for (size_t i = 0; status == ASK_OK && m.kind == ASK_RESPONSE && i < n; i++)
        if (replies[i].asked && !replies[i].there && replies[i].msgid == m.msgid)
            take(&replies[i], &m);
    d->closed = status != ASK_OK && status != ASK_TIMEOUT && status != ASK_INTERRUPTED;
    return !d->closed;
}

bool doctor_await(struct doctor *d, struct doctor_reply *replies, size_t n, int ms, const char *what, const char *unit)
{
    const int64_t end = time_ms() + ms;
    size_t asked, there;
    struct progress progress;
    bool on = true;
    progress_begin(&progress, what);
    while ((there = count_there(replies, n, &asked)) < asked && on) {
        const int64_t left = end - time_ms();
        progress_at(&progress, (double)there, (double)asked, unit);
        const int turn = progress_turn(&progress);
        on = left > 0 && receive(d, replies, n, turn >= 0 && turn < left ? turn : (int)left);
    }
    progress_end(&progress);
    return there == asked;
}

bool doctor_map(const struct doctor *d, enum doctor_question q, msgpack_object_map *map)
{
    const struct doctor_reply *r = &d->replies[q];
    return r->there && !r->refused && mp_map(&r->value.data, map);
}

bool doctor_array(const struct doctor *d, enum doctor_question q, msgpack_object_array *array)
{
    const struct doctor_reply *r = &d->replies[q];
    return r->there && !r->refused && mp_array(&r->value.data, array);
}

bool doctor_refused(const struct doctor *d, enum doctor_question q, msgpack_object_map *error)
{
    const struct doctor_reply *r = &d->replies[q];
    return r->there && r->refused && mp_map(&r->value.data, error);
}

/* -- the connection -- */

static void on_alarm(int sig)
{
    (void)sig; /* it interrupts connect(2) */
}

/* connect(2) waits without end where a daemon that hangs has as many waiting as it may have. */
static struct ask *open_bounded(const struct ask_options *opt, struct ask_error *err)
{
    const struct sigaction act = {.sa_handler = on_alarm};
    struct sigaction before;
    const struct itimerval never = {0}, once = {.it_value = {.tv_sec = DOCTOR_REPLY_MS / 1000}};
    (void)sigaction(SIGALRM, &act, &before);
    (void)setitimer(ITIMER_REAL, &once, NULL);
    struct ask *a = ask_open(opt, err);
    (void)setitimer(ITIMER_REAL, &never, NULL);
    (void)sigaction(SIGALRM, &before, NULL);
    return a;
}

/* The process that called listen(2): the daemon, or the service manager that handed the socket over. */
static pid_t listener_of(const struct ask *a)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    return getsockopt(ask_fd(a), SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 ? peer.pid : 0;
}

static void send_all(struct doctor *d)
{
    static const char *const methods[] = {
        [DOCTOR_HELLO] = "hello",
        [DOCTOR_STATUS] = "status",
        [DOCTOR_BUDGETS] = "budget.get",
        [DOCTOR_ESTIMATE] = "answer.estimate",
    };
    unsigned asked = DOCTOR_ASKS(DOCTOR_HELLO) | DOCTOR_ASKS(DOCTOR_STATUS);
    struct buf question;
    for (const struct doctor_check *check = doctor_checks; check->name != NULL; check++)
        asked |= check->asks;
    buf_init(&question, PARAMS_MAX);
    mp_put_map(&question, 1);
    mp_put_entry(&question, "prompt", "hello");
    for (unsigned i = 0; i < DOCTOR_QUESTIONS; i++)
        if ((asked & DOCTOR_ASKS(i)) != 0)
            (void)doctor_send(d, &d->replies[i], methods[i], i == DOCTOR_ESTIMATE ? &question : NULL);
    buf_done(&question);
}

/* "T" of a process that is stopped; 0 where it cannot be told. */
static char state_of(pid_t pid)
{
    char path[64], text[512], state = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return 0;
    if (fgets(text, sizeof(text), f) != NULL && strrchr(text, ')') != NULL)
        state = strrchr(text, ')')[2];
    (void)fclose(f);
    return state;
}

static void tell_deaf(struct doctor *d, pid_t pid)
{
    if (!doctor_is_askd(pid)) {
        const pid_t holder = doctor_lock_holder(d->folder);
        pid = holder > 0 ? holder : pid;
    }
    const bool stopped = state_of(pid) == 'T';
    d->pid = pid;
    if (pid <= 0) {
        doctor_tell(d, DOCTOR_FAULT, "what listens on %s does not answer within %d s", d->place.path,
                    DOCTOR_REPLY_MS / 1000);
        return;
    }
    doctor_tell(d, DOCTOR_FAULT, "the daemon (pid %d) does not answer within %d s%s", (int)pid, DOCTOR_REPLY_MS / 1000,
                stopped ? ": it is stopped" : "");
    if (stopped)
        doctor_mend(d, "kill -CONT %d", (int)pid);
    else
        doctor_mend(d, "kill -KILL %d", (int)pid);
}

/* The daemon takes no more connections, or none of ours, and says so to the first request. */
static void tell_refused(struct doctor *d, const msgpack_object_map *error)
{
    char code[64], message[512], folder[SHELL_WORD_SIZE];
    (void)field_line(error, "code", code, sizeof(code));
    (void)field_line(error, "message", message, sizeof(message));
    doctor_tell(d, DOCTOR_FAULT, "the daemon refuses this connection: %s", message);
    if (strcmp(code, "overloaded") == 0) {
        doctor_mend(d, "ss -xp | grep -F askd.sock   # who holds the others");
        doctor_mend(d, "${EDITOR:-vi} %s/askd.conf   # a larger max_connections in [daemon]",
                    shell_word(folder, d->place.kind == PLACE_SYSTEM ? PATHS_SYSTEM_CONFIG : d->config));
        doctor_mend(d, "%skill -HUP %d", d->place.kind == PLACE_SYSTEM ? "sudo " : "", (int)listener_of(d->ask));
    } else if (d->place.kind == PLACE_NAMED) {
        doctor_mend(d, "unset ASKD_SOCKET");
    }
}

static void tell_closed(struct doctor *d, enum ask_status status, const struct ask_error *err)
{
    switch (status) {
    case ASK_NO_DAEMON: d->knows |= DOCTOR_DOWN; return; /* what to think of it is the check's to say */
    case ASK_INTERRUPTED: tell_deaf(d, 0); return;
    default: break;
    }
    if (d->report.counts[DOCTOR_FAULT] > 0 && status == ASK_UNSAFE)
        return; /* the socket's folder, of which the row before has told more */
    doctor_tell(d, DOCTOR_FAULT, "%s", err->message);
    if (d->place.kind == PLACE_SYSTEM)
        doctor_mend(d, "sudo usermod -aG askd \"$USER\"   # and log in anew");
    else if (d->place.kind == PLACE_NAMED)
        doctor_mend(d, "unset ASKD_SOCKET");
}

static void know(struct doctor *d)
{
    msgpack_object_map map;
    int64_t pid;
    if (doctor_map(d, DOCTOR_STATUS, &map) && field_int(&map, "pid", &pid))
        d->pid = (pid_t)pid;
    if (doctor_map(d, DOCTOR_HELLO, &map)) {
        (void)field_line(&map, "version", d->version, sizeof(d->version));
        d->autostarted = field_true(&map, "autostarted");
    }
    d->knows |= DOCTOR_ANSWERS;
}

void doctor_connect(struct doctor *d, bool start)
{
    struct ask_error err = {0};
    struct ask_options opt = d->c->options;
    msgpack_object_map error;
    opt.no_autostart = !start;
    d->ask = start ? ask_open(&opt, &err) : open_bounded(&opt, &err);
    if (d->ask == NULL) {
        tell_closed(d, start && err.status == ASK_NO_DAEMON ? ASK_SYSTEM : err.status, &err);
        return;
    }
    send_all(d);
    (void)doctor_await(d, d->replies, DOCTOR_QUESTIONS, DOCTOR_REPLY_MS, "waiting for the daemon", NULL);
    /* A connection that is refused has one reply, to its first request. */
    for (unsigned i = 0; i < DOCTOR_QUESTIONS; i++)
        if (!d->replies[DOCTOR_STATUS].there && doctor_refused(d, (enum doctor_question)i, &error)) {
            tell_refused(d, &error);
            return;
        }
    if (d->replies[DOCTOR_STATUS].there)
        know(d);
    else if (d->closed)
        tell_closed(d, ASK_CLOSED, &(struct ask_error){.message = "the daemon closed the connection: look at its log"});
    else
        tell_deaf(d, listener_of(d->ask));
}

void doctor_hang_up(struct doctor *d)
{
    ask_close(d->ask);
    d->ask = NULL;
    for (unsigned i = 0; i < DOCTOR_QUESTIONS; i++)
        doctor_reply_done(&d->replies[i]);
}
