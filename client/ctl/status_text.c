#include "client/ctl/status_text.h"
#include "client/common/field.h"
#include "client/ctl/cache_text.h"
#include "client/ctl/today_text.h"
#include <inttypes.h>
#include <string.h>

static void print_str(struct ctl *c, const msgpack_object_map *map, const char *key, const char *label)
{
    const char *s;
    size_t len;
    if (field_str(map, key, &s, &len) && len > 0)
        ctl_printf(c, "%-15s%.*s\n", label, (int)(len < 200 ? len : 200), s);
}

static void print_int(struct ctl *c, const msgpack_object_map *map, const char *key, const char *label)
{
    int64_t v;
    if (field_int(map, key, &v))
        ctl_printf(c, "%-15s%" PRId64 "\n", label, v);
}

static void print_uptime(struct ctl *c, const msgpack_object_map *map)
{
    double seconds;
    if (!field_double(map, "uptime", &seconds) || !(seconds >= 0 && seconds < 1e12))
        return;
    uint64_t s = (uint64_t)seconds;
    ctl_printf(c, "%-15s%" PRIu64 "d %02u:%02u:%02u\n", "uptime", s / 86400, (unsigned)(s / 3600 % 24),
               (unsigned)(s / 60 % 60), (unsigned)(s % 60));
}

/* "  openai         ready     120 ms  key from environment" */
static void print_provider(struct ctl *c, const msgpack_object_map *p)
{
    const char *name = "?", *state = "?", *source = "";
    size_t name_len = 1, state_len = 1, source_len = 0;
    int64_t latency;
    (void)field_str(p, "name", &name, &name_len);
    (void)field_str(p, "state", &state, &state_len);
    ctl_printf(c, "  %-12.*s %-10.*s", (int)(name_len < 64 ? name_len : 64), name,
               (int)(state_len < 64 ? state_len : 64), state);
    if (field_int(p, "latency_ms", &latency))
        ctl_printf(c, " %6" PRId64 " ms", latency);
    else
        ctl_printf(c, "         -");
    if (field_str(p, "key_source", &source, &source_len) && source_len > 0)
        ctl_printf(c, "  key: %.*s", (int)(source_len < 200 ? source_len : 200), source);
    ctl_printf(c, "\n");
}

/* -- what a provider's further lines tell -- */

#define MARGIN 15 /* columns before them */

/* A figure that is told where it is not 0. */
struct figure {
    const char *field, *text;
};

/* "http/2, 3 opened, 41 reused, 1 under way, 2 waiting"; nothing where all are 0. */
static void print_traffic(struct ctl *c, const msgpack_object_map *p)
{
    static const struct figure figures[] = {
        {"opened", "opened"}, {"reused", "reused"}, {"connections", "under way"}, {"waiting", "waiting"}};
    const char *protocol;
    size_t len;
    int64_t n;
    bool any = false;
    if (field_str(p, "protocol", &protocol, &len) && len > 0) {
        ctl_printf(c, "%*s%.*s", MARGIN, "", (int)(len < 64 ? len : 64), protocol);
        any = true;
    }
    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
        if (!field_int(p, figures[i].field, &n) || n <= 0)
            continue;
        ctl_printf(c, "%*s%" PRId64 " %s", any ? 2 : MARGIN, any ? ", " : "", n, figures[i].text);
        any = true;
    }
    ctl_printf(c, "%s", any ? "\n" : "");
}

/* "gpt-5 failed too often: tried again in 29 s"; nothing of a model that is well. */
static void print_breaker(struct ctl *c, const msgpack_object_map *model)
{
    const char *name, *state;
    size_t name_len, state_len;
    double seconds = 0;
    if (!field_str(model, "model", &name, &name_len) || !field_str(model, "breaker", &state, &state_len) ||
        (state_len == 6 && memcmp(state, "closed", 6) == 0))
        return;
    ctl_printf(c, "%*s%.*s failed too often: ", MARGIN, "", (int)(name_len < 200 ? name_len : 200), name);
    if (field_double(model, "retry_in", &seconds) && seconds > 0 && seconds < 1e9)
        ctl_printf(c, "tried again in %d s\n", (int)seconds + (seconds > (int)seconds));
    else
        ctl_printf(c, "the next question tries it again\n");
}

static void print_details(struct ctl *c, const msgpack_object_map *p)
{
    msgpack_object_array models;
    msgpack_object_map model;
    print_traffic(c, p);
    if (!field_array(p, "models", &models))
        return;
    for (uint32_t i = 0; i < models.size; i++)
        if (mp_map(&models.ptr[i], &model))
            print_breaker(c, &model);
}

/* "store          failing: the disk is full" */
static void print_store(struct ctl *c, const msgpack_object_map *map)
{
    msgpack_object_map store;
    const char *state, *error = "";
    size_t state_len, error_len = 0;
    if (!field_map(map, "store", &store) || !field_str(&store, "state", &state, &state_len))
        return;
    (void)field_str(&store, "error", &error, &error_len);
    ctl_printf(c, "%-15s%.*s%s%.*s\n", "store", (int)(state_len < 64 ? state_len : 64), state,
               error_len > 0 ? ": " : "", (int)(error_len < 300 ? error_len : 300), error);
}

/* "cache          answered 41 of 120 questions (34 %), 512 entries, saved 0.42 USD"; nothing before the first. */
static void print_cache(struct ctl *c, const msgpack_object_map *map)
{
    msgpack_object_map cache;
    char text[CACHE_TEXT_SIZE];
    int64_t entries = 0;
    if (!field_map(map, "cache", &cache) || !cache_rate_text(text, &cache))
        return;
    (void)field_int(&cache, "entries", &entries);
    ctl_printf(c, "%-15sanswered %s, %" PRId64 " entr%s", "cache", text, entries, entries == 1 ? "y" : "ies");
    if (cache_saved_text(text, &cache))
        ctl_printf(c, ", saved %s", text);
    ctl_printf(c, "\n");
}

void status_print(struct ctl *c, const msgpack_object_map *map)
{
    msgpack_object_array providers;
    msgpack_object_map provider;
    print_str(c, map, "version", "version");
    print_int(c, map, "pid", "pid");
    print_uptime(c, map);
    print_int(c, map, "connections", "connections");
    print_int(c, map, "answers", "answers");
    print_str(c, map, "default_model", "default model");
    print_store(c, map);
    print_cache(c, map);
    today_print(c, map);
    if (!field_array(map, "providers", &providers))
        return;
    ctl_printf(c, "%s", providers.size == 0 ? "providers      none\n" : "providers\n");
    for (uint32_t i = 0; i < providers.size; i++) {
        if (!mp_map(&providers.ptr[i], &provider))
            continue;
        print_provider(c, &provider);
        print_details(c, &provider);
    }
}
