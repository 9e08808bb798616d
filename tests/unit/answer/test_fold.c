/* A log's events to the answer map's shared entries. */
#include "daemon/answer/fold.h"
#include "lib/proto/codec.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct log_pool *pool;

static void add(struct log *l, const struct chat_event *ev)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    codec_put_event(&b, ev);
    assert_int_equal(log_append(l, b.data, b.len), ERR_NONE);
    buf_done(&b);
}

static void add_text(struct log *l, enum event_kind kind, const char *s)
{
    struct chat_event ev = {.kind = kind, .text = {s, strlen(s)}};
    add(l, &ev);
}

static void add_call(struct log *l, int64_t index, const char *id, const char *name, const char *arguments)
{
    struct chat_event ev = {.kind = EVENT_TOOL_CALL,
                            .index = index,
                            .id = {id, id ? strlen(id) : 0},
                            .name = {name, name ? strlen(name) : 0},
                            .text = {arguments, strlen(arguments)}};
    add(l, &ev);
}

struct folded {
    struct buf bytes;
    msgpack_zone zone;
    msgpack_object_map map;
};

static void fold_up(struct folded *f, const struct log *l, const struct error *err)
{
    struct buf tail;
    buf_init(&tail, 1 << 20);
    buf_init(&f->bytes, 1 << 20);
    struct fold fold;
    fold_log(&fold, l, "first", "m1");
    uint32_t n = fold_put_tail(&tail, &fold, err);
    fold_done(&fold);
    mp_put_map(&f->bytes, n);
    buf_append(&f->bytes, tail.data, tail.len);
    buf_done(&tail);
    msgpack_zone_init(&f->zone, 1024);
    msgpack_object o;
    size_t off = 0;
    assert_int_equal(msgpack_unpack((const char *)f->bytes.data, f->bytes.len, &off, &f->zone, &o),
                     MSGPACK_UNPACK_SUCCESS); /* exactly n entries, no byte behind them */
    assert_true(mp_map(&o, &f->map));
}

static void folded_done(struct folded *f)
{
    msgpack_zone_destroy(&f->zone);
    buf_done(&f->bytes);
}

static void assert_str(const msgpack_object *o, const char *want)
{
    const char *s;
    size_t len;
    assert_non_null(o);
    assert_true(mp_str(o, &s, &len));
    assert_int_equal(len, strlen(want));
    assert_memory_equal(s, want, len);
}

/* content's parts are of these types. */
static msgpack_object_array assert_parts(struct folded *f, const char *const *types, size_t n)
{
    msgpack_object_array parts = {0};
    msgpack_object_map part;
    assert_true(mp_array(mp_get(&f->map, "content"), &parts));
    assert_int_equal(parts.size, n);
    for (size_t i = 0; i < n; i++) {
        assert_true(mp_map(&parts.ptr[i], &part));
        assert_str(mp_get(&part, "type"), types[i]);
    }
    return parts;
}

static void test_text_alone_has_no_content(void **state)
{
    (void)state;
    struct log *l = log_new(pool, 1 << 20);
    struct folded f;
    add_text(l, EVENT_REASONING, "hm");
    add_text(l, EVENT_TEXT, "yes");
    fold_up(&f, l, NULL);
    assert_null(mp_get(&f.map, "content"));
    folded_done(&f);
    log_unref(l);
}

/* Google: a signed part is not to be joined with one that is not. */
static void test_signed_text_stands_alone(void **state)
{
    (void)state;
    struct log *l = log_new(pool, 1 << 20);
    struct folded f;
    msgpack_object_map part;
    add_text(l, EVENT_TEXT, "one ");
    struct chat_event ev = {.kind = EVENT_TEXT, .text = {"two", 3}, .opaque = {"\x81\xa1k\x01", 4}};
    add(l, &ev);
    add_text(l, EVENT_TEXT, " three");
    ev = (struct chat_event){.kind = EVENT_TEXT, .text = {"", 0}, .opaque = {"\x81\xa1k\x02", 4}};
    add(l, &ev);
    ev = (struct chat_event){
        .kind = EVENT_IMAGE, .data = (const uint8_t *)"i", .data_len = 1, .opaque = {"\x81\xa1k\x03", 4}};
    add(l, &ev);
    fold_up(&f, l, NULL);
    assert_str(mp_get(&f.map, "text"), "one two three");
    msgpack_object_array parts = assert_parts(&f, (const char *const[]){"text", "text", "text", "text", "image"}, 5);
    static const char *const texts[] = {"one ", "two", " three", ""};
    for (size_t i = 0; i < 5; i++) {
        assert_true(mp_map(&parts.ptr[i], &part));
        if (i < 4)
            assert_str(mp_get(&part, "text"), texts[i]);
        assert_true((mp_get(&part, "opaque") != NULL) == (i != 0 && i != 2));
    }
    folded_done(&f);
    log_unref(l);
}

/* What a provider wants back, in the order it came: a signature ends its piece of reasoning. */
static void test_signatures_and_opaque(void **state)
{
    (void)state;
    struct log *l = log_new(pool, 1 << 20);
    struct folded f;
    msgpack_object_map part;
    add_text(l, EVENT_REASONING, "one");
    struct chat_event ev = {.kind = EVENT_REASONING, .text = {"", 0}, .signature = {"sig", 3}};
    add(l, &ev);
    ev = (struct chat_event){.kind = EVENT_REASONING, .text = {"two", 3}, .opaque = {"\x81\xa1k\x01", 4}};
    add(l, &ev);
    add_text(l, EVENT_TEXT, "so");
    ev = (struct chat_event){
        .kind = EVENT_TOOL_CALL, .index = 3, .name = {"f", 1}, .text = {"{}", 2}, .opaque = {"\x07", 1}};
    add(l, &ev);
    fold_up(&f, l, NULL);
    msgpack_object_array parts =
        assert_parts(&f, (const char *const[]){"reasoning", "reasoning", "text", "tool_call"}, 4);
    assert_true(mp_map(&parts.ptr[0], &part));
    assert_str(mp_get(&part, "text"), "one");
    assert_str(mp_get(&part, "signature"), "sig");
    assert_null(mp_get(&part, "opaque"));
    assert_true(mp_map(&parts.ptr[1], &part));
    assert_str(mp_get(&part, "text"), "two");
    assert_int_equal(mp_get(&part, "opaque")->type, MSGPACK_OBJECT_MAP);
    assert_true(mp_map(&parts.ptr[3], &part));
    assert_int_equal(mp_get(&part, "opaque")->via.u64, 7);
    assert_str(mp_get(&part, "id"), "call_3"); /* it had none */
    assert_true(mp_array(mp_get(&f.map, "tool_calls"), &parts));
    assert_true(mp_map(&parts.ptr[0], &part));
    assert_str(mp_get(&part, "id"), ""); /* told as it came */
    folded_done(&f);
    log_unref(l);
}

static void test_all_kinds(void **state)
{
    (void)state;
    struct log *l = log_new(pool, 1 << 20);
    struct folded f;
    add_text(l, EVENT_REASONING, "hm ");
    add_text(l, EVENT_TEXT, "Hello ");
    add_text(l, EVENT_REASONING, "well");
    add_text(l, EVENT_TEXT, "world");
    add_call(l, 0, "a", "sum", "{\"x\"");
    add_call(l, 1, "b", "product", "");
    add_call(l, 0, "", NULL, ":1}");
    struct chat_event ev = {.kind = EVENT_USAGE, .usage = {7, 3, 2, -1, 1, false}};
    add(l, &ev);
    ev = (struct chat_event){.kind = EVENT_DONE, .finish = FINISH_TOOL_CALLS};
    add(l, &ev);
    fold_up(&f, l, NULL);
    assert_str(mp_get(&f.map, "provider"), "first");
    assert_str(mp_get(&f.map, "model"), "m1");
    assert_str(mp_get(&f.map, "text"), "Hello world");
    assert_str(mp_get(&f.map, "reasoning"), "hm well");
    assert_str(mp_get(&f.map, "finish_reason"), "tool_calls");
    assert_null(mp_get(&f.map, "error"));
    assert_parts(&f, (const char *const[]){"reasoning", "text", "reasoning", "text", "tool_call", "tool_call"}, 6);
    msgpack_object_array calls;
    msgpack_object_map call, usage;
    assert_true(mp_array(mp_get(&f.map, "tool_calls"), &calls));
    assert_int_equal(calls.size, 2);
    assert_true(mp_map(&calls.ptr[0], &call));
    assert_str(mp_get(&call, "id"), "a");
    assert_str(mp_get(&call, "arguments"), "{\"x\":1}");
    assert_true(mp_map(mp_get(&f.map, "usage"), &usage));
    int64_t v;
    assert_true(mp_int(mp_get(&usage, "input_tokens"), &v) && v == 7);
    assert_null(mp_get(&usage, "cache_write_tokens")); /* not told: absent */
    folded_done(&f);
    log_unref(l);
}

static void test_retry_voids(void **state)
{
    (void)state;
    struct log *l = log_new(pool, 1 << 20);
    struct folded f;
    struct error err = ERROR_INIT;
    error_set(&err, ERR_UNAVAILABLE, "gone");
    add_text(l, EVENT_TEXT, "half");
    add_call(l, 0, "a", "sum", "{");
    struct chat_event ev = {.kind = EVENT_RETRY, .provider = {"second", 6}, .model = {"m2", 2}, .error = err};
    add(l, &ev);
    add_text(l, EVENT_TEXT, "whole");
    fold_up(&f, l, &err);
    assert_str(mp_get(&f.map, "provider"), "second");
    assert_str(mp_get(&f.map, "model"), "m2");
    assert_str(mp_get(&f.map, "text"), "whole");
    msgpack_object_array calls;
    assert_true(mp_array(mp_get(&f.map, "tool_calls"), &calls));
    assert_int_equal(calls.size, 0);
    msgpack_object_map map;
    assert_true(mp_map(mp_get(&f.map, "error"), &map));
    assert_str(mp_get(&map, "code"), "unavailable");
    assert_null(mp_get(&f.map, "finish_reason"));
    folded_done(&f);
    log_unref(l);
}

static void test_image_makes_content(void **state)
{
    (void)state;
    struct log *l = log_new(pool, 1 << 20);
    struct folded f;
    add_text(l, EVENT_TEXT, "look");
    struct chat_event ev = {
        .kind = EVENT_IMAGE, .mime = {"image/png", 9}, .data = (const uint8_t *)"\x89PNG", .data_len = 4};
    add(l, &ev);
    fold_up(&f, l, NULL);
    msgpack_object_array parts;
    msgpack_object_map part;
    const uint8_t *p;
    size_t len;
    assert_true(mp_array(mp_get(&f.map, "content"), &parts));
    assert_int_equal(parts.size, 2);
    assert_true(mp_map(&parts.ptr[1], &part));
    assert_str(mp_get(&part, "mime"), "image/png");
    assert_true(mp_bytes(mp_get(&part, "data"), &p, &len));
    assert_int_equal(len, 4);
    folded_done(&f);
    log_unref(l);
}

static int setup(void **state)
{
    (void)state;
    pool = log_pool_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    log_pool_free(pool);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_kinds),
                                       cmocka_unit_test(test_retry_voids),
                                       cmocka_unit_test(test_image_makes_content),
                                       cmocka_unit_test(test_text_alone_has_no_content),
                                       cmocka_unit_test(test_signatures_and_opaque),
                                       cmocka_unit_test(test_signed_text_stands_alone)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
