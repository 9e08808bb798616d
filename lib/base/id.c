/* RFC 9562, section 6.2, method 1: the 12 bits behind the version are a counter that starts at a random value in its
 * lower half with each new millisecond. A counter that runs over borrows from the next millisecond, and a clock that
 * goes back is not followed; so the order holds whatever happens. */
#include "lib/base/id.h"
#include "lib/base/clock.h"
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define COUNTER_MAX 0xfffu
#define COUNTER_START_MASK 0x7ffu
#define MS_MASK ((UINT64_C(1) << 48) - 1)

static struct {
    pthread_mutex_t lock;
    uint64_t ms;       /* of the last id */
    uint32_t counter;  /* of the last id */
    uint8_t pool[256]; /* random bytes fetched ahead; getrandom gives up to 256 whole */
    size_t left;       /* the last so many of them are unused */
} gen = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void before_fork(void)
{
    pthread_mutex_lock(&gen.lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&gen.lock);
}

/* A child must not use the random bytes that its parent is going to use. */
static void after_fork_child(void)
{
    gen.left = 0;
    pthread_mutex_unlock(&gen.lock);
}

static void watch_forks(void)
{
    pthread_atfork(before_fork, after_fork, after_fork_child);
}

static void take_random(void *out, size_t len)
{
    if (gen.left < len) {
        ssize_t n;
        do {
            n = getrandom(gen.pool, sizeof(gen.pool), 0);
        } while (n < 0 && errno == EINTR);
        if (n != (ssize_t)sizeof(gen.pool))
            abort(); /* guessable ids would let one user reach another's answers */
        gen.left = sizeof(gen.pool);
    }
    memcpy(out, gen.pool + sizeof(gen.pool) - gen.left, len);
    gen.left -= len;
}

/* Moves gen.ms and gen.counter on to a place behind all earlier ones. */
static void advance(uint64_t now_ms)
{
    if (now_ms <= gen.ms && gen.counter < COUNTER_MAX) {
        gen.counter++;
        return;
    }
    gen.ms = now_ms > gen.ms ? now_ms : gen.ms + 1;

    uint16_t start;
    take_random(&start, sizeof(start));
    gen.counter = start & COUNTER_START_MASK;
}

static void put_hex(char *out, uint64_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--, value >>= 4)
        out[i] = "0123456789abcdef"[value & 0xf];
}

void id_new(char out[ID_LEN + 1])
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    uint64_t ms, tail;
    uint32_t counter;

    pthread_once(&once, watch_forks);
    pthread_mutex_lock(&gen.lock);
    advance((uint64_t)clock_wall_us() / 1000 & MS_MASK);
    take_random(&tail, sizeof(tail));
    ms = gen.ms;
    counter = gen.counter;
    pthread_mutex_unlock(&gen.lock);

    put_hex(out, ms >> 16, 8);
    put_hex(out + 9, ms & 0xffff, 4);
    put_hex(out + 14, 0x7000 | counter, 4);
    put_hex(out + 19, 0x8000 | (tail >> 48 & 0x3fff), 4);
    put_hex(out + 24, tail & MS_MASK, 12);
    out[8] = out[13] = out[18] = out[23] = '-';
    out[ID_LEN] = '\0';
}

bool id_valid(const char *s, size_t len)
{
    if (len != ID_LEN)
        return false;
    for (size_t i = 0; i < ID_LEN; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f');
        if (dash ? s[i] != '-' : !hex)
            return false;
    }
    return true;
}
