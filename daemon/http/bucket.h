/* What a provider's rate limits leave: how long the next request has to wait so that the provider does not refuse it.
 * Pure. Times are monotonic microseconds, given by the caller. Embedded; holds nothing that needs freeing.
 *
 * One bucket stands for what one key may ask of one model: providers limit these each by itself. Nothing is known
 * before the first head, and then nothing waits.
 *
 * What is left flows back evenly: from what a head told to the full limit at the reset that it told (without one, over
 * the limit's window), then at the limit for each window. Where none is told, the window is the reset of a head that
 * had nothing left, and before there was such a one a minute. Where all comes back at once, nothing does before. So
 * nothing learnt holds anybody up for longer than until its reset, and what our own requests took, for a window more. A
 * limit that the heads speak of no more is forgotten after that time.
 *
 * Heads and requests cross on their way, and overtake each other within a lag. bucket_take gives a mark; a head is
 * learnt from with the mark of its own request. What was taken a lag or more after that cannot be in the head's
 * figures: with that subtracted, more than this is not left. What was taken at any time after it, or in the lag before
 * it, may not be in them: with that subtracted, no less is left. Within these two the bucket's own reckoning stands. A
 * head whose request was sent before one that was learnt from already is ignored, limit by limit. */
#ifndef ASKD_HTTP_BUCKET_H
#define ASKD_HTTP_BUCKET_H

#include "lib/chat/limit.h"
#include <stddef.h>

#define BUCKET_ROWS_MAX 8
#define BUCKET_PAST_MAX 8
#define BUCKET_LAG_US INT64_C(1000000)   /* how long a request may be on its way, or be overtaken on it */
#define BUCKET_BLOCK_US INT64_C(1000000) /* after a refusal that does not say for how long */

struct bucket_cost {       /* tokens of one request, not negative */
    int64_t input, output; /* output: what is expected, or may come at most */
};

struct bucket_sum {
    int64_t requests, input, output;
};

struct bucket_mark {
    int64_t at_us;
    struct bucket_sum taken; /* up to and with the request */
    struct bucket_sum near;  /* of that, what was taken in the lag before it, and not heard of when it was sent */
    struct bucket_sum own;   /* its own */
};

struct bucket_past {
    int64_t at_us;
    struct bucket_sum taken; /* before that */
};

struct bucket_row {
    struct limit told;  /* kind and window, which tell rows apart, and the limit */
    double level;       /* what was left at at_us; under 0 where more was taken than there was */
    double told_rate;   /* per microsecond, until full_us */
    double own_rate;    /* thereafter */
    bool window_told;   /* own_rate is by what a head told, not by a guess */
    int64_t emptied_us; /* the longest reset while nothing was left, 0: none */
    int64_t at_us, full_us;
    int64_t stale_us;   /* forgotten by the next head then, unless it speaks of it */
    double least_left;  /* by the heads since all was heard, INFINITY: there was none */
    int64_t n_requests; /* of the mark of the newest head */
};

struct bucket {
    struct bucket_row rows[BUCKET_ROWS_MAX];
    unsigned n_rows;
    struct bucket_sum taken, heard; /* heard: of those whose head was learnt from, or that are over without one */
    struct bucket_past past[BUCKET_PAST_MAX]; /* a lag or more apart, oldest first */
    unsigned n_past;
    int64_t last_us; /* of the last request */
    int64_t blocked_until_us;
};

void bucket_init(struct bucket *b);

/* What the head of a response said, n 0 where it told no limits; mark is that of its request. Limits without remaining
 * are counted by what we take ourselves. */
void bucket_learn(struct bucket *b, const struct limit *l, size_t n, const struct bucket_mark *mark, int64_t now_us);

/* It is over, and no head came. */
void bucket_end(struct bucket *b, const struct bucket_mark *mark, int64_t now_us);

/* 0: such a request may go now, else how long until it fits. One that is larger than a limit goes when that is full:
 * to refuse it is the provider's. */
int64_t bucket_wait_us(const struct bucket *b, int64_t now_us, struct bucket_cost cost);

/* A request is sent. The mark is for its head. */
struct bucket_mark bucket_take(struct bucket *b, int64_t now_us, struct bucket_cost cost);

/* The provider refused one: nothing goes for retry_after seconds (negative: not told). */
void bucket_block(struct bucket *b, int64_t now_us, double retry_after);

/* The limits as they stand: remaining by now, and how long until they are full. Fills at most max and returns how
 * many. */
size_t bucket_report(const struct bucket *b, int64_t now_us, struct limit *ret, size_t max);

#endif
