#include "lib/base/secret.h"
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#define SECRET_MAX (64u << 10)

/* Lies at the front of its own mapping. */
struct secret {
    atomic_uint refs;
    size_t size; /* of the mapping */
    size_t len;
    char bytes[]; /* with a NUL behind */
};

struct secret *secret_new(const char *bytes, size_t len)
{
    if (len > SECRET_MAX)
        return NULL;

    size_t size = sizeof(struct secret) + len + 1;
    struct secret *s = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (s == MAP_FAILED)
        return NULL;
    /* Both may be refused (RLIMIT_MEMLOCK, an old kernel); a key in plain memory is then better than no service. */
    (void)mlock(s, size);
    (void)madvise(s, size, MADV_DONTDUMP);

    atomic_init(&s->refs, 1);
    s->size = size;
    s->len = len;
    if (len > 0)
        memcpy(s->bytes, bytes, len);
    return s;
}

struct secret *secret_ref(struct secret *s)
{
    if (s)
        atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

struct secret *secret_unref(struct secret *s)
{
    if (s && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1) {
        size_t size = s->size;
        secret_wipe(s, size);
        munmap(s, size);
    }
    return NULL;
}

const char *secret_reveal(const struct secret *s)
{
    return s->bytes;
}

size_t secret_len(const struct secret *s)
{
    return s->len;
}

void secret_wipe(void *p, size_t len)
{
    if (len > 0)
        explicit_bzero(p, len);
}
