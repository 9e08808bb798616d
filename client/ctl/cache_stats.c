/* askctl cache stats: what the cache holds, and what it saved. */
#include "client/common/field.h"
#include "client/common/figures.h"
#include "client/ctl/cache.h"
#include "client/ctl/cache_text.h"
#include <inttypes.h>

enum { LINE_SIZE = 512 };

/* "512 entries, 3.1 MiB": what is known of it. */
static void print_size(struct ctl *c, const msgpack_object_map *map)
{
    char size[FIGURE_LEN] = "";
    int64_t entries;
    double bytes;
    if (!field_int(map, "entries", &entries))
        return;
    ctl_printf(c, "%" PRId64 " entr%s", entries, entries == 1 ? "y" : "ies");
    if (field_double(map, "bytes", &bytes))
        figures_bytes(size, bytes);
    ctl_printf(c, "%s%s", size[0] != '\0' ? ", " : "", size);
}

/* "answered       41 of 120 questions (34 %), 3 of them shared" */
static void print_answered(struct ctl *c, const msgpack_object_map *stats)
{
    char rate[CACHE_TEXT_SIZE];
    int64_t joins = 0;
    bool any = cache_rate_text(rate, stats);
    ctl_printf(c, "%-15s%s", "answered", any ? rate : "no question yet");
    if (any && field_int(stats, "joins", &joins) && joins > 0)
        ctl_printf(c, ", %" PRId64 " of them shared", joins);
    ctl_printf(c, "\n");
}

static void print_kept(struct ctl *c, const msgpack_object_map *stats)
{
    ctl_printf(c, "%-15s", "kept");
    print_size(c, stats);
    ctl_printf(c, "\n");
}

/* "saved          0.42 USD, 3.4 min of waiting" */
static void print_saved(struct ctl *c, const msgpack_object_map *stats)
{
    char money[CACHE_TEXT_SIZE], span[FIGURE_LEN] = "";
    double ms = 0;
    bool known = cache_saved_text(money, stats);
    if (field_double(stats, "saved_ms", &ms) && ms > 0)
        figures_span(span, ms / 1e3);
    if (!known && span[0] == '\0')
        return;
    ctl_printf(c, "%-15s%s%s%s%s\n", "saved", known ? money : "", known && span[0] != '\0' ? ", " : "", span,
               span[0] != '\0' ? " of waiting" : "");
}

/* "  sqlite       ok         512 entries, 3.1 MiB"
 * "               41 hits, 79 misses" */
static void print_tier(struct ctl *c, const msgpack_object_map *tier)
{
    static const struct {
        const char *field, *one, *more;
        bool always;
    } figures[] = {{"hits", "hit", "hits", true},
                   {"misses", "miss", "misses", true},
                   {"evictions", "eviction", "evictions", false},
                   {"failures", "failure", "failures", false}};
    char name[LINE_SIZE], text[LINE_SIZE];
    bool sized = mp_get(tier, "entries") != NULL;
    ctl_printf(c, "  %-12s ", field_line(tier, "name", name, LINE_SIZE));
    ctl_printf(c, sized ? "%-10s " : "%s", field_line(tier, "state", text, LINE_SIZE));
    print_size(c, tier);
    ctl_printf(c, "\n%*s", 15, "");
    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
        int64_t n = 0;
        (void)field_int(tier, figures[i].field, &n);
        if (n > 0 || figures[i].always)
            ctl_printf(c, "%s%" PRId64 " %s", i > 0 ? ", " : "", n, n == 1 ? figures[i].one : figures[i].more);
    }
    ctl_printf(c, "\n");
    if (field_line(tier, "error", text, LINE_SIZE)[0] != '\0')
        ctl_printf(c, "%*s%s\n", 15, "", text);
}

static int print_stats(struct ctl *c, msgpack_object *reply)
{
    msgpack_object_map stats, tier;
    msgpack_object_array tiers = {0};
    if (c->json)
        return ctl_print_json(c, reply);
    if (!mp_map(reply, &stats))
        return ctl_flush(c);
    print_answered(c, &stats);
    print_kept(c, &stats);
    print_saved(c, &stats);
    ctl_printf(c, "tiers\n");
    (void)field_array(&stats, "tiers", &tiers);
    for (uint32_t i = 0; i < tiers.size; i++)
        if (mp_map(&tiers.ptr[i], &tier))
            print_tier(c, &tier);
    return ctl_flush(c);
}

int cache_stats(struct ctl *c)
{
    return ctl_ask(c, "cache.stats", NULL, print_stats);
}
