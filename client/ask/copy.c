#include "client/ask/copy.h"
#include "client/ask/asking.h"
#include "client/common/base64.h"
#include "client/common/colour.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include "lib/base/fd.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char before[] = "\x1b]52;c;", behind[] = "\a";

/* A descriptor of our own; -1 with errno. */
static int open_terminal(const struct out *out)
{
    return out->terminal ? fcntl(out->fd, F_DUPFD_CLOEXEC, 0) : open("/dev/tty", O_WRONLY | O_CLOEXEC | O_NOCTTY);
}

int copy_check(const struct out *out)
{
    int fd = open_terminal(out);
    if (fd >= 0)
        (void)close(fd);
    if (fd >= 0 && colour_moves())
        return EXIT_OK;
    exit_print(ASKING_PROGRAM, fd < 0 ? "--copy needs a terminal, whose clipboard it fills, and there is none here"
                                      : "--copy needs a terminal with a clipboard: $TERM names none");
    return EXIT_IO;
}

/* A text that fits. */
static int fill_clipboard(const struct out *out, const char *text, size_t len)
{
    struct buf b;
    buf_init(&b, COPY_BASE64_MAX + sizeof(before) + sizeof(behind));
    (void)buf_puts(&b, before);
    (void)base64_put(&b, text, len);
    (void)buf_puts(&b, behind);
    int fd = b.failed ? -1 : open_terminal(out);
    const bool done = fd >= 0 && fd_write_all(fd, b.data, b.len);
    if (!done)
        exit_print(ASKING_PROGRAM, "cannot copy the answer: %s", b.failed ? "out of memory" : strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    buf_done(&b);
    return done ? EXIT_OK : EXIT_IO;
}

int copy_text(const struct out *out, const char *text, size_t len)
{
    if (len <= COPY_TEXT_MAX)
        return len > 0 ? fill_clipboard(out, text, len) : (int)EXIT_OK;
    exit_print(ASKING_PROGRAM, "the answer was not copied: it has %zu bytes, and a terminal's clipboard takes %d", len,
               COPY_TEXT_MAX);
    return EXIT_DATA;
}

int copy_answer(const struct out *out, const msgpack_object *answer)
{
    msgpack_object_map map;
    const char *text;
    size_t len;
    if (!mp_map(answer, &map) || !field_str(&map, "text", &text, &len))
        return EXIT_OK;
    return copy_text(out, text, len);
}
