#include "daemon/http/breaker.h"

/* The one place that changes the state. */
static void enter(struct breaker *b, enum breaker_state state, int64_t until_us)
{
    b->state = state;
    b->until_us = until_us;
    b->failures = 0;
    if (state == BREAKER_CLOSED)
        b->wait_us = b->options.wait_us;
}

static void open_up(struct breaker *b, int64_t now_us)
{
    int64_t wait = b->wait_us;
    enter(b, BREAKER_OPEN, now_us + wait);
    b->wait_us = wait < b->options.wait_max_us / 2 ? wait * 2 : b->options.wait_max_us;
}

void breaker_init(struct breaker *b, const struct breaker_options *o)
{
    *b = (struct breaker){.options = *o};
    enter(b, BREAKER_CLOSED, 0);
}

void breaker_configure(struct breaker *b, const struct breaker_options *o)
{
    b->options = *o;
    if (b->state == BREAKER_CLOSED)
        b->wait_us = o->wait_us;
    else if (b->wait_us > o->wait_max_us)
        b->wait_us = o->wait_max_us;
}

bool breaker_allows(const struct breaker *b, int64_t now_us, int64_t *wait_us)
{
    *wait_us = b->state != BREAKER_CLOSED && b->until_us > now_us ? b->until_us - now_us : 0;
    return *wait_us == 0;
}

void breaker_begin(struct breaker *b, int64_t now_us)
{
    if (b->state != BREAKER_CLOSED)
        enter(b, BREAKER_HALF_OPEN, now_us + b->options.probe_us);
}

void breaker_succeed(struct breaker *b)
{
    enter(b, BREAKER_CLOSED, 0);
}

void breaker_fail(struct breaker *b, int64_t now_us)
{
    switch (b->state) {
    case BREAKER_CLOSED:
        b->failures++;
        if (b->options.failures && b->failures >= b->options.failures)
            open_up(b, now_us);
        break;
    case BREAKER_HALF_OPEN: open_up(b, now_us); break;
    case BREAKER_OPEN: break;
    }
}

void breaker_cancel(struct breaker *b)
{
    if (b->state == BREAKER_HALF_OPEN)
        enter(b, BREAKER_OPEN, 0);
}

const char *breaker_state_name(enum breaker_state state)
{
    static const char *const names[] = {
#define X(code, name) [code] = (name),
        BREAKER_STATE_MAP(X)
#undef X
    };
    return names[state];
}
