#include "daemon/answer/cursor.h"
#include "daemon/answer/answer_internal.h"

static void on_wake(struct log_waiter *w)
{
    struct cursor *c = (struct cursor *)w;
    c->wake(c->data);
}

void cursor_open(struct cursor *c, struct answer *a, uint64_t from, void (*wake)(void *data), void *data)
{
    *c = (struct cursor){.waiter.wake = on_wake, .from = from, .started = from > 0, .wake = wake, .data = data};
    c->answer = answer_ref(a);
    c->log = log_ref(answer_log(a));
    log_seek(c->log, &c->pos, from);
    answer_add_reader(a, 1);
}

void cursor_close(struct cursor *c)
{
    if (!c->answer)
        return;
    log_unwait(&c->waiter);
    answer_add_reader(c->answer, -1);
    c->log = log_unref(c->log);
    c->answer = answer_unref(c->answer);
}

/* The answer has gone on to another log: there it is read on behind what was read here. */
static void follow(struct cursor *c)
{
    struct log *now = answer_log(c->answer);
    if (now == c->log)
        return;
    uint64_t next = c->pos.seq + 1;
    log_unwait(&c->waiter);
    log_unref(c->log);
    c->log = log_ref(now);
    c->from = c->from > next ? c->from : next;
    log_seek(now, &c->pos, c->from);
}

static enum cursor_status at_end(struct cursor *c)
{
    if (answer_state(c->answer) != LOG_RUNNING)
        return CURSOR_END;
    log_wait(c->log, &c->waiter);
    return CURSOR_WAIT;
}

enum cursor_status cursor_next(struct cursor *c, struct cursor_event *ev)
{
    follow(c);
    if (!c->started) {
        if (!answer_start(c->answer, &ev->data, &ev->len))
            return at_end(c);
        c->started = true;
        ev->seq = 0;
        return CURSOR_EVENT;
    }
    do {
        if (!log_next(c->log, &c->pos, &ev->data, &ev->len))
            return at_end(c);
    } while (c->pos.seq < c->from);
    ev->seq = c->pos.seq;
    return CURSOR_EVENT;
}
