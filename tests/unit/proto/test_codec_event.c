#include "lib/proto/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static struct buf out;
static msgpack_zone zone;
static char pool[70000]; /* long enough for every header; filled by set_up */

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(pool); i++)
        pool[i] = (char)('a' + i % 26);
    buf_init(&out, 1 << 20);
    return msgpack_zone_init(&zone, 4096) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    buf_done(&out);
    msgpack_zone_destroy(&zone);
    return 0;
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

/* Text of a random length, an empty one among them, or now and then none where that may be. */
static struct event_text random_text(bool may_be_absent)
{
    static const uint32_t most[] = {1, 32, 300, sizeof(pool) - 26};

    if (may_be_absent && pick(4) == 0)
        return (struct event_text){NULL, 0};
    return (struct event_text){pool + pick(26), pick(most[pick(pick(8) == 0 ? 4 : 3)])};
}

static int64_t random_int(void)
{
    int64_t v = (int64_t)pick(UINT32_MAX) << pick(31);

    return pick(2) ? v : v >> 40;
}

static void random_name(char *dst, size_t size)
{
    size_t n = pick(3) == 0 ? 0 : pick((uint32_t)size);

    memset(dst, 'a' + (int)pick(26), n);
    dst[n] = '\0';
}

static struct error random_error(void)
{
    struct error e = ERROR_INIT;

    e.code = (enum error_code)(1 + pick(ERR_COUNT - 1));
    random_name(e.message, sizeof(e.message));
    random_name(e.param, sizeof(e.param));
    random_name(e.provider, sizeof(e.provider));
    random_name(e.model, sizeof(e.model));
    e.status = pick(2) ? (int)pick(600) : 0;
    e.retry_after = pick(2) ? pick(1000) / 8.0 : -1;
    return e;
}

/* A packed value in its canonical form, or none. */
static struct event_text random_opaque(void)
{
    static const struct event_text values[] = {{NULL, 0},
                                               {"\x07", 1},
                                               {"\xa3"
                                                "abc",
                                                4},
                                               {"\x82\xa1"
                                                "a\xc0\xa1"
                                                "b\x91\xc3",
                                                8},
                                               {"\xc4\x02\x00\xff", 4}};

    return values[pick(sizeof(values) / sizeof(*values))];
}

/* An event of the kind with every field of that kind set at random, and no other. */
static struct chat_event random_event(enum event_kind kind)
{
    struct chat_event ev = {.kind = kind, .fraction = -1, .usage = USAGE_INIT, .error = ERROR_INIT};

    switch (kind) {
    case EVENT_START:
        ev.provider = random_text(true);
        ev.model = random_text(true);
        ev.cached = pick(2);
        ev.shared = pick(2);
        ev.request = pick(UINT32_MAX) >> pick(32);
        ev.arm = pick(3);
        ev.conversation = random_text(true);
        ev.message = random_text(true);
        break;
    case EVENT_TEXT:
        ev.text = random_text(false);
        ev.opaque = random_opaque();
        break;
    case EVENT_REASONING:
        ev.text = random_text(false);
        ev.signature = random_text(true);
        ev.opaque = random_opaque();
        break;
    case EVENT_TOOL_CALL:
        ev.index = random_int();
        ev.id = random_text(true);
        ev.name = random_text(true);
        ev.text = random_text(false);
        ev.opaque = random_opaque();
        break;
    case EVENT_IMAGE:
        ev.mime = random_text(true);
        ev.data = (const uint8_t *)pool;
        ev.data_len = pick(sizeof(pool));
        ev.opaque = random_opaque();
        break;
    case EVENT_PROGRESS:
        ev.text = random_text(true);
        ev.fraction = pick(2) ? pick(101) / 100.0 : -1;
        break;
    case EVENT_RETRY:
        ev.provider = random_text(true);
        ev.model = random_text(true);
        ev.error = random_error();
        ev.delay = pick(1000) / 8.0;
        break;
    case EVENT_USAGE:
#define X(figure) ev.usage.figure = pick(2) ? random_int() : -1;
        USAGE_FIGURE_MAP(X)
#undef X
        ev.usage.estimated = pick(2);
        break;
    case EVENT_DONE: ev.finish = (enum finish_reason)pick(FINISH_OTHER + 1); break;
    case EVENT_ERROR: ev.error = random_error(); break;
    case EVENT_KIND_COUNT: break;
    }
    return ev;
}

static void assert_text(struct event_text a, struct event_text b)
{
    assert_int_equal(a.data == NULL, b.data == NULL);
    assert_int_equal(a.len, b.len);
    if (a.len > 0)
        assert_memory_equal(a.data, b.data, a.len);
}

static void assert_error(const struct error *a, const struct error *b)
{
    assert_int_equal(a->code, b->code);
    assert_string_equal(a->message, b->message);
    assert_string_equal(a->param, b->param);
    assert_string_equal(a->provider, b->provider);
    assert_string_equal(a->model, b->model);
    assert_int_equal(a->status, b->status);
    assert_true(a->retry_after == b->retry_after);
}

static void assert_event(const struct chat_event *a, const struct chat_event *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_text(a->text, b->text);
    assert_true(a->index == b->index);
    assert_text(a->id, b->id);
    assert_text(a->name, b->name);
    assert_text(a->mime, b->mime);
    assert_text(a->signature, b->signature);
    assert_text(a->opaque, b->opaque);
    assert_text(a->conversation, b->conversation);
    assert_text(a->message, b->message);
    assert_int_equal(a->data_len, b->data_len);
    if (a->data_len > 0)
        assert_memory_equal(a->data, b->data, a->data_len);
    assert_true(a->fraction == b->fraction && a->delay == b->delay);
    assert_text(a->provider, b->provider);
    assert_text(a->model, b->model);
    assert_true(a->cached == b->cached && a->shared == b->shared && a->request == b->request && a->arm == b->arm);
#define X(figure) assert_true(a->usage.figure == b->usage.figure);
    USAGE_FIGURE_MAP(X)
#undef X
    assert_int_equal(a->usage.estimated, b->usage.estimated);
    assert_int_equal(a->finish, b->finish);
    assert_error(&a->error, &b->error);
}

static void test_every_kind_round_trips(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct chat_event ev = random_event((enum event_kind)(i % EVENT_KIND_COUNT)), got;

        buf_clear(&out);
        codec_put_event(&out, &ev);
        assert_false(out.failed);
        assert_int_equal(codec_get_event(out.data, out.len, &zone, &got), ERR_NONE);
        assert_event(&ev, &got);
        msgpack_zone_clear(&zone);
    }
}

static void test_cut_events_are_refused(void **state)
{
    (void)state;
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        struct chat_event ev = random_event((enum event_kind)kind), got;

        if (ev.text.len > 100)
            ev.text.len = 100;
        ev.data_len = 0;
        buf_clear(&out);
        codec_put_event(&out, &ev);
        for (size_t n = 0; n < out.len; n++)
            assert_int_equal(codec_get_event(out.data, n, &zone, &got), ERR_BAD_RESPONSE);
        mp_put_nil(&out);
        assert_int_equal(codec_get_event(out.data, out.len, &zone, &got), ERR_BAD_RESPONSE);
    }
}

#define ASSERT_BYTES(literal)                                                                                          \
    do {                                                                                                               \
        assert_int_equal(out.len, sizeof(literal) - 1);                                                                \
        assert_memory_equal(out.data, literal, sizeof(literal) - 1);                                                   \
        buf_clear(&out);                                                                                               \
    } while (0)

static void test_the_shape_on_the_wire(void **state)
{
    struct chat_event ev = {.kind = EVENT_TEXT, .text = {"hi", 2}, .usage = USAGE_INIT, .error = ERROR_INIT};

    (void)state;
    codec_put_event(&out, &ev);
    ASSERT_BYTES("\x82\xa4type\xa4text\xa4text\xa2hi");
    ev.kind = EVENT_DONE;
    ev.finish = FINISH_LENGTH;
    codec_put_event(&out, &ev);
    ASSERT_BYTES("\x82\xa4type\xa4"
                 "done\xad"
                 "finish_reason\xa6length");
    ev.kind = EVENT_USAGE;
    ev.usage.output_tokens = 5;
    codec_put_event(&out, &ev);
    ASSERT_BYTES("\x83\xa4type\xa5usage\xadoutput_tokens\x05\xa9"
                 "estimated\xc2");
    codec_put_usage(&out, &ev.usage);
    ASSERT_BYTES("\x82\xadoutput_tokens\x05\xa9"
                 "estimated\xc2");
    ev.kind = EVENT_ERROR;
    error_set(&ev.error, ERR_TIMEOUT, "slow");
    codec_put_event(&out, &ev);
    ASSERT_BYTES("\x83\xa4type\xa5"
                 "error\xa4"
                 "code\xa7timeout\xa7message\xa4slow");
}

static void test_errors(void **state)
{
    struct error e = ERROR_INIT;

    (void)state;
    error_set_param(&e, "model", "no");
    codec_put_error(&out, &e, "a1", false);
    ASSERT_BYTES("\x84\xa4"
                 "code\xafinvalid_request\xa7message\xa2no\xa5param\xa5model\xa6"
                 "answer\xa2"
                 "a1");
    codec_put_error(&out, &e, "a1", true);
    ASSERT_BYTES("\xb3invalid_request: no");
    e.status = 429;
    e.retry_after = 0;
    e.param[0] = '\0';
    codec_put_error(&out, &e, NULL, false);
    ASSERT_BYTES("\x84\xa4"
                 "code\xafinvalid_request\xa7message\xa2no\xa6status\xcd\x01\xad\xabretry_after"
                 "\xcb\x00\x00\x00\x00\x00\x00\x00\x00");
}

static void test_an_error_of_the_longest_message_as_text(void **state)
{
    struct error e = ERROR_INIT;

    (void)state;
    e.code = ERR_CONTEXT_LENGTH_EXCEEDED;
    memset(e.message, 'x', sizeof(e.message) - 1);
    codec_put_error(&out, &e, NULL, true);
    assert_int_equal(out.len, 3 + strlen("context_length_exceeded: ") + sizeof(e.message) - 1);
}

static void test_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } rows[] = {
#define ROW(literal) {literal, sizeof(literal) - 1}
        ROW(""),
        ROW("\xc0"),
        ROW("\x80"),
        ROW("\xdd\x7f\xff\xff\xff"), /* msgpack-c would reserve gigabytes */
        ROW("\x81\xa4type\xa4nope"),
        ROW("\x81\xa4text\xa2hi"),
        ROW("\x81\xa4type\xa4text"),
        ROW("\x82\xa4type\xa4text\xa4text\x01"),
        ROW("\x82\xa4type\xa4"
            "done\xad"
            "finish_reason\xa5maybe"),
        ROW("\x81\xa4type\xa4"
            "done"),
        ROW("\x83\xa4type\xa5"
            "error\xa4"
            "code\xa5"
            "badly\xa7message\xa4slow"),
        ROW("\x83\xa4type\xa5"
            "error\xa4"
            "code\xa4none\xa7message\xa4slow"),
        ROW("\x82\xa4type\xa5"
            "error\xa4"
            "code\xa7timeout"),
        ROW("\x84\xa4type\xa5"
            "error\xa4"
            "code\xa7timeout\xa7message\xa4slow\xa6status\xff"),
        ROW("\x81\xa4type\xa5"
            "start"),
        ROW("\x81\xa4type\xa5"
            "usage"),
        ROW("\x83\xa4type\xa5usage\xa9"
            "estimated\xc2\xacinput_tokens\xa1x"),
        ROW("\x82\xa4type\xa9tool_call\xa9"
            "arguments\xa0"),
        ROW("\x82\xa4type\xa9tool_call\xa5index\x00"),
        ROW("\x82\xa4type\xa5image\xa4"
            "data\xa1x"),
        ROW("\x82\xa4type\xa5retry\xa5"
            "delay\x01"),
#undef ROW
    };
    struct chat_event ev = {.kind = EVENT_KIND_COUNT};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (codec_get_event((const uint8_t *)rows[i].bytes, rows[i].len, &zone, &ev) != ERR_BAD_RESPONSE)
            fail_msg("row %zu is taken", i);
    assert_int_equal(ev.kind, EVENT_KIND_COUNT); /* untouched */
}

static void test_unknown_fields_are_ignored(void **state)
{
    static const char bytes[] = "\x84\xa4type\xa4text\xa1x\x92\x01\x02\xa4text\xa2hi\xa1y\x80";
    struct chat_event ev;

    (void)state;
    assert_int_equal(codec_get_event((const uint8_t *)bytes, sizeof(bytes) - 1, &zone, &ev), ERR_NONE);
    assert_true(ev.kind == EVENT_TEXT && ev.text.len == 2);
    assert_true(ev.text.data >= bytes && ev.text.data < bytes + sizeof(bytes)); /* a view */
}

static void test_an_event_over_the_bound(void **state)
{
    struct chat_event ev = {.kind = EVENT_TEXT, .text = {pool, 100}};
    struct buf b;

    (void)state;
    buf_init(&b, 64);
    codec_put_event(&b, &ev);
    assert_true(b.failed);
    assert_int_equal(b.len, 0);
    buf_done(&b);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_every_kind_round_trips),
        TEST(test_cut_events_are_refused),
        TEST(test_the_shape_on_the_wire),
        TEST(test_errors),
        TEST(test_an_error_of_the_longest_message_as_text),
        TEST(test_refused),
        TEST(test_unknown_fields_are_ignored),
        TEST(test_an_event_over_the_bound),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
