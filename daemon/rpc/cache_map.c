#include "daemon/rpc/cache_map.h"
#include "lib/proto/mp.h"
#include <string.h>
#include <sys/param.h>

/* -- answers -- */

void cache_map_put_head(struct buf *b, const struct cache_item *it)
{
    const struct item_facts *f = item_facts(it);
    char hex[KEY_HEX + 1];
    key_hex(&f->key, hex);
    mp_put_map(b, 6 + f->n_tail);
    mp_put_entry(b, "state", "done");
    mp_put_cstr(b, "cached");
    mp_put_bool(b, true);
    mp_put_cstr(b, "shared");
    mp_put_bool(b, false);
    mp_put_cstr(b, "age");
    mp_put_double(b, (double)item_age_ms(it) / 1e3);
    mp_put_cstr(b, "key");
    mp_put_str(b, hex, KEY_HEX);
    mp_put_cstr(b, "timing");
    mp_put_map(b, 0);
}

void cache_map_put_answer(struct buf *b, const struct cache_item *it)
{
    const struct item_bytes *tail = &item_facts(it)->tail;
    cache_map_put_head(b, it);
    buf_append(b, tail->data, tail->len);
}

bool cache_map_is_answer(const struct cache_item *it)
{
    return item_facts(it)->kind == ITEM_ANSWER;
}

/* -- pages -- */

/* Does this one go along, before which `sent` bytes do? Then these are more. */
static bool takes_answer(const struct cache_item *it, size_t *sent)
{
    size_t len = item_facts(it)->tail.len;
    if (!cache_map_is_answer(it) || len > CACHE_MAP_ANSWERS_MAX - *sent)
        return false;
    *sent += len;
    return true;
}

static void put_item(struct buf *b, const struct cache_item *it, size_t *sent)
{
    const struct item_facts *f = item_facts(it);
    bool whole = takes_answer(it, sent);
    char hex[KEY_HEX + 1];
    key_hex(&f->key, hex);
    mp_put_map(b, 7u + whole);
    mp_put_entry(b, "key", hex);
    mp_put_entry(b, "kind", item_kind_name(f->kind));
    mp_put_entry(b, "provider", f->provider);
    mp_put_entry(b, "model", f->model);
    mp_put_entry_time(b, "created", f->created_us);
    mp_put_entry_time(b, "expires", f->expires_us);
    mp_put_entry_uint(b, "bytes", item_blob(it).len);
    if (whole) {
        mp_put_cstr(b, "answer");
        cache_map_put_answer(b, it);
    }
}

void cache_map_put_page(struct buf *b, struct cache_item *const *items, size_t n, const char *after)
{
    size_t sent = 0;
    mp_put_map(b, 1u + (*after != '\0'));
    mp_put_cstr(b, "items");
    mp_put_array(b, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        put_item(b, items[i], &sent);
    if (*after)
        mp_put_entry(b, "after", after);
}

size_t cache_map_page_answers(struct cache_item *const *items, size_t n)
{
    size_t sent = 0;
    for (size_t i = 0; i < n; i++)
        takes_answer(items[i], &sent);
    return sent;
}

/* -- figures -- */

struct tier_figures {
    const char *name, *state, *error; /* error: NULL for none */
    int64_t entries, bytes;           /* -1: not known */
    uint64_t hits, misses, evictions, failures;
};

static void put_tier(struct buf *b, const struct tier_figures *t)
{
    mp_put_map(b, 6u + (t->error != NULL) + (t->entries >= 0) + (t->bytes >= 0));
    mp_put_entry(b, "name", t->name);
    mp_put_entry(b, "state", t->state);
    if (t->error)
        mp_put_entry(b, "error", t->error);
    if (t->entries >= 0)
        mp_put_entry_int(b, "entries", t->entries);
    if (t->bytes >= 0)
        mp_put_entry_int(b, "bytes", t->bytes);
    mp_put_entry_uint(b, "hits", t->hits);
    mp_put_entry_uint(b, "misses", t->misses);
    mp_put_entry_uint(b, "evictions", t->evictions);
    mp_put_entry_uint(b, "failures", t->failures);
}

/* Memory, then the persistent one where there is one. Returns how many. */
static uint32_t read_tiers(const struct cache_stats *st, struct tier_figures tiers[2])
{
    tiers[0] = (struct tier_figures){.name = "memory",
                                     .state = "ok",
                                     .entries = st->memory_entries,
                                     .bytes = st->memory_bytes,
                                     .hits = st->memory_hits,
                                     .misses = st->memory_misses,
                                     .evictions = st->memory_evictions};
    tiers[1] = (struct tier_figures){.name = st->backend,
                                     .state = st->tier.state,
                                     .error = st->tier.error,
                                     .entries = st->tier.entries,
                                     .bytes = st->tier.bytes,
                                     .hits = st->tier_hits,
                                     .misses = st->tier_misses,
                                     .evictions = st->tier.evictions,
                                     .failures = st->tier.failures};
    return strcmp(st->backend, "none") == 0 ? 1 : 2;
}

static void put_saved(struct buf *b, const struct cache_stats *st)
{
    mp_put_cstr(b, "saved");
    mp_put_array(b, (uint32_t)st->n_saved);
    for (size_t i = 0; i < st->n_saved; i++) {
        mp_put_map(b, 3);
        mp_put_entry(b, "currency", st->saved[i].currency);
        mp_put_entry_nano(b, "cost", st->saved[i].nano);
        mp_put_entry_int(b, "cost_nano", st->saved[i].nano);
    }
}

/* Of all questions that looked for an answer. */
static void put_rate(struct buf *b, const struct cache_stats *st)
{
    uint64_t given = st->hits + st->joins;
    mp_put_cstr(b, "hit_rate");
    mp_put_double(b, (double)given / (double)(given + st->misses));
}

void cache_map_put_stats(struct buf *b, const struct cache_stats *st, bool with_rate)
{
    struct tier_figures tiers[2];
    uint32_t n = read_tiers(st, tiers);
    bool rate = with_rate && st->hits + st->joins + st->misses > 0;
    mp_put_map(b, 9u + rate);
    mp_put_entry_int(b, "entries", MAX(tiers[0].entries, tiers[n - 1].entries)); /* most are in both */
    mp_put_entry_int(b, "bytes", MAX(tiers[0].bytes, tiers[n - 1].bytes));
    mp_put_entry_uint(b, "hits", st->hits);
    mp_put_entry_uint(b, "misses", st->misses);
    mp_put_entry_uint(b, "joins", st->joins);
    mp_put_entry_uint(b, "evictions", tiers[0].evictions + (n > 1 ? tiers[1].evictions : 0));
    mp_put_entry_int(b, "saved_ms", st->saved_ms);
    if (rate)
        put_rate(b, st);
    put_saved(b, st);
    mp_put_cstr(b, "tiers");
    mp_put_array(b, n);
    for (uint32_t i = 0; i < n; i++)
        put_tier(b, &tiers[i]);
}
