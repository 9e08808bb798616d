#include "client/common/out.h"
#include "client/common/escape.h"
#include "client/common/signals.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
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
    o->fd = o->screen = fd;
    o->into = NULL;
    o->error = 0;
    o->terminal = isatty(fd) == 1;
    o->last = 0;
    o->len = 0;
}

void out_init_memory(struct out *o, struct buf *into)
{
    out_init(o, -1);
    o->into = into;
}

/* Writes what is given, past the buffer. */
static bool put(struct out *o, const char *data, size_t len)
{
    if (o->into != NULL) {
        if (o->error == 0 && !buf_append(o->into, data, len))
            o->error = ENOMEM;
        return o->error == 0;
    }
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

bool out_text(struct out *o, const char *s, size_t len)
{
    if (!o->terminal)
        return out_write(o, s, len);
    while (len > 0) {
        char shown[ESCAPE_LEN];
        size_t n = escape_harmless(s, len, "\n\t");
        (void)out_write(o, s, n);
        s += n;
        len -= n;
        if (len == 0)
            break;
        n = escape_char(s, len, shown);
        (void)out_write(o, shown, sizeof(shown));
        s += n;
        len -= n;
    }
    return o->error == 0;
}

unsigned out_columns(const struct out *o)
{
    struct winsize size;
    return o->terminal && ioctl(o->screen, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

unsigned out_rows(const struct out *o)
{
    struct winsize size;
    return o->terminal && ioctl(o->screen, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}
