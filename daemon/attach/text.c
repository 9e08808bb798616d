#include "daemon/attach/text.h"
#include "lib/base/buf.h"
#include "lib/base/utf8.h"
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 16 * 1024 };

bool text_is_plain(const uint8_t *data, size_t len)
{
    static const char moves[] = "\a\b\t\n\v\f\r\033";
    for (size_t i = 0; i < len; i++)
        if ((data[i] < 0x20 && (data[i] == 0 || !strchr(moves, data[i]))) || data[i] == 0x7f)
            return false;
    return utf8_valid(data, len);
}

const char *text_mark(const uint8_t *data, size_t len, size_t *skip)
{
    /* Those of UTF-32 first: one of them begins as one of UTF-16 does. */
    static const struct {
        const char *mark;
        size_t len;
        const char *charset;
    } marks[] = {{"\xef\xbb\xbf", 3, "UTF-8"},
                 {"\xff\xfe\0\0", 4, "UTF-32LE"},
                 {"\0\0\xfe\xff", 4, "UTF-32BE"},
                 {"\xff\xfe", 2, "UTF-16LE"},
                 {"\xfe\xff", 2, "UTF-16BE"}};
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (len >= marks[i].len && memcmp(data, marks[i].mark, marks[i].len) == 0) {
            *skip = marks[i].len;
            return marks[i].charset;
        }
    }
    return NULL;
}

static enum error_code convert(iconv_t cd, const char *from, size_t left, struct buf *out)
{
    char chunk[CHUNK];
    char *in = (char *)from; /* iconv reads it only */
    while (left > 0) {
        char *to = chunk;
        size_t room = sizeof(chunk);
        size_t n = iconv(cd, &in, &left, &to, &room);
        if (n == (size_t)-1 && errno != E2BIG)
            return ERR_INVALID_REQUEST;
        if (!buf_append(out, chunk, sizeof(chunk) - room))
            return ERR_TOO_LARGE;
    }
    return ERR_NONE;
}

static enum error_code refuse(enum error_code code, const char *charset, size_t max, struct error *err)
{
    if (code == ERR_TOO_LARGE)
        return error_set(err, code, "a text file in %s has more than %zu MiB as UTF-8", charset, max >> 20);
    return error_set(err, code, "a text file is in %s, or seems so, and cannot be read as that: convert it to UTF-8",
                     charset);
}

enum error_code text_convert(uint8_t **data, size_t *len, const char *charset, size_t max, struct error *err)
{
    size_t skip = 0;
    struct buf out;
    (void)text_mark(*data, *len, &skip);
    iconv_t cd = iconv_open("UTF-8", charset);
    if (cd == (iconv_t)-1)
        return refuse(ERR_INVALID_REQUEST, charset, max, err);
    buf_init(&out, max);
    enum error_code code = convert(cd, (const char *)*data + skip, *len - skip, &out);
    (void)iconv_close(cd);
    if (code == ERR_NONE && (out.len == 0 || !text_is_plain(out.data, out.len)))
        code = ERR_INVALID_REQUEST;
    if (code != ERR_NONE) {
        buf_done(&out);
        return refuse(code, charset, max, err);
    }
    free(*data);
    *data = buf_take(&out, len);
    return ERR_NONE;
}
