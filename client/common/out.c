#include "client/common/out.h"
#include "client/common/signals.h"
#include "lib/base/utf8.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void out_keep_standard(void)
{
    /* Read-only, so that writing to a closed output stays an error. */
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
            _exit(71);
}

void out_init(struct out *o, int fd)
{
    o->fd = fd;
    o->error = 0;
    o->terminal = isatty(fd) == 1;
    o->last = 0;
    o->len = 0;
}

/* Writes what is given, past the buffer. */
static bool put(struct out *o, const char *data, size_t len)
{
    while (len > 0 && o->error == 0) {
        ssize_t n = write(o->fd, data, len);
        if (n >= 0) {
            data += n;
            len -= (size_t)n;
        } else if (errno != EINTR || signals_pending() != 0) {
            o->error = errno;
        }
    }
    return o->error == 0;
}

bool out_flush(struct out *o)
{
    size_t len = o->len;
    o->len = 0;
    return put(o, o->data, len);
}

bool out_write(struct out *o, const void *data, size_t len)
{
    if (len == 0)
        return o->error == 0;
    o->last = ((const char *)data)[len - 1];
    if (len > sizeof(o->data) - o->len && !out_flush(o))
        return false;
    if (len >= sizeof(o->data))
        return put(o, data, len);
    memcpy(o->data + o->len, data, len);
    o->len += len;
    return o->error == 0;
}

bool out_puts(struct out *o, const char *s)
{
    return out_write(o, s, strlen(s));
}

static bool put_escaped(struct out *o, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    const char text[4] = {'\\', 'x', digits[c >> 4], digits[c & 15]};
    return out_write(o, text, sizeof(text));
}

/* The length of the character at s, 0 if it is none. */
static size_t char_len(const unsigned char *s, size_t len)
{
    size_t n = *s < 0x80 ? 1 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;
    return n <= len && utf8_valid(s, n) ? n : 0;
}

bool out_text(struct out *o, const char *s, size_t len)
{
    if (!o->terminal)
        return out_write(o, s, len);
    const unsigned char *p = (const unsigned char *)s, *end = p + len, *plain = p;
    while (p < end) {
        size_t n = char_len(p, (size_t)(end - p));
        bool c1 = n == 2 && p[0] == 0xc2 && p[1] < 0xa0;
        if (n > 0 && !c1 && *p != 0x7f && (*p >= 0x20 || *p == '\n' || *p == '\t')) {
            p += n;
            continue;
        }
        (void)out_write(o, plain, (size_t)(p - plain));
        (void)put_escaped(o, c1 ? p[1] : p[0]);
        p += n > 0 ? n : 1;
        plain = p;
    }
    return out_write(o, plain, (size_t)(end - plain));
}
