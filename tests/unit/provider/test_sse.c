#include "daemon/provider/sse.h"
#include "tests/unit/provider/chunks.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the four above */
#include <cmocka.h>

/* Events as "name=data|", fed in the given way; the end of the stream included. "!" for SSE_TOO_LARGE. */
static void run(unsigned way, size_t max, const char *bytes, size_t len, struct buf *out)
{
    struct chunker c = {way, 0};
    struct sse s;
    struct sse_event ev;
    enum sse_result r = SSE_MORE;

    sse_init(&s, max);
    for (size_t at = 0; at < len && r != SSE_TOO_LARGE;) {
        size_t n = chunk_next(&c, len - at), left = n;
        uint8_t *piece = malloc(n);
        const uint8_t *p = memcpy(piece, bytes + at, n);
        while ((r = sse_next(&s, &p, &left, &ev)) == SSE_EVENT)
            buf_printf(out, "%s=%.*s|", ev.name, (int)ev.len, ev.data);
        free(piece);
        at += n;
    }
    if (r != SSE_TOO_LARGE && (r = sse_end(&s, &ev)) == SSE_EVENT)
        buf_printf(out, "%s=%.*s|", ev.name, (int)ev.len, ev.data);
    if (r == SSE_TOO_LARGE)
        buf_puts(out, "!");
    sse_done(&s);
}

static void check(const char *bytes, const char *want)
{
    for (unsigned way = 0; way < CHUNKINGS; way++) {
        struct buf out;
        buf_init(&out, 4096);
        run(way, 1024, bytes, strlen(bytes), &out);
        assert_string_equal(buf_cstr(&out), want);
        buf_done(&out);
    }
}

static void line_ends(void **state)
{
    (void)state;
    check("data: a\n\ndata: b\n\n", "message=a|message=b|");
    check("data: a\r\n\r\ndata: b\r\n\r\n", "message=a|message=b|");
    check("data: a\r\rdata: b\r\r", "message=a|message=b|");
    check("data: a\r\n\ndata: b\n\r\n", "message=a|message=b|");
    check("data: a\xE2\x80\xA8z\xC2\x85\n\n", "message=a\xE2\x80\xA8z\xC2\x85|");
}

static void fields(void **state)
{
    (void)state;
    check("data:a\n\n", "message=a|");
    check("data:  a\n\n", "message= a|");
    check("data: a: b\n\n", "message=a: b|");
    check("data\n\n", "message=|");
    check("data: a\ndata: b\ndata:\n\n", "message=a\nb\n|");
    check("event: ping\nid: 7\nretry: 3\ndata: x\n\ndata: y\n\n", "ping=x|message=y|");
    check("event: lost\n\ndata: y\n\n", "message=y|");
    check("datax: a\nother\n\n", "");
}

static void comments_and_bom(void **state)
{
    (void)state;
    check(": keep-alive\n\n: again\n\ndata: a\n\n", "message=a|");
    check("data: a\n: between\ndata: b\n\n", "message=a\nb|");
    check("\xEF\xBB\xBF"
          "data: a\n\n",
          "message=a|");
    check("data: a\n\n\xEF\xBB\xBF"
          "data: b\n\n",
          "message=a|");
}

static void no_blank_line_at_the_end(void **state)
{
    (void)state;
    check("data: a\n\ndata: b\n", "message=a|message=b|");
    check("data: a\n\ndata: b", "message=a|message=b|");
    check("data: a\n\ndata: b\ndata: c", "message=a|message=b\nc|");
    check("data: a\n\n: end", "message=a|");
}

static void bounds(void **state)
{
    (void)state;
    for (unsigned way = 0; way < CHUNKINGS; way++) {
        struct buf out;
        buf_init(&out, 4096);
        run(way, 16, "data: 12345678901234567890\n\n", 28, &out);
        assert_string_equal(buf_cstr(&out), "!");
        buf_clear(&out);
        run(way, 16, "data: 1234567\ndata: 1234567\ndata: 1234567\n\n", 43, &out);
        assert_string_equal(buf_cstr(&out), "!");
        buf_done(&out);
    }
}

static void in_place(void **state)
{
    (void)state;
    static const char bytes[] = "data: abc\n\n";
    const uint8_t *p = (const uint8_t *)bytes;
    size_t len = strlen(bytes);
    struct sse s;
    struct sse_event ev;

    sse_init(&s, 1024);
    assert_int_equal(sse_next(&s, &p, &len, &ev), SSE_EVENT);
    assert_ptr_equal(ev.data, bytes + 6);
    sse_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_ends),        cmocka_unit_test(fields),
        cmocka_unit_test(comments_and_bom), cmocka_unit_test(no_blank_line_at_the_end),
        cmocka_unit_test(bounds),           cmocka_unit_test(in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
