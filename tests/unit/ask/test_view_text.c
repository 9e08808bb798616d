/* Bare text, and lines of JSON, of events as they come. */
#include "client/common/view_json.h"
#include "client/common/view_text.h"
#include "lib/proto/mp.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct piece {
    const char *type, *text;
};

static struct out *new_out(void)
{
    static struct out o;
    out_init(&o, memfd_create("out", MFD_CLOEXEC));
    assert_true(o.fd >= 0);
    return &o;
}

static const char *written(struct out *o)
{
    static char text[4096];
    assert_true(out_flush(o));
    ssize_t n = pread(o->fd, text, sizeof(text) - 1, 0);
    assert_true(n >= 0);
    text[n] = '\0';
    (void)close(o->fd);
    return text;
}

static void unpack(msgpack_unpacked *to, const struct buf *b)
{
    msgpack_unpacked_init(to);
    assert_int_equal(msgpack_unpack_next(to, (const char *)b->data, b->len, NULL), MSGPACK_UNPACK_SUCCESS);
}

static void hand_over(struct view *v, int64_t seq, const struct piece *p)
{
    struct buf b;
    msgpack_unpacked event;
    buf_init(&b, 4096);
    mp_put_map(&b, 2);
    mp_put_entry(&b, "type", p->type);
    mp_put_entry(&b, strcmp(p->type, "progress") == 0 ? "message" : "text", p->text);
    unpack(&event, &b);
    struct view_event e = {
        .answer = "a1", .seq = seq, .kind = view_kind_of(p->type, strlen(p->type)), .event = &event.data};
    assert_true(mp_map(&event.data, &e.map));
    view_event(v, &e);
    msgpack_unpacked_destroy(&event);
    buf_done(&b);
}

/* The reply's reasoning and text. */
static void end(struct view *v, const char *reasoning, const char *text)
{
    struct buf b;
    msgpack_unpacked reply;
    buf_init(&b, 4096);
    mp_put_map(&b, 2);
    mp_put_entry(&b, "reasoning", reasoning);
    mp_put_entry(&b, "text", text);
    unpack(&reply, &b);
    view_end(v, &reply.data);
    msgpack_unpacked_destroy(&reply);
    buf_done(&b);
}

static const struct piece interleaved[] = {{"reasoning", "r1"}, {"reasoning", " r2\n"}, {"text", "t1"},
                                           {"reasoning", "r3"}, {"text", "t2\n"},       {"text", "t3"}};
enum { PIECES = sizeof(interleaved) / sizeof(interleaved[0]) };

static const char *shown(struct view_text_options options)
{
    struct out *o = new_out();
    options.program = "test";
    struct view *v = view_text_new(&options, o);
    assert_non_null(v);
    for (size_t i = 0; i < PIECES; i++)
        hand_over(v, (int64_t)i, &interleaved[i]);
    end(v, "r1 r2\nr3", "t1t2\nt3");
    view_free(v);
    return written(o);
}

static void reasoning_is_hidden_shown_or_alone(void **state)
{
    (void)state;
    assert_string_equal(shown((struct view_text_options){.reasoning = VIEW_REASONING_HIDE}), "t1t2\nt3");
    assert_string_equal(shown((struct view_text_options){.reasoning = VIEW_REASONING_SHOW}),
                        "r1 r2\n\nt1\n\nr3\n\nt2\nt3");
    assert_string_equal(shown((struct view_text_options){.reasoning = VIEW_REASONING_ONLY}), "r1 r2\nr3");
}

static void what_is_whole_comes_of_the_reply(void **state)
{
    (void)state;
    assert_string_equal(shown((struct view_text_options){.whole = true}), "t1t2\nt3");
    assert_string_equal(shown((struct view_text_options){.whole = true, .reasoning = VIEW_REASONING_SHOW}),
                        "r1 r2\nr3\n\nt1t2\nt3");
    assert_string_equal(shown((struct view_text_options){.whole = true, .reasoning = VIEW_REASONING_ONLY}),
                        "r1 r2\nr3");
    assert_string_equal(shown((struct view_text_options){.silent = true}), "");
}

static void events_are_lines(void **state)
{
    (void)state;
    struct out *o = new_out();
    struct view *v = view_json_new(o);
    assert_non_null(v);
    hand_over(v, 0, &(const struct piece){"text", "a\nb\"c"});
    hand_over(v, 1, &(const struct piece){"reasoning", "\xc3\xa9\x1b"});
    hand_over(v, 2, &(const struct piece){"of_later", "x"});
    end(v, "", "not shown");
    view_free(v);
    assert_string_equal(
        written(o), "{\"answer\":\"a1\",\"seq\":0,\"event\":{\"type\": \"text\", \"text\": \"a\\nb\\\"c\"}}\n"
                    "{\"answer\":\"a1\",\"seq\":1,\"event\":{\"type\": \"reasoning\", \"text\": \"\xc3\xa9\\u001b\"}}\n"
                    "{\"answer\":\"a1\",\"seq\":2,\"event\":{\"type\": \"of_later\", \"text\": \"x\"}}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasoning_is_hidden_shown_or_alone),
        cmocka_unit_test(what_is_whole_comes_of_the_reply),
        cmocka_unit_test(events_are_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
