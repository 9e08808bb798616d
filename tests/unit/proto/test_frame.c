#include "lib/base/buf.h"
#include "lib/proto/frame.h"
#include "lib/proto/mp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const struct frame_limits roomy = {.max_bytes = 1 << 20, .max_values = 4096, .max_depth = FRAME_DEPTH_LIMIT};

struct outcome {
    enum frame_status status;
    size_t used;
    bool has_type, has_msgid;
    uint64_t type, msgid;
};

/* Feeds pieces of the given size, the first of them `first` bytes long. */
static struct outcome feed(const struct frame_limits *limits, const uint8_t *data, size_t len, size_t first,
                           size_t piece)
{
    struct frame_reader r;
    struct outcome o = {.status = FRAME_MORE};
    size_t n = first;

    frame_init(&r, limits);
    while (o.used < len && o.status == FRAME_MORE) {
        size_t used = 0;

        if (n > len - o.used)
            n = len - o.used;
        o.status = frame_feed(&r, data + o.used, n, &used);
        assert_true(used <= n);
        assert_true(used == n || o.status != FRAME_MORE);
        o.used += used;
        n = piece;
    }
    assert_true(r.bytes == o.used && r.bytes <= limits->max_bytes);
    o.has_type = r.has_type;
    o.has_msgid = r.has_msgid;
    o.type = r.type;
    o.msgid = r.msgid;
    return o;
}

static void assert_same(const struct outcome *a, const struct outcome *b)
{
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->used, b->used);
    assert_int_equal(a->has_type, b->has_type);
    assert_int_equal(a->has_msgid, b->has_msgid);
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->msgid, b->msgid);
}

/* Whole, byte by byte and cut at every position must all say the same. */
static struct outcome feed_each_way(const struct frame_limits *limits, const uint8_t *data, size_t len)
{
    struct outcome whole = feed(limits, data, len, len, len);
    struct outcome bytes = feed(limits, data, len, 1, 1);

    assert_same(&whole, &bytes);
    for (size_t cut = 1; cut < len; cut++) {
        struct outcome o = feed(limits, data, len, cut, len);

        assert_same(&whole, &o);
    }
    return whole;
}

#define FEED(limits, literal) feed_each_way(limits, (const uint8_t *)(literal), sizeof(literal) - 1)

/* A request with one value of every header there is. */
static void put_every_header(struct buf *b)
{
    static const char text[300];

    mp_put_array(b, 4);
    mp_put_uint(b, 0);
    mp_put_uint(b, 4000000000u);
    mp_put_cstr(b, "chat");
    mp_put_array(b, 1);
    mp_put_map(b, 9);
    mp_put_cstr(b, "ints");
    mp_put_array(b, 12);
    for (int i = 0; i < 4; i++) {
        mp_put_uint(b, (uint64_t)200 << (i * 12));
        mp_put_int(b, -((int64_t)100 << (i * 12)));
        mp_put_int(b, -i);
    }
    mp_put_cstr(b, "float");
    mp_put_double(b, 0.5);
    mp_put_cstr(b, "float32");
    buf_append(b, "\xca\x3f\x00\x00\x00", 5);
    mp_put_cstr(b, "bools");
    mp_put_array(b, 2);
    mp_put_bool(b, true);
    mp_put_bool(b, false);
    mp_put_cstr(b, "nil");
    mp_put_nil(b);
    mp_put_cstr(b, "strs");
    mp_put_array(b, 4);
    mp_put_str(b, text, 0);
    mp_put_str(b, text, 40);
    mp_put_str(b, text, 300);
    buf_append(b, "\xdb\x00\x00\x00\x01x", 6);
    mp_put_cstr(b, "bins");
    mp_put_array(b, 3);
    mp_put_bin(b, text, 0);
    mp_put_bin(b, text, 300);
    buf_append(b, "\xc6\x00\x00\x00\x01x", 6);
    mp_put_cstr(b, "arrays");
    mp_put_array(b, 3);
    mp_put_array(b, 0);
    mp_put_array(b, 16);
    for (int i = 0; i < 16; i++)
        mp_put_nil(b);
    buf_append(b, "\xdd\x00\x00\x00\x01\xc0", 6);
    mp_put_cstr(b, "maps");
    mp_put_array(b, 3);
    mp_put_map(b, 0);
    buf_append(b, "\xde\x00\x01\xc0\xc0", 5);
    buf_append(b, "\xdf\x00\x00\x00\x01\xc0\xc0", 7);
    assert_false(b->failed);
}

static void test_every_header_at_every_cut(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 1 << 16);
    put_every_header(&b);

    size_t len = b.len;

    mp_put_array(&b, 3); /* of the next frame, not to be touched */

    struct outcome o = feed_each_way(&roomy, b.data, b.len);

    assert_int_equal(o.status, FRAME_WHOLE);
    assert_int_equal(o.used, len);
    assert_true(o.has_type && o.has_msgid);
    assert_int_equal(o.type, 0);
    assert_int_equal(o.msgid, 4000000000u);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(feed(&roomy, b.data, cut, cut, 1).status, FRAME_MORE);
    buf_done(&b);
}

static void test_the_three_messages(void **state)
{
    struct outcome o;

    (void)state;
    o = FEED(&roomy, "\x94\x00\x07\xa1m\x90");
    assert_true(o.status == FRAME_WHOLE && o.type == 0 && o.msgid == 7);
    o = FEED(&roomy, "\x94\x01\xce\xff\xff\xff\xff\xc0\xc0");
    assert_true(o.status == FRAME_WHOLE && o.type == 1 && o.msgid == UINT32_MAX);
    o = FEED(&roomy, "\x93\x02\xa1m\x91\x80");
    assert_true(o.status == FRAME_WHOLE && o.type == 2 && !o.has_msgid);
    /* long forms of short things, and signed forms of small numbers */
    o = FEED(&roomy, "\xdd\x00\x00\x00\x04\xcf\x00\x00\x00\x00\x00\x00\x00\x00\xd1\x00\x05\xc4\x01m\xdc\x00\x00");
    assert_true(o.status == FRAME_WHOLE && o.type == 0 && o.msgid == 5);
}

static void test_frames_follow_each_other(void **state)
{
    static const uint8_t data[] = "\x94\x00\x01\xa1m\x90\x93\x02\xa1n\x90\x94\x00\x02\xa1m\x90";
    static const uint64_t types[] = {0, 2, 0}, msgids[] = {1, 0, 2};
    size_t at = 0, used;
    struct frame_reader r;

    (void)state;
    frame_init(&r, &roomy);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(frame_feed(&r, data + at, sizeof(data) - 1 - at, &used), FRAME_WHOLE);
        assert_int_equal(used, r.bytes);
        assert_int_equal(r.type, types[i]);
        assert_int_equal(r.has_msgid, types[i] == 0);
        assert_int_equal(r.msgid, msgids[i]);
        at += used;
        assert_int_equal(frame_feed(&r, data, 1, &used), FRAME_WHOLE); /* until frame_next nothing is taken */
        assert_int_equal(used, 0);
        frame_next(&r);
    }
    assert_int_equal(at, sizeof(data) - 1);
}

static void test_malformed(void **state)
{
    static const struct {
        const char *bytes;
        size_t len, used;
        bool has_msgid;
    } rows[] = {
#define ROW(literal, used, has_msgid) {literal, sizeof(literal) - 1, used, has_msgid}
        ROW("\xc0", 1, false),                 /* no array */
        ROW("\x82\x00\x00\x00\x00", 1, false), /* a map of 4 values is none either */
        ROW("\xa3"
            "abc",
            1, false),
        ROW("\x90", 1, false),
        ROW("\x92\x00\x01", 1, false),
        ROW("\x95\x00\x01\xa1m\x90\xc0", 1, false),
        ROW("\xdc\x00\x02\x00\x01", 3, false),
        ROW("\x94\x03\x01\xa1m\x90", 2, false), /* type */
        ROW("\x94\xff\x01\xa1m\x90", 2, false),
        ROW("\x94\xd0\xff\x01\xa1m\x90", 3, false),
        ROW("\x94\xc2\x01\xa1m\x90", 2, false),
        ROW("\x94\xa1m\x01\xa1m\x90", 2, false),
        ROW("\x94\xca\x00\x00\x00\x00\x01\xa1m\x90", 6, false),
        ROW("\x94\x90\x01\xa1m\x90", 2, false),
        ROW("\x94\x02\xa1m\x90\xc0", 2, false),  /* a notification has 3 values */
        ROW("\x94\x00\xa1m\xa1m\x90", 3, false), /* msgid */
        ROW("\x94\x00\xff\xa1m\x90", 3, false),
        ROW("\x94\x00\xc0\xa1m\x90", 3, false),
        ROW("\x94\x01\xcf\x00\x00\x00\x01\x00\x00\x00\x00\xc0\xc0", 11, false),
        ROW("\x93\x00\x07\xa1m", 3, true),    /* a request has 4; that it has a msgid is known */
        ROW("\x94\x00\x07\xc1\x90", 4, true), /* reserved */
        ROW("\x94\x00\x07\xa1m\x91\xc1", 7, true),
        ROW("\x94\x00\x07\xa1m\x91\xd4\x01\x00", 7, true), /* ext */
        ROW("\x94\x00\x07\xa1m\x91\xd8\x01", 7, true),
        ROW("\x94\x00\x07\xa1m\x91\xc7\x01\x01x", 7, true),
        ROW("\x94\x00\x07\xa1m\x91\xc9\x00\x00\x00\x01\x01x", 7, true),
        ROW("\xc1", 1, false),
#undef ROW
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct outcome o = feed_each_way(&roomy, (const uint8_t *)rows[i].bytes, rows[i].len);

        if (o.status != FRAME_MALFORMED || o.used != rows[i].used || o.has_msgid != rows[i].has_msgid)
            fail_msg("row %zu: %s after %zu bytes, msgid %d", i, frame_status_text(o.status), o.used, o.has_msgid);
    }
}

static void test_dead_after_refusal(void **state)
{
    static const uint8_t good[] = "\x94\x00\x07\xa1m\x90";
    struct frame_reader r;
    size_t used;

    (void)state;
    frame_init(&r, &roomy);
    assert_int_equal(frame_feed(&r, (const uint8_t *)"\xc1", 1, &used), FRAME_MALFORMED);
    assert_int_equal(frame_feed(&r, good, sizeof(good) - 1, &used), FRAME_MALFORMED);
    assert_int_equal(used, 0);
}

/* Each row is [0, 7, "m", [VALUE, nil]] cut behind the header of VALUE, with the least max_bytes under which that
 * header may stand: what is there, what it announces, and the nil that is owed. */
static void test_refused_at_the_header(void **state)
{
    static const struct {
        const char *head;
        size_t len;
        uint64_t announced; /* bytes, or values of at least a byte */
    } rows[] = {
        {"\xa5", 1, 5},
        {"\xd9\x64", 2, 100},
        {"\xda\x01\x00", 3, 256},
        {"\xdb\x00\x01\x00\x00", 5, 65536},
        {"\xc4\x64", 2, 100},
        {"\xc5\x01\x00", 3, 256},
        {"\xc6\x00\x01\x00\x00", 5, 65536},
        {"\x95", 1, 5},
        {"\xdc\x01\x00", 3, 256},
        {"\xdd\x00\x00\x08\x00", 5, 2048},
        {"\x85", 1, 10},
        {"\xde\x01\x00", 3, 512},
        {"\xdf\x00\x00\x04\x00", 5, 2048},
        {"\xcf\x00\x00\x00\x00\x00\x00\x00\x00", 9, 0},
        {"\xcb\x00\x00\x00\x00\x00\x00\x00\x00", 9, 0},
    };
    static const char before[] = "\x94\x00\x07\xa1m\x92";

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t data[32];
        size_t len = sizeof(before) - 1;

        memcpy(data, before, len);
        memcpy(data + len, rows[i].head, rows[i].len);
        len += rows[i].len;

        struct frame_limits limits = roomy;

        limits.max_bytes = len + rows[i].announced + 1;
        assert_int_equal(feed_each_way(&limits, data, len).status, FRAME_MORE);
        limits.max_bytes--;

        struct outcome o = feed_each_way(&limits, data, len);

        assert_int_equal(o.status, FRAME_TOO_LARGE);
        assert_true(o.has_msgid && o.msgid == 7);
    }
}

static void test_huge_announcements(void **state)
{
    struct frame_limits limits = {.max_bytes = 64u << 20, .max_values = 262144, .max_depth = 32};

    (void)state;
    assert_int_equal(FEED(&limits, "\x94\x00\x07\xa1m\x91\xdd\xff\xff\xff\xff").status, FRAME_TOO_LARGE);
    assert_int_equal(FEED(&limits, "\x94\x00\x07\xa1m\x91\xdf\xff\xff\xff\xff").status, FRAME_TOO_LARGE);
    assert_int_equal(FEED(&limits, "\x94\x00\x07\xa1m\x91\xdf\x80\x00\x00\x00").status, FRAME_TOO_LARGE);
    assert_int_equal(FEED(&limits, "\x94\x00\x07\xa1m\x91\xdb\xff\xff\xff\xff").status, FRAME_TOO_LARGE);
    assert_int_equal(FEED(&limits, "\x94\x00\x07\xa1m\x91\xc6\x04\x00\x00\x00").status, FRAME_TOO_LARGE);
    assert_int_equal(FEED(&limits, "\x94\x00\x07\xa1m\x91\xdd\x00\x04\x00\x00").status, FRAME_TOO_MANY);
    assert_int_equal(FEED(&limits, "\xdd\xff\xff\xff\xff").status, FRAME_MALFORMED);
}

static void test_frame_of_exactly_the_bound(void **state)
{
    struct frame_limits limits = roomy;
    struct buf b;

    (void)state;
    buf_init(&b, 1 << 16);
    put_every_header(&b);
    limits.max_bytes = b.len;
    assert_int_equal(feed_each_way(&limits, b.data, b.len).status, FRAME_WHOLE);
    limits.max_bytes = b.len - 1;
    assert_int_equal(feed_each_way(&limits, b.data, b.len).status, FRAME_TOO_LARGE);
    buf_done(&b);
}

/* The outer array, its 4 values, then 5 in params: 10 in all. A map counts its keys and values. */
static void test_values_at_the_edge(void **state)
{
    static const char array[] = "\x94\x00\x07\xa1m\x95\xc0\xc0\xc0\xc0\xc0";
    static const char map[] = "\x94\x00\x07\xa1m\x91\x82\xc0\xc0\xc0\xc0";
    struct frame_limits limits = roomy;

    (void)state;
    limits.max_values = 10;
    assert_int_equal(FEED(&limits, array).status, FRAME_WHOLE);
    assert_int_equal(FEED(&limits, map).status, FRAME_WHOLE);
    limits.max_values = 9;

    struct outcome o = FEED(&limits, array);

    assert_int_equal(o.status, FRAME_TOO_MANY);
    assert_int_equal(o.used, 6); /* at the header */
    assert_true(o.has_msgid);
    o = FEED(&limits, map);
    assert_int_equal(o.status, FRAME_TOO_MANY);
    assert_int_equal(o.used, 7);
}

static bool msgpack_c_takes(const uint8_t *data, size_t len, size_t *off)
{
    msgpack_unpacked u;
    bool taken;

    *off = 0;
    msgpack_unpacked_init(&u);
    taken = msgpack_unpack_next(&u, (const char *)data, len, off) == MSGPACK_UNPACK_SUCCESS;
    msgpack_unpacked_destroy(&u);
    return taken;
}

/* [0, 7, "m", [[[…]]]] of the given depth; the innermost container is `last`. */
static size_t nested(uint8_t *data, uint32_t depth, uint8_t last)
{
    static const uint8_t before[] = {0x94, 0, 7, 0xa1, 'm'};
    size_t len = sizeof(before);

    memcpy(data, before, len);
    for (uint32_t d = 2; d < depth; d++)
        data[len++] = 0x91;
    data[len++] = last;
    if ((last & 0x0f) > 0)
        data[len++] = 0xc0;
    if (last == 0x81)
        data[len++] = 0xc0;
    return len;
}

static void test_depth_at_the_edge_as_msgpack_c_has_it(void **state)
{
    static const uint8_t lasts[] = {0x90, 0x91, 0x80, 0x81}; /* an empty container has a depth too */
    uint8_t data[64];
    size_t off;

    (void)state;
    for (size_t i = 0; i < sizeof(lasts); i++) {
        size_t len = nested(data, 32, lasts[i]);

        assert_int_equal(feed_each_way(&roomy, data, len).status, FRAME_WHOLE);
        assert_true(msgpack_c_takes(data, len, &off) && off == len);
        len = nested(data, 33, lasts[i]);

        struct outcome o = feed_each_way(&roomy, data, len);

        assert_int_equal(o.status, FRAME_TOO_DEEP);
        assert_true(o.has_msgid && o.msgid == 7);
        assert_false(msgpack_c_takes(data, len, &off));
    }
}

static void test_depth_by_the_limits(void **state)
{
    struct frame_limits limits = roomy;
    uint8_t data[64];
    size_t len = nested(data, 5, 0x91);

    (void)state;
    limits.max_depth = 5;
    assert_int_equal(feed_each_way(&limits, data, len).status, FRAME_WHOLE);
    limits.max_depth = 4;
    assert_int_equal(feed_each_way(&limits, data, len).status, FRAME_TOO_DEEP);
    limits.max_depth = 1000; /* no more than FRAME_DEPTH_LIMIT, whatever is asked */
    len = nested(data, 33, 0x91);
    assert_int_equal(feed_each_way(&limits, data, len).status, FRAME_TOO_DEEP);
}

/* A small generator of our own, so that a failure is the same on every machine. */
static uint64_t seed = 88172645463325252u;

static uint32_t pick(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32) % n;
}

static void put_be(struct buf *b, uint8_t lead, uint32_t v, int size)
{
    buf_putc(b, (char)lead);
    for (int i = size; i-- > 0;)
        buf_putc(b, (char)(i < 4 ? v >> (8 * i) : 0));
}

/* A length or count under any header that can carry it. */
static void put_count(struct buf *b, uint32_t n, uint8_t fix, uint8_t wide)
{
    uint32_t form = pick(3);

    if (form == 0 && fix != 0)
        buf_putc(b, (char)(fix | n));
    else
        put_be(b, (uint8_t)(wide + (form == 1)), n, form == 1 ? 4 : 2);
}

static void put_random(struct buf *b, uint32_t depth)
{
    static const uint8_t leads[] = {0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3};
    static const int sizes[] = {4, 8, 1, 2, 4, 8, 1, 2, 4, 8};
    uint32_t what = pick(depth < FRAME_DEPTH_LIMIT ? 8 : 6), n = pick(8), i;

    switch (what) {
    case 0: buf_putc(b, (char)pick(0x80)); break;
    case 1: buf_putc(b, (char)(0xe0 | pick(0x20))); break;
    case 2: buf_putc(b, "\xc0\xc2\xc3"[pick(3)]); break;
    case 3:
        i = pick(sizeof(leads));
        put_be(b, leads[i], pick(UINT32_MAX), sizes[i]);
        break;
    case 4:
        put_count(b, n, 0xa0, 0xda);
        buf_append(b, "\xc1\xd4\xdd\x91yyyy", n); /* bytes that would be headers */
        break;
    case 5:
        put_count(b, n, 0, 0xc5);
        buf_append(b, "\xc1\xd4\xdd\x91yyyy", n);
        break;
    case 6:
        put_count(b, n, 0x90, 0xdc);
        for (i = 0; i < n; i++)
            put_random(b, depth + 1 + pick(8));
        break;
    default:
        put_count(b, n, 0x80, 0xde);
        for (i = 0; i < 2 * n; i++)
            put_random(b, depth + 1 + pick(8));
        break;
    }
}

static void put_random_frame(struct buf *b)
{
    uint32_t type = pick(3);

    buf_clear(b);
    mp_put_array(b, type == 2 ? 3 : 4);
    mp_put_uint(b, type);
    if (type != 2)
        mp_put_uint(b, pick(UINT32_MAX));
    put_random(b, 2);
    put_random(b, 2);
}

static void test_random_frames_as_msgpack_c_has_them(void **state)
{
    struct frame_limits limits = {.max_bytes = 1 << 20, .max_values = 1 << 20, .max_depth = FRAME_DEPTH_LIMIT};
    struct buf b;
    size_t off;

    (void)state;
    buf_init(&b, 1 << 20);
    for (int i = 0; i < 3000; i++) {
        put_random_frame(&b);
        assert_false(b.failed);
        assert_true(msgpack_c_takes(b.data, b.len, &off));
        assert_int_equal(off, b.len);

        struct outcome whole = feed(&limits, b.data, b.len, b.len, 1);
        struct outcome cut = feed(&limits, b.data, b.len, 1 + pick((uint32_t)b.len), 1 + pick(16));

        assert_int_equal(whole.status, FRAME_WHOLE);
        assert_int_equal(whole.used, b.len);
        assert_same(&whole, &cut);
    }
    buf_done(&b);
}

/* Whatever a damaged frame says, a whole frame is one that msgpack-c takes, to the same byte. */
static void test_damaged_frames_as_msgpack_c_has_them(void **state)
{
    struct frame_limits limits = {.max_bytes = 1 << 14, .max_values = 1 << 12, .max_depth = FRAME_DEPTH_LIMIT};
    int whole = 0, refused = 0;
    struct buf b;
    size_t off;

    (void)state;
    buf_init(&b, 1 << 20);
    for (int i = 0; i < 20000; i++) {
        put_random_frame(&b);
        b.data[pick((uint32_t)b.len)] = (uint8_t)pick(256);

        struct outcome o = feed(&limits, b.data, b.len, b.len, 1);
        struct outcome cut = feed(&limits, b.data, b.len, 1 + pick((uint32_t)b.len), 1 + pick(16));

        assert_same(&o, &cut);
        if (o.status == FRAME_WHOLE) {
            assert_true(msgpack_c_takes(b.data, b.len, &off));
            assert_int_equal(off, o.used);
            whole++;
        } else if (o.status != FRAME_MORE) {
            refused++;
        }
    }
    assert_true(whole > 1000 && refused > 1000);
    buf_done(&b);
}

static void test_every_status_has_its_text(void **state)
{
    (void)state;
    for (int i = FRAME_MORE; i <= FRAME_MALFORMED; i++)
        for (int j = FRAME_MORE; j < i; j++)
            assert_string_not_equal(frame_status_text((enum frame_status)i), frame_status_text((enum frame_status)j));
    assert_string_equal(frame_status_text(FRAME_TOO_DEEP), "nesting over the bound");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_header_at_every_cut),
        cmocka_unit_test(test_the_three_messages),
        cmocka_unit_test(test_frames_follow_each_other),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_dead_after_refusal),
        cmocka_unit_test(test_refused_at_the_header),
        cmocka_unit_test(test_huge_announcements),
        cmocka_unit_test(test_frame_of_exactly_the_bound),
        cmocka_unit_test(test_values_at_the_edge),
        cmocka_unit_test(test_depth_at_the_edge_as_msgpack_c_has_it),
        cmocka_unit_test(test_depth_by_the_limits),
        cmocka_unit_test(test_random_frames_as_msgpack_c_has_them),
        cmocka_unit_test(test_damaged_frames_as_msgpack_c_has_them),
        cmocka_unit_test(test_every_status_has_its_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
