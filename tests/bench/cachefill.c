/* cachefill DIR [ENTRIES [BYTES [SIZE_MIB]]]: the SQLite tier of the prompt cache, in this process, on DIR/cache.db.
 *
 * Fills it with ENTRIES of BYTES, closes it, opens it again, and then looks up one entry a millisecond, first alone and
 * then while eight writers put others. Prints name=value lines: how many entries per second went in, the time from open
 * to the first entry told, and what a lookup took from its call to its callback. */
#include "daemon/cache/tier.h"
#include "lib/base/clock.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { WRITERS = 8, UNWRITTEN = 1024, LOOKUPS = 5000 };

static struct {
    uv_loop_t loop;
    uv_timer_t timer;
    struct tier *tier;
    struct tier_options opt;
    uint8_t *bytes;
    size_t len;
    int64_t put;  /* entries so far; the number of one makes its key */
    int64_t gone; /* of them, evicted before the tier was opened again */
    int64_t goal;
    int64_t began_us[LOOKUPS], took_us[LOOKUPS];
    size_t asked, told, found;
    struct cache_key keys[LOOKUPS];
    bool writing;
} b;

static struct cache_key key_of(int64_t n)
{
    struct cache_key key;
    uint64_t x = (uint64_t)n;
    for (size_t i = 0; i < KEY_LEN; i += sizeof x) { /* splitmix64: as scattered as a hash */
        uint64_t z = x += UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        z ^= z >> 31;
        memcpy(key.bytes + i, &z, sizeof z);
    }
    return key;
}

static void put_one(void)
{
    struct item_facts facts = {.key = key_of(b.put++),
                               .scope = "uid:1000",
                               .kind = ITEM_VECTOR,
                               .created_us = clock_wall_us(),
                               .expires_us = clock_wall_us() + INT64_C(86400000000),
                               .provider = "bench",
                               .model = "bench-model",
                               .saved_nano = -1,
                               .currency = "",
                               .runs = {b.bytes, b.len},
                               .n_events = (uint32_t)(b.len / sizeof(double))};
    struct cache_item *it = item_new(&facts);
    if (!it)
        abort();
    tier_sqlite.put(b.tier, it);
    item_unref(it);
}

static int64_t unwritten(void)
{
    struct tier_status st;
    tier_sqlite.status(b.tier, &st);
    return st.entries < 0 ? UNWRITTEN : b.put - b.gone - st.entries - (int64_t)(st.evictions + st.failures);
}

static void open_tier(void)
{
    struct error err;
    b.tier = tier_sqlite.open(&b.loop, &b.opt, &err);
    if (!b.tier) {
        fprintf(stderr, "cachefill: %s\n", err.message);
        exit(2);
    }
}

static void on_closed(void *data)
{
    *(bool *)data = true;
}

static void close_tier(void)
{
    bool closed = false;
    tier_sqlite.close(b.tier, on_closed, &closed);
    while (!closed)
        uv_run(&b.loop, UV_RUN_ONCE);
}

static void on_got(void *data, const struct item_bytes *blobs, size_t n)
{
    int64_t *began_us = data;
    b.took_us[began_us - b.began_us] = clock_mono_us() - *began_us;
    b.told++;
    b.found += n == 1 && blobs[0].data;
}

static void ask(int64_t entry)
{
    size_t i = b.asked++;
    b.keys[i] = key_of(entry);
    b.began_us[i] = clock_mono_us();
    tier_sqlite.get(
        b.tier,
        &(struct tier_get){.scope = "uid:1000", .keys = &b.keys[i], .n = 1, .done = on_got, .data = &b.began_us[i]});
}

static void each_ms(uv_timer_t *timer)
{
    (void)timer;
    for (int i = 0; b.writing && i < WRITERS && unwritten() < UNWRITTEN; i++)
        put_one();
    if (b.asked < LOOKUPS) /* of those that came last, so that none has been evicted */
        ask(b.put - UNWRITTEN - 1 - random() % (b.goal / 2));
}

static int compare(const void *a, const void *c)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)c;
    return (x > y) - (x < y);
}

static void look_up(const char *name, bool writing)
{
    int64_t before = b.put, began_us = clock_mono_us();

    b.asked = b.told = b.found = 0;
    b.writing = writing;
    uv_timer_start(&b.timer, each_ms, 0, 1);
    while (b.told < LOOKUPS)
        uv_run(&b.loop, UV_RUN_ONCE);
    uv_timer_stop(&b.timer);
    qsort(b.took_us, LOOKUPS, sizeof *b.took_us, compare);
    printf("%s_p50_us=%lld\n%s_p99_us=%lld\n%s_max_us=%lld\n%s_found=%.3f\n", name, (long long)b.took_us[LOOKUPS / 2],
           name, (long long)b.took_us[LOOKUPS * 99 / 100], name, (long long)b.took_us[LOOKUPS - 1], name,
           (double)b.found / LOOKUPS);
    printf("%s_puts_per_s=%.0f\n", name, (double)(b.put - before) * 1e6 / (double)(clock_mono_us() - began_us));
}

static void on_turn(uv_timer_t *timer)
{
    (void)timer;
}

static void fill(void)
{
    int64_t began_us = clock_mono_us();
    uv_timer_start(&b.timer, on_turn, 1, 1); /* so that the loop turns */
    while (b.put < b.goal || unwritten() > 0) {
        while (b.put < b.goal && unwritten() < UNWRITTEN)
            put_one();
        uv_run(&b.loop, UV_RUN_ONCE);
    }
    uv_timer_stop(&b.timer);
    printf("fill_per_s=%.0f\n", (double)b.goal * 1e6 / (double)(clock_mono_us() - began_us));
}

static void open_again(void)
{
    close_tier();
    b.asked = b.told = b.found = 0;
    int64_t began_us = clock_mono_us();
    open_tier();
    ask(b.put - 1);
    while (b.told == 0)
        uv_run(&b.loop, UV_RUN_ONCE);
    b.gone = unwritten();
    printf("open_us=%lld\nopen_found=%zu\n", (long long)(clock_mono_us() - began_us), b.found);
}

static void print_sizes(void)
{
    static const char *const names[] = {"cache.db", "cache.db-journal"};
    struct stat st;
    char path[4096];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", b.opt.dir, names[i]);
        printf("%s_bytes=%lld\n", i ? "journal" : "file", stat(path, &st) == 0 ? (long long)st.st_size : 0);
    }
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: cachefill DIR [ENTRIES [BYTES [SIZE_MIB]]]\n");
        return 2;
    }
    b.goal = argc > 2 ? atoll(argv[2]) : 200000;
    b.len = argc > 3 ? (size_t)atoll(argv[3]) / sizeof(double) * sizeof(double) : 2048;
    b.opt = (struct tier_options){.dir = argv[1], .size = (argc > 4 ? atoll(argv[4]) : 1024) << 20};
    b.bytes = calloc(1, b.len);
    if (!b.bytes || b.len == 0 || b.goal < 4 * UNWRITTEN || uv_loop_init(&b.loop) != 0)
        return 2;
    uv_timer_init(&b.loop, &b.timer);
    open_tier();
    fill();
    open_again();
    look_up("get", false);
    look_up("get_beside_writers", true);
    print_sizes();
    close_tier();
    free(b.bytes);
    return 0;
}
