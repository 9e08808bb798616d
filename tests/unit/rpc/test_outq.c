/* Owned and pinned runs, sent in pieces of every size. */
#include "daemon/rpc/outq.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void put(struct outq *q, const char *s)
{
    buf_puts(outq_begin(q), s);
    assert_true(outq_commit(q));
}

static void release(void *owner)
{
    ++*(int *)owner;
}

static size_t take(struct outq *q, char *out, size_t n)
{
    struct iovec iov[OUTQ_IOV];
    int k = outq_iov(q, iov);
    size_t done = 0;
    for (int i = 0; i < k && done < n; i++) {
        size_t m = iov[i].iov_len < n - done ? iov[i].iov_len : n - done;
        memcpy(out + done, iov[i].iov_base, m);
        done += m;
    }
    outq_sent(q, done);
    return done;
}

static struct outq_spare spare;

static void test_any_pieces(void **state)
{
    (void)state;
    static const char want[] = "one two PINNED three PINNED";
    for (size_t piece = 1; piece < sizeof want; piece++) {
        struct outq q;
        int released = 0;
        char got[64] = {0};
        size_t n = 0;
        outq_init(&q, &spare);
        put(&q, "one ");
        put(&q, "two ");
        outq_pin(&q, "PINNED", 6, release, &released);
        put(&q, " three ");
        outq_pin(&q, "PINNED", 6, release, &released);
        assert_int_equal(q.unsent, sizeof want - 1);
        while (q.unsent)
            n += take(&q, got + n, piece);
        assert_string_equal(got, want);
        assert_int_equal(released, 2);
        assert_true(TAILQ_EMPTY(&q.runs)); /* an idle queue holds nothing */
        outq_done(&q);
    }
}

static void test_sealed_does_not_move(void **state)
{
    (void)state;
    struct outq q;
    struct iovec iov[OUTQ_IOV];
    char got[20001] = {0};
    outq_init(&q, &spare);
    put(&q, "under way ");
    assert_int_equal(outq_iov(&q, iov), 1);
    const void *where = iov[0].iov_base;
    outq_seal(&q);
    for (int i = 0; i < 1000; i++)
        put(&q, "more bytes");
    outq_iov(&q, iov);
    assert_ptr_equal(iov[0].iov_base, where);
    assert_int_equal(take(&q, got, sizeof got - 1), 10010);
    assert_int_equal(strncmp(got, "under way more bytesmore", 24), 0);
    outq_done(&q);
}

/* A frame may be begun and gone on with; however long, it is not torn into two runs before it is committed. */
static void test_begun_frame_stays_whole(void **state)
{
    (void)state;
    static const char big[40000];
    struct outq q;
    struct iovec iov[OUTQ_IOV];
    outq_init(&q, &spare);
    buf_append(outq_begin(&q), big, sizeof big);
    buf_append(outq_begin(&q), big, sizeof big);
    assert_true(outq_commit(&q));
    assert_int_equal(q.unsent, 2 * sizeof big);
    assert_int_equal(outq_iov(&q, iov), 1);
    assert_int_equal(iov[0].iov_len, 2 * sizeof big);
    outq_done(&q);
}

static void test_done_releases(void **state)
{
    (void)state;
    struct outq q;
    int released = 0;
    outq_init(&q, &spare);
    outq_pin(&q, "x", 1, release, &released);
    put(&q, "y");
    outq_done(&q);
    assert_int_equal(released, 1);
    assert_int_equal(q.unsent, 0);
}

/* The memory of what was sent serves another queue; that of a large frame is given back. */
static void test_sent_memory_serves_again(void **state)
{
    (void)state;
    static const char big[200000];
    struct outq first, second;
    char got[sizeof big];
    outq_init(&first, &spare);
    outq_init(&second, &spare);
    put(&first, "one");
    const void *where = outq_begin(&first)->data;
    take(&first, got, sizeof got);
    put(&second, "two");
    assert_ptr_equal(outq_begin(&second)->data, where);
    assert_int_equal(take(&second, got, sizeof got), 3);
    assert_memory_equal(got, "two", 3);
    buf_append(outq_begin(&first), big, sizeof big);
    outq_commit(&first);
    take(&first, got, sizeof got);
    assert_true(spare.bytes < sizeof big);
    outq_done(&first);
    outq_done(&second);
}

static int give_spare_back(void **state)
{
    (void)state;
    outq_spare_done(&spare);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_pieces), cmocka_unit_test(test_sealed_does_not_move),
                                       cmocka_unit_test(test_begun_frame_stays_whole),
                                       cmocka_unit_test(test_done_releases),
                                       cmocka_unit_test(test_sent_memory_serves_again)};
    return cmocka_run_group_tests(tests, NULL, give_spare_back);
}
