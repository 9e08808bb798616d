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
    log_seek(answer_log(a), &c->pos, from);
    answer_add_reader(a, 1);
}

void cursor_close(struct cursor *c)
{
    if (!c->answer)
        return;
    log_unwait(&c->waiter);
    answer_add_reader(c->answer, -1);
    c->answer = answer_unref(c->answer);
}

/* An answer that was cancelled alone ends where its reader stands: what its log goes on to say is for others. */
static enum cursor_status at_end(struct cursor *c)
{
    if (answer_state(c->answer) != LOG_RUNNING)
        return CURSOR_END;
    log_wait(answer_log(c->answer), &c->waiter);
    return CURSOR_WAIT;
}

enum cursor_status cursor_next(struct cursor *c, struct cursor_event *ev)
{
    if (!c->started) {
        if (!answer_start(c->answer, &ev->data, &ev->len))
            return at_end(c);
        c->started = true;
        ev->seq = 0;
        return CURSOR_EVENT;
    }
    const struct log *l = answer_log(c->answer);
    if (answer_state(c->answer) == LOG_CANCELLED && log_state(l) != LOG_CANCELLED)
        return CURSOR_END;
    do {
        if (!log_next(l, &c->pos, &ev->data, &ev->len))
            return at_end(c);
    } while (c->pos.seq < c->from);
    ev->seq = c->pos.seq;
    return CURSOR_EVENT;
}
