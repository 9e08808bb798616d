/* askctl cache: what is kept of answers, and what that is good for. */
#include "client/common/field.h"
#include "client/common/figures.h"
#include "client/common/json_print.h"
#include "client/ctl/cache_text.h"
#include "client/ctl/ctl.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    PARAMS_MAX = 64 << 10,
    LINE_SIZE = 512,
    AFTER_SIZE = 2048, /* of a page's end, as the daemon names it */
    PAGE = 100         /* entries that one request of an export asks for */
};

/* -- stats -- */

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

static int stats(struct ctl *c)
{
    return ctl_ask(c, "cache.stats", NULL, print_stats);
}

/* -- lookup -- */

static bool put_key(struct buf *b, const char *key)
{
    mp_put_map(b, 1);
    mp_put_entry(b, "key", key);
    return !b->failed;
}

static int too_long(const struct ctl *c)
{
    exit_print(c->program, "what is asked for is too long: give a shorter name");
    return EXIT_USAGE;
}

static int print_answer(struct ctl *c, msgpack_object *reply)
{
    msgpack_object_map map;
    const char *text = "";
    size_t len = 0;
    if (c->json)
        return ctl_print_json(c, reply);
    if (mp_map(reply, &map))
        (void)field_str(&map, "text", &text, &len);
    (void)out_text(c->out, text, len);
    if (len > 0 && text[len - 1] != '\n')
        (void)out_puts(c->out, "\n");
    return ctl_flush(c);
}

static int lookup(struct ctl *c)
{
    struct buf params;
    buf_init(&params, PARAMS_MAX);
    int status = put_key(&params, c->args[0]) ? ctl_ask(c, "cache.lookup", &params, print_answer) : too_long(c);
    buf_done(&params);
    return status;
}

/* -- clear -- */

/* Asks somebody who sits at a terminal. Whoever does not has meant it. */
static bool is_meant(const struct ctl *c)
{
    const ctl_options narrowed = CTL_KEY | CTL_MODEL | CTL_OLDER_THAN;
    if ((c->given & (narrowed | CTL_YES)) != 0 || isatty(STDIN_FILENO) == 0)
        return true;
    return ctl_confirm("Remove all that the cache has of yours?");
}

static void put_filter(struct buf *b, const struct ctl *c)
{
    bool key = (c->given & CTL_KEY) != 0, model = (c->given & CTL_MODEL) != 0, age = (c->given & CTL_OLDER_THAN) != 0;
    mp_put_map(b, (uint32_t)(key + model + age));
    if (key)
        mp_put_entry(b, "key", c->key);
    if (model)
        mp_put_entry(b, "model", c->model);
    if (age) {
        mp_put_cstr(b, "older_than");
        mp_put_double(b, c->older_than);
    }
}

static int print_removed(struct ctl *c, msgpack_object *reply)
{
    msgpack_object_map map;
    int64_t n = 0;
    if (c->json)
        return ctl_print_json(c, reply);
    if (mp_map(reply, &map))
        (void)field_int(&map, "removed", &n);
    ctl_printf(c, "%" PRId64 " entr%s removed\n", n, n == 1 ? "y" : "ies");
    return ctl_flush(c);
}

static int clear(struct ctl *c)
{
    struct buf params;
    if (!is_meant(c)) {
        exit_print(c->program, "nothing was removed");
        return EXIT_OTHER;
    }
    buf_init(&params, PARAMS_MAX);
    put_filter(&params, c);
    int status = params.failed ? too_long(c) : ctl_ask(c, "cache.clear", &params, print_removed);
    buf_done(&params);
    return status;
}

/* -- export -- */

static bool lacks_answer(const msgpack_object_map *item)
{
    const char *kind;
    size_t len;
    return field_str(item, "kind", &kind, &len) && len == 6 && memcmp(kind, "answer", 6) == 0 &&
           mp_get(item, "answer") == NULL;
}

/* The item with one more entry, in the memory of its reply. False where there is none for it. */
static bool add_entry(msgpack_zone *zone, msgpack_object_map *item, const char *name, const msgpack_object *value)
{
    msgpack_object_kv *entries = msgpack_zone_malloc(zone, (item->size + 1) * sizeof(*entries));
    if (entries == NULL)
        return false;
    memcpy(entries, item->ptr, item->size * sizeof(*entries));
    entries[item->size].key =
        (msgpack_object){.type = MSGPACK_OBJECT_STR, .via.str = {.ptr = name, .size = (uint32_t)strlen(name)}};
    entries[item->size].val = *value;
    item->ptr = entries;
    item->size++;
    return true;
}

static void print_line(struct ctl *c, const msgpack_object_map *item)
{
    const msgpack_object o = {.type = MSGPACK_OBJECT_MAP, .via.map = *item};
    (void)json_print(c->out, &o);
    (void)out_puts(c->out, "\n");
}

/* Its answer was too much for the page. */
static int export_large(struct ctl *c, struct ask *a, msgpack_object_map *item)
{
    char key[LINE_SIZE];
    struct buf params;
    msgpack_unpacked reply;
    buf_init(&params, PARAMS_MAX);
    msgpack_unpacked_init(&reply);
    (void)put_key(&params, field_line(item, "key", key, LINE_SIZE));
    int status = ctl_call(c, a, "cache.lookup", &params, &reply);
    if (status == EXIT_OK && !add_entry(reply.zone, item, "answer", &reply.data)) {
        exit_print(c->program, "out of memory");
        status = EXIT_OS;
    }
    if (status == EXIT_OK)
        print_line(c, item);
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    return status;
}

static int export_items(struct ctl *c, struct ask *a, const msgpack_object_map *page)
{
    msgpack_object_array items = {0};
    msgpack_object_map item;
    int status = EXIT_OK;
    (void)field_array(page, "items", &items);
    for (uint32_t i = 0; status == EXIT_OK && i < items.size; i++) {
        if (!mp_map(&items.ptr[i], &item))
            continue;
        if (lacks_answer(&item))
            status = export_large(c, a, &item);
        else
            print_line(c, &item);
    }
    return status == EXIT_OK ? ctl_flush(c) : status;
}

/* Where the next page begins; false where there is none, or none that can be asked for. */
static bool take_after(const msgpack_object_map *page, char after[AFTER_SIZE])
{
    const char *s;
    size_t len;
    if (!field_str(page, "after", &s, &len) || len == 0 || len >= AFTER_SIZE)
        return false;
    memcpy(after, s, len);
    after[len] = '\0';
    return true;
}

/* after: in, where the page begins, "" for the first; out, the next one. */
static int export_page(struct ctl *c, struct ask *a, char after[AFTER_SIZE], bool *more)
{
    struct buf params;
    msgpack_unpacked reply;
    msgpack_object_map page;
    buf_init(&params, PARAMS_MAX);
    msgpack_unpacked_init(&reply);
    mp_put_map(&params, after[0] != '\0' ? 2 : 1);
    mp_put_entry_int(&params, "limit", PAGE);
    if (after[0] != '\0')
        mp_put_entry(&params, "after", after);
    int status = ctl_call(c, a, "cache.list", &params, &reply);
    *more = false;
    if (status == EXIT_OK && mp_map(&reply.data, &page)) {
        status = export_items(c, a, &page);
        *more = status == EXIT_OK && take_after(&page, after);
    }
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    return status;
}

static int export(struct ctl *c)
{
    char after[AFTER_SIZE] = "";
    bool more = true;
    int status;
    struct ask *a = ctl_open(c, &status);
    while (a != NULL && more)
        status = export_page(c, a, after, &more);
    ask_close(a);
    return status;
}

const struct ctl_verb cmd_cache_verbs[] = {
    {"stats", "", "what it holds and what it saved", .run = stats},
    {"lookup", "KEY", "print the answer that is kept under a key", 1, 1, .run = lookup},
    {"clear", "", "remove what it has of yours, or some of it", .run = clear,
     .takes = CTL_KEY | CTL_MODEL | CTL_OLDER_THAN | CTL_YES},
    {"export", "", "print all that it has of yours, a line of JSON each", .run = export},
    {0},
};
