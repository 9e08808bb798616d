#include "daemon/http/bucket.h"

#include <math.h>
#include <string.h>

#define MINUTE_US INT64_C(60000000)
#define WINDOW_MAX_US (31 * 24 * 60 * MINUTE_US)
/* From a shorter reset, which is rounded, no window can be told. */
#define RESET_EXACT_US INT64_C(10000000)
/* Nor from what lacks a small share of the limit only. */
#define DEFICIT_MIN 0.02
/* A shorter one is no window, also where all of the limit was taken. */
#define RESET_WINDOW_US INT64_C(100000)

/* --- one limit --- */

static double need_of(enum limit_kind kind, const struct bucket_sum *sum)
{
    switch (kind) {
    case LIMIT_REQUESTS: return (double)sum->requests;
    case LIMIT_TOKENS: return (double)sum->input + (double)sum->output;
    case LIMIT_INPUT_TOKENS: return (double)sum->input;
    case LIMIT_OUTPUT_TOKENS: return (double)sum->output;
    }
    return 0;
}

static struct bucket_sum sum_of(struct bucket_cost cost)
{
    return (struct bucket_sum){1, cost.input, cost.output};
}

static struct bucket_sum minus(struct bucket_sum a, struct bucket_sum b)
{
    return (struct bucket_sum){a.requests - b.requests, a.input - b.input, a.output - b.output};
}

static struct bucket_sum plus(struct bucket_sum a, struct bucket_sum b)
{
    return (struct bucket_sum){a.requests + b.requests, a.input + b.input, a.output + b.output};
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Not less than nothing: a bucket may hear of requests that an earlier one of its name let go. */
static struct bucket_sum least_of(struct bucket_sum a, struct bucket_sum b)
{
    return (struct bucket_sum){later(lesser(a.requests, b.requests), 0), later(lesser(a.input, b.input), 0),
                               later(lesser(a.output, b.output), 0)};
}

static double row_level(const struct bucket_row *r, int64_t now_us)
{
    double full = (double)r->told.limit;
    if (now_us <= r->at_us)
        return r->level;
    if (r->told.at_once && now_us < r->full_us)
        return r->level;
    if (r->told.at_once)
        return full;
    int64_t told_end = now_us < r->full_us ? now_us : later(r->full_us, r->at_us);
    double level = r->level + (double)(told_end - r->at_us) * r->told_rate + (double)(now_us - told_end) * r->own_rate;
    return level < full ? level : full;
}

/* Until it holds so much, at most the limit. */
static int64_t row_wait(const struct bucket_row *r, int64_t now_us, double target)
{
    double level = row_level(r, now_us);
    if (target > (double)r->told.limit)
        target = (double)r->told.limit;
    if (level >= target)
        return 0;
    int64_t until_full = later(r->full_us - now_us, 0);
    if (r->told.at_once && until_full)
        return until_full;
    double comes = (double)until_full * r->told_rate;
    double wait = level + comes >= target ? (target - level) / r->told_rate
                                          : (double)until_full + (target - level - comes) / r->own_rate;
    if (!(wait < (double)WINDOW_MAX_US))
        return WINDOW_MAX_US;
    return (int64_t)ceil(wait) + 1; /* one more for what the figures round */
}

/* Puts the level at now. What came back at once has come, and from then on flows. */
static void row_settle(struct bucket_row *r, int64_t now_us)
{
    r->level = row_level(r, now_us);
    r->at_us = later(now_us, r->at_us);
    if (now_us >= r->full_us)
        r->told.at_once = false;
}

/* The provider's is full until the request arrives there: it must not flow back for us from before. */
static double before_lag(const struct bucket_row *r, double level)
{
    return fmin(level, (double)r->told.limit - r->own_rate * (double)BUCKET_LAG_US);
}

/* What we take comes back at the limit's own pace, however soon what was lacking before does. */
static void set_pace(struct bucket_row *r, double told_rate)
{
    r->told_rate = fmin(told_rate, r->own_rate);
}

/* A debt stays under one limit, so that it is paid back within a window. */
static void set_level(struct bucket_row *r, double level)
{
    r->level = fmax(level, -(double)r->told.limit);
}

/* --- learning --- */

/* How long the whole limit takes to come back, as the head itself tells; 0: it does not. */
static int64_t told_window(const struct bucket_row *r, const struct limit *l, double deficit)
{
    if (l->window_us)
        return l->window_us;
    if (l->at_once)
        return later(l->reset_us, MINUTE_US);
    if (l->reset_us < RESET_EXACT_US || deficit < (double)r->told.limit * DEFICIT_MIN)
        return 0;
    double window = (double)l->reset_us * (double)r->told.limit / deficit;
    return window < (double)WINDOW_MAX_US ? (int64_t)window : WINDOW_MAX_US;
}

/* Or else what an earlier head told, or the longest that all of it took to come back so far. */
static int64_t window_of(struct bucket_row *r, const struct limit *l, double deficit)
{
    int64_t told = told_window(r, l, deficit);
    if (told)
        r->window_told = true;
    else if (deficit >= (double)r->told.limit && l->reset_us >= RESET_WINDOW_US)
        r->emptied_us = later(r->emptied_us, l->reset_us);
    if (told)
        return told;
    if (r->window_told && r->own_rate > 0)
        return llround((double)r->told.limit / r->own_rate);
    return r->emptied_us ? r->emptied_us : MINUTE_US;
}

static struct bucket_row *row_of(struct bucket *b, const struct limit *l)
{
    unsigned i = 0;
    while (i < b->n_rows && (b->rows[i].told.kind != l->kind || b->rows[i].told.window_us != l->window_us))
        i++;
    if (i == BUCKET_ROWS_MAX)
        return NULL;
    if (i == b->n_rows)
        b->rows[b->n_rows++] = (struct bucket_row){.told = {.kind = l->kind, .limit = -1, .window_us = l->window_us},
                                                   .least_left = INFINITY};
    return &b->rows[i];
}

static void set_limit(struct bucket_row *r, const struct limit *l)
{
    int64_t limit = l->limit >= 0 ? l->limit : later(r->told.limit, l->remaining);
    if (limit == r->told.limit)
        return;
    bool first = r->told.limit < 0;
    r->told.limit = limit;
    r->own_rate = 0;
    r->level = first ? (double)limit : fmin(r->level, (double)limit);
}

/* What was taken from that time on, as far as we can tell. */
static struct bucket_sum taken_from(const struct bucket *b, int64_t at_us)
{
    for (unsigned i = 0; i < b->n_past; i++)
        if (b->past[i].at_us >= at_us)
            return minus(b->taken, b->past[i].taken);
    return (struct bucket_sum){0, 0, 0};
}

/* What is left by a head that says `left`; `reckoned` is what we thought. */
static double level_of(const struct bucket *b, const struct bucket_row *r, const struct bucket_mark *mark, double left,
                       double reckoned)
{
    struct bucket_sum since = minus(b->taken, mark->taken);
    struct bucket_sum apart = taken_from(b, mark->at_us + BUCKET_LAG_US);
    double most = left - need_of(r->told.kind, &apart);
    double least = before_lag(r, left) - need_of(r->told.kind, &since) - need_of(r->told.kind, &mark->near);
    return fmax(least, fmin(reckoned, most));
}

/* So much is left, and the rest comes evenly until reset_us from now; 0: it has come. */
static void learn_left(const struct bucket *b, struct bucket_row *r, const struct bucket_mark *mark, double left,
                       int64_t reset_us, int64_t now_us, double reckoned)
{
    double lacks = (double)r->told.limit - left;
    double rate = reset_us ? lacks / (double)reset_us : 0;
    if (!reset_us)
        left += lacks;
    if (b->taken.requests == mark->taken.requests && !mark->near.requests) {
        r->level = left;
        r->told_rate = rate;
    } else {
        set_level(r, level_of(b, r, mark, left, reckoned));
        set_pace(r, rate);
    }
    r->at_us = now_us;
    r->full_us = lacks > 0 ? now_us + reset_us : now_us;
}

static void learn_row(struct bucket *b, const struct limit *l, const struct bucket_mark *mark, int64_t now_us)
{
    struct bucket_row *r = row_of(b, l);
    if (r && l->remaining >= 0)
        r->least_left = fmin(r->least_left, (double)l->remaining);
    if (!r || mark->taken.requests < r->n_requests)
        return;
    bool fresh = r->told.limit < 0;
    row_settle(r, now_us);
    set_limit(r, l);
    double left = (double)r->told.limit;
    if (l->remaining >= 0 && l->remaining < r->told.limit)
        left = (double)l->remaining;
    int64_t window = window_of(r, l, (double)r->told.limit - left);
    int64_t reset = l->reset_us >= 0 ? l->reset_us : window;
    r->own_rate = (double)r->told.limit / (double)window;
    r->n_requests = mark->taken.requests;
    r->stale_us = now_us + reset + window;
    if (l->remaining < 0 && !fresh)
        return; /* what we took ourselves stands as it is */
    learn_left(b, r, mark, left, reset, now_us, fresh ? -INFINITY : r->level);
    r->told.at_once = l->at_once && r->full_us > now_us;
}

/* --- all of them --- */

void bucket_init(struct bucket *b)
{
    *b = (struct bucket){.n_rows = 0};
}

/* All requests are heard of: whichever the provider counted last, no more than the least that a head told is gone. What
 * we reckoned while some were under way, by what they might take, does not stand against that. */
static void settle_heard(struct bucket *b, int64_t now_us)
{
    if (b->heard.requests < b->taken.requests)
        return;
    for (unsigned i = 0; i < b->n_rows; i++) {
        struct bucket_row *r = &b->rows[i];
        row_settle(r, now_us);
        if (r->least_left < INFINITY)
            r->level = fmax(r->level, fmin(r->least_left, (double)r->told.limit));
        r->least_left = INFINITY;
    }
}

void bucket_end(struct bucket *b, const struct bucket_mark *mark, int64_t now_us)
{
    b->heard = plus(b->heard, mark->own);
    settle_heard(b, now_us);
}

void bucket_learn(struct bucket *b, const struct limit *l, size_t n, const struct bucket_mark *mark, int64_t now_us)
{
    for (size_t i = 0; i < n; i++)
        learn_row(b, &l[i], mark, now_us);
    unsigned kept = 0;
    for (unsigned i = 0; i < b->n_rows; i++)
        if (b->rows[i].stale_us > now_us)
            b->rows[kept++] = b->rows[i];
    b->n_rows = kept;
    bucket_end(b, mark, now_us);
}

int64_t bucket_wait_us(const struct bucket *b, int64_t now_us, struct bucket_cost cost)
{
    int64_t wait = later(b->blocked_until_us - now_us, 0);
    struct bucket_sum sum = sum_of(cost);
    for (unsigned i = 0; i < b->n_rows; i++)
        wait = later(wait, row_wait(&b->rows[i], now_us, need_of(b->rows[i].told.kind, &sum)));
    return wait;
}

/* What was taken in the lag before now, or a little longer. */
static struct bucket_sum taken_near(const struct bucket *b, int64_t now_us)
{
    unsigned i = b->n_past;
    if (now_us - b->last_us >= BUCKET_LAG_US)
        return (struct bucket_sum){0, 0, 0};
    while (i && now_us - b->past[i - 1].at_us < BUCKET_LAG_US)
        i--;
    return minus(b->taken, i ? b->past[i - 1].taken : (struct bucket_sum){0, 0, 0});
}

static void remember(struct bucket *b, int64_t now_us)
{
    b->last_us = now_us;
    if (b->n_past && now_us - b->past[b->n_past - 1].at_us < BUCKET_LAG_US)
        return;
    if (b->n_past == BUCKET_PAST_MAX)
        memmove(b->past, b->past + 1, --b->n_past * sizeof(b->past[0]));
    b->past[b->n_past++] = (struct bucket_past){now_us, b->taken};
}

struct bucket_mark bucket_take(struct bucket *b, int64_t now_us, struct bucket_cost cost)
{
    struct bucket_sum sum = sum_of(cost);
    struct bucket_mark mark = {
        .at_us = now_us, .near = least_of(taken_near(b, now_us), minus(b->taken, b->heard)), .own = sum};
    remember(b, now_us);
    for (unsigned i = 0; i < b->n_rows; i++) {
        struct bucket_row *r = &b->rows[i];
        row_settle(r, now_us);
        set_level(r, before_lag(r, r->level) - need_of(r->told.kind, &sum));
        set_pace(r, r->told_rate);
    }
    b->taken.requests++;
    b->taken.input += cost.input;
    b->taken.output += cost.output;
    mark.taken = b->taken;
    return mark;
}

void bucket_block(struct bucket *b, int64_t now_us, double retry_after)
{
    int64_t us = BUCKET_BLOCK_US;
    if (retry_after >= 0)
        us = (int64_t)fmin(ceil(retry_after * 1e6), (double)WINDOW_MAX_US);
    b->blocked_until_us = later(b->blocked_until_us, now_us + us);
}

size_t bucket_report(const struct bucket *b, int64_t now_us, struct limit *ret, size_t max)
{
    size_t n = 0;
    for (; n < b->n_rows && n < max; n++) {
        const struct bucket_row *r = &b->rows[n];
        ret[n] = r->told;
        ret[n].remaining = (int64_t)fmax(floor(row_level(r, now_us)), 0);
        ret[n].reset_us = row_wait(r, now_us, (double)r->told.limit);
    }
    return n;
}
