#include "client/ask/input.h"
#include "lib/base/fd.h"
#include "lib/base/utf8.h"
#include <string.h>
#include <unistd.h>

static enum error_code too_large(struct error *err)
{
    return error_set(err, ERR_TOO_LARGE, "the prompt is larger than %zu MiB: send less", INPUT_MAX >> 20);
}

static enum error_code read_all(struct buf *out, int fd, struct error *err)
{
    enum error_code code = fd_read_all(fd, "standard input", out, err);
    return code == ERR_TOO_LARGE ? too_large(err) : code;
}

static bool is_blank(const struct buf *b)
{
    for (size_t i = 0; i < b->len; i++)
        if (strchr(" \t\n\v\f\r", b->data[i]) == NULL || b->data[i] == '\0')
            return false;
    return true;
}

enum error_code input_read(struct buf *out, char *const *words, int n_words, int fd, struct error *err)
{
    for (int i = 0; i < n_words; i++) {
        if (i > 0)
            (void)buf_putc(out, ' ');
        (void)buf_puts(out, words[i]);
    }
    size_t asked = out->len;
    if (fd >= 0 && isatty(fd) == 0) {
        if (asked > 0)
            (void)buf_puts(out, "\n\n");
        size_t before = out->len;
        enum error_code code = read_all(out, fd, err);
        if (code != ERR_NONE)
            return code;
        if (out->len == before)
            out->len = asked; /* nothing came: no blank line either */
    }
    if (out->failed)
        return too_large(err);
    if (is_blank(out))
        return error_set(err, ERR_NOT_FOUND, "no prompt: write it behind ask, or pipe it in");
    if (!utf8_valid(out->data, out->len))
        return error_set(err, ERR_INVALID_REQUEST, "the prompt is not UTF-8 text: convert it, for instance with iconv");
    return ERR_NONE;
}
