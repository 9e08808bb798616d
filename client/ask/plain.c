#include "client/ask/plain.h"
#include "client/common/age.h"
#include "client/common/exit.h"
#include "client/common/field.h"
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

void plain_stats(const msgpack_object *answer)
{
    struct line l = {.len = 0};
    msgpack_object_map map, part;
    if (!mp_map(answer, &map))
        return;
    add_str(&l, &map, "model");
    add_str(&l, &map, "provider");
    if (field_map(&map, "usage", &part)) {
        add_int(&l, &part, "input_tokens");
        add_int(&l, &part, "output_tokens");
    }
    if (field_map(&map, "timing", &part)) {
        add_double(&l, &part, "first_token_ms");
        add_double(&l, &part, "total_ms");
    }
    add_true(&l, &map, "cached");
    add_age(&l, &map);
    add_true(&l, &map, "shared");
    add_str(&l, &map, "conversation");
    exit_print("ask", "%s", l.text);
}
