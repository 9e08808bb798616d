/* Headers of rate limits, and what a bucket makes of them: no figure is out of its range, and nobody is held up for
 * longer than what was told allows. A header a line; an empty line begins the next response. */
#include "daemon/http/bucket.h"
#include "daemon/provider/rate_limits.h"
#include <stdlib.h>
#include <string.h>

#define NOW_US INT64_C(1790000000000000)
#define STEP_US INT64_C(700000)
#define RESET_MAX_US (INT64_C(32) * 86400 * 1000000) /* later ones are not believed */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth)
        abort();
}

static void copy(char *to, size_t n, const uint8_t *from, size_t len)
{
    len = len < n - 1 ? len : n - 1;
    for (size_t i = 0; i < len; i++)
        to[i] = from[i] ? (char)from[i] : ' ';
    to[len] = 0;
}

/* As transfer.c does: what does not fit is left out. */
static void add_line(struct response_head *head, const uint8_t *line, size_t len)
{
    const uint8_t *colon = memchr(line, ':', len);
    if (!colon || head->n_rate == sizeof head->rate / sizeof *head->rate)
        return;
    struct rate_header *h = &head->rate[head->n_rate++];
    copy(h->name, sizeof h->name, line, (size_t)(colon - line));
    copy(h->value, sizeof h->value, colon + 1, (size_t)(line + len - colon - 1));
}

static void respond(struct bucket *b, const struct response_head *head, int64_t now_us)
{
    struct limit limits[LIMITS_MAX], report[BUCKET_ROWS_MAX];
    const struct bucket_cost cost = {100, 50};
    size_t n = rate_limits_read(head, NOW_US, limits, LIMITS_MAX);
    require(n <= LIMITS_MAX);
    for (size_t i = 0; i < n; i++) {
        require(limits[i].limit >= -1 && limits[i].remaining >= -1 && limits[i].window_us >= 0);
        require(limits[i].reset_us >= -1 && limits[i].reset_us <= RESET_MAX_US);
    }
    struct bucket_mark mark = bucket_take(b, now_us, cost);
    bucket_learn(b, limits, n, &mark, now_us);
    require(bucket_wait_us(b, now_us, cost) >= 0);
    n = bucket_report(b, now_us, report, BUCKET_ROWS_MAX);
    for (size_t i = 0; i < n; i++)
        require(report[i].remaining >= -1 && report[i].reset_us >= -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bucket b;
    struct response_head head = {.retry_after = -1, .should_retry = -1};
    int64_t now = STEP_US;
    bucket_init(&b);
    while (size > 0) {
        const uint8_t *end = memchr(data, '\n', size);
        size_t len = end ? (size_t)(end - data) : size;
        if (len == 0) {
            respond(&b, &head, now);
            head.n_rate = 0;
            now += STEP_US;
        }
        add_line(&head, data, len);
        data += end ? len + 1 : len;
        size -= end ? len + 1 : len;
    }
    respond(&b, &head, now);
    return 0;
}
