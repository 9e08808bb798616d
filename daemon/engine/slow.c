#include "daemon/engine/slow.h"
#include "daemon/core/log.h"
#include "daemon/engine/engine_internal.h"
#include "lib/base/clock.h"
#include <stddef.h>
#include <stdio.h>

#define TEXT_MAX 512

bool slow_allow(struct slow *s, int64_t now_us, uint64_t *untold)
{
    if (s->told == 0 || now_us - s->since_us >= SLOW_SPAN_US) {
        s->since_us = now_us;
        s->told = 0;
    }
    if (s->told == SLOW_LINES) {
        s->untold++;
        return false;
    }
    s->told++;
    *untold = s->untold;
    s->untold = 0;
    return true;
}

static double known(double ms)
{
    return ms > 0 ? ms : 0;
}

/* "queued 0.0, connect 0.2, … s": what is known of it. */
static void say_times(const struct answer_times *t, char text[TEXT_MAX])
{
    static const struct {
        const char *what;
        size_t at;
    } parts[] = {{"queued", offsetof(struct answer_times, queued)},
                 {"tried before", offsetof(struct answer_times, retried)},
                 {"connect", offsetof(struct answer_times, connect)},
                 {"provider", offsetof(struct answer_times, provider)},
                 {"store", offsetof(struct answer_times, store)},
                 {"reader", offsetof(struct answer_times, reader)},
                 {"first token after", offsetof(struct answer_times, first)}};
    size_t n = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const double *ms = (const void *)((const char *)t + parts[i].at);
        if (*ms >= 0)
            n += (size_t)snprintf(text + n, TEXT_MAX - n, "%s%s %.3f s", n ? ", " : "", parts[i].what, *ms / 1000);
    }
}

static void tell(struct answer *a, double took_ms, uint64_t untold)
{
    char text[TEXT_MAX], before[64] = "";
    say_times(&answer_facts(a)->times, text);
    if (untold)
        snprintf(before, sizeof before, " (%llu slow ones before it not told)", (unsigned long long)untold);
    const struct log_fields fields = {.answer = answer_id(a),
                                      .conversation = answer_conversation(a),
                                      .provider = answer_provider(a),
                                      .model = answer_model(a)};
    log_event(LOG_LEVEL_NOTICE, &fields, "answer %s of %s/%s took %.1f s: %s%s", fields.answer, fields.provider,
              fields.model, took_ms / 1000, text, before);
}

void slow_judge(struct engine *e, struct answer *a)
{
    struct answer_facts *f = answer_facts(a);
    const struct answer_times *t = &f->times;
    double took_ms = known(t->total) + known(t->store) + known(t->reader);
    uint64_t untold;
    if (!f->settled_us)
        return;
    f->settled_us = 0;
    if (!e->opt.slow_question_ms || took_ms < (double)e->opt.slow_question_ms)
        return;
    e->meter.slow++;
    if (slow_allow(&e->slow, clock_mono_us(), &untold))
        tell(a, took_ms, untold);
}

void engine_taken(struct engine *e, struct answer *a)
{
    struct answer_facts *f = answer_facts(a);
    if (!f->settled_us)
        return;
    f->times.reader = (double)(clock_mono_us() - f->settled_us) / 1000;
    slow_judge(e, a);
}
