#include "client/tty/closing.h"
#include "lib/proto/mp.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

struct answer {
    const char *model;
    bool cached, shared;
    double age;
    int64_t in, out, cost_nano;
    double first_ms, total_ms, requests;
};

static void put_answer(struct buf *b, const struct answer *a)
{
    mp_put_map(b, 6);
    mp_put_entry(b, "model", a->model);
    mp_put_cstr(b, "cached");
    mp_put_bool(b, a->cached);
    mp_put_cstr(b, "shared");
    mp_put_bool(b, a->shared);
    mp_put_cstr(b, "age");
    (void)(a->age >= 0 ? mp_put_double(b, a->age) : mp_put_nil(b));
    mp_put_cstr(b, "usage");
    mp_put_map(b, 5);
    mp_put_cstr(b, "input_tokens");
    (void)(a->in >= 0 ? mp_put_int(b, a->in) : mp_put_nil(b));
    mp_put_cstr(b, "output_tokens");
    (void)(a->out >= 0 ? mp_put_int(b, a->out) : mp_put_nil(b));
    mp_put_cstr(b, "cost_nano");
    (void)(a->cost_nano >= 0 ? mp_put_int(b, a->cost_nano) : mp_put_nil(b));
    mp_put_entry(b, "currency", "USD");
    mp_put_cstr(b, "premium_requests");
    mp_put_double(b, a->requests);
    mp_put_cstr(b, "timing");
    mp_put_map(b, 2);
    mp_put_cstr(b, "first_token_ms");
    (void)(a->first_ms >= 0 ? mp_put_double(b, a->first_ms) : mp_put_nil(b));
    mp_put_cstr(b, "total_ms");
    (void)(a->total_ms >= 0 ? mp_put_double(b, a->total_ms) : mp_put_nil(b));
}

static void what_is_known_is_told(void **state)
{
    (void)state;
    static const struct {
        struct answer answer;
        const char *line;
    } rows[] = {
        {{"m", false, false, -1, 1234, 512, 3100000, 500, 10500, 0},
         "m · 51 tokens/s · 1.2k tokens in, 512 out · 0.0031 USD · 10.5 s"},
        {{"m", false, false, -1, -1, 20, -1, 500, 10500, 2},
         "m · 2.0 tokens/s · 20 tokens out · 2 premium requests · 10.5 s"},
        {{"m", false, false, -1, 7, -1, 0, -1, -1, 1}, "m · 7 tokens in · 1 premium request"},
        {{"m", true, false, 7200, 3, 4, 3100000, 5, 900, 0},
         "m · 3 tokens in, 4 out · 0.0031 USD saved · cached 2h ago; -r asks again"},
        {{"m", true, false, -1, -1, -1, -1, -1, -1, 0}, "m · cached; -r asks again"},
        {{"m", false, true, -1, 3, 4, 3100000, 100, 900, 3},
         "m · 5.0 tokens/s · 3 tokens in, 4 out · 0.0031 USD saved · shared with who asked the same · 900 ms"},
    };
    struct buf packed, line;
    buf_init(&packed, 4096);
    buf_init(&line, CLOSING_MAX);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        msgpack_unpacked u;
        size_t at = 0;
        buf_clear(&packed);
        buf_clear(&line);
        put_answer(&packed, &rows[i].answer);
        msgpack_unpacked_init(&u);
        assert_int_equal(msgpack_unpack_next(&u, (const char *)packed.data, packed.len, &at), MSGPACK_UNPACK_SUCCESS);
        closing_put(&line, &u.data);
        assert_string_equal(buf_cstr(&line), rows[i].line);
        msgpack_unpacked_destroy(&u);
    }
    buf_done(&packed);
    buf_done(&line);
}

static void of_what_is_no_answer_nothing(void **state)
{
    (void)state;
    struct buf line;
    const msgpack_object nil = {.type = MSGPACK_OBJECT_NIL};
    buf_init(&line, CLOSING_MAX);
    closing_put(&line, &nil);
    assert_int_equal(line.len, 0);
    buf_done(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_known_is_told),
        cmocka_unit_test(of_what_is_no_answer_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
