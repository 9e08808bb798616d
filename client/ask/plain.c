#include "client/ask/plain.h"
#include "client/common/age.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/common/figures.h"
#include "lib/proto/mp.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct line {
    char text[512];
    size_t len;
};

static void add(struct line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct line *l, const char *fmt, ...)
{
    size_t room = sizeof(l->text) - l->len;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(l->text + l->len, room, fmt, ap);
    va_end(ap);
    if (n > 0 && (size_t)n < room)
        l->len += (size_t)n;
    else
        l->text[l->len] = '\0';
}

static void add_str(struct line *l, const msgpack_object_map *map, const char *name)
{
    const char *s;
    size_t len;
    if (field_str(map, name, &s, &len) && len > 0)
        add(l, "%s%s=%.*s", l->len > 0 ? " " : "", name, (int)(len < 128 ? len : 128), s);
}

static void add_int(struct line *l, const msgpack_object_map *map, const char *name)
{
    int64_t v;
    if (field_int(map, name, &v))
        add(l, "%s%s=%" PRId64, l->len > 0 ? " " : "", name, v);
}

static void add_double(struct line *l, const msgpack_object_map *map, const char *name)
{
    double v;
    if (field_double(map, name, &v))
        add(l, "%s%s=%.0f", l->len > 0 ? " " : "", name, v);
}

/* In whole seconds that have passed, as the line of plain_cached tells it. */
static void add_age(struct line *l, const msgpack_object_map *map)
{
    double seconds;
    const double limit = 1e12; /* beyond it no clock is right */
    if (field_double(map, "age", &seconds) && seconds >= 0 && seconds < limit)
        add(l, "%sage=%llu", l->len > 0 ? " " : "", (unsigned long long)seconds);
}

/* What it cost, or what not having to ask for it saved. */
static void add_cost(struct line *l, const msgpack_object_map *usage, bool paid)
{
    char amount[FIGURE_LEN];
    int64_t nano;
    if (!field_int(usage, "cost_nano", &nano))
        return;
    figures_nano(amount, nano);
    add(l, " %s=%s", paid ? "cost" : "saved", amount);
    add_str(l, usage, "currency");
}

static void add_premium(struct line *l, const msgpack_object_map *usage)
{
    double n;
    if (field_double(usage, "premium_requests", &n))
        add(l, " premium_requests=%.6g", n);
}

bool plain_speed(const msgpack_object_map *usage, const msgpack_object_map *timing, double *tokens_per_second)
{
    double first, total;
    int64_t tokens;
    if (!field_int(usage, "output_tokens", &tokens) || tokens <= 0 || !field_double(timing, "first_token_ms", &first) ||
        !field_double(timing, "total_ms", &total) || !(total > first))
        return false;
    *tokens_per_second = (double)tokens / ((total - first) / 1e3);
    return true;
}

static void add_speed(struct line *l, const msgpack_object_map *usage, const msgpack_object_map *timing)
{
    double speed;
    if (plain_speed(usage, timing, &speed))
        add(l, " tokens_per_second=%.1f", speed);
}

static void add_true(struct line *l, const msgpack_object_map *map, const char *name)
{
    if (field_true(map, name))
        add(l, "%s%s=true", l->len > 0 ? " " : "", name);
}

void plain_cached(const msgpack_object *answer)
{
    msgpack_object_map map;
    double seconds;
    char age[AGE_LEN];
    if (!mp_map(answer, &map) || !field_true(&map, "cached"))
        return;
    bool known = field_double(&map, "age", &seconds);
    age_text(age, known ? seconds : 0);
    exit_print("ask", "cached%s%s%s; -r asks again", known ? " " : "", known ? age : "", known ? " ago" : "");
}

/* Where the answer came from. */
static void add_source(struct line *l, const msgpack_object_map *answer, bool paid)
{
    if (paid)
        add(l, " fresh=true");
    add_true(l, answer, "cached");
    add_age(l, answer);
    add_true(l, answer, "shared");
}

void plain_stats(const msgpack_object *answer)
{
    struct line l = {.len = 0};
    msgpack_object_map map, usage = {0}, timing = {0};
    if (!mp_map(answer, &map))
        return;
    const bool cached = field_true(&map, "cached"), paid = !cached && !field_true(&map, "shared");
    add_str(&l, &map, "model");
    add_str(&l, &map, "provider");
    if (field_map(&map, "usage", &usage)) {
        add_int(&l, &usage, "input_tokens");
        add_int(&l, &usage, "cached_input_tokens");
        add_int(&l, &usage, "output_tokens");
        add_cost(&l, &usage, paid);
        add_premium(&l, &usage);
    }
    if (field_map(&map, "timing", &timing)) {
        add_double(&l, &timing, "first_token_ms");
        add_double(&l, &timing, "total_ms");
        if (!cached)
            add_speed(&l, &usage, &timing);
    }
    add_source(&l, &map, paid);
    add_str(&l, &map, "conversation");
    add_str(&l, &map, "message");
    exit_print("ask", "%s", l.text);
}
