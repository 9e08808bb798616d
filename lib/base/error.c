#include "lib/base/error.h"
#include "lib/base/names.h"
#include "lib/base/utf8.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {
#define X(code, name) [code] = (name),
    ERROR_CODE_MAP(X)
#undef X
};

const char *error_name(enum error_code code)
{
    return (unsigned)code < ERR_COUNT ? names[code] : names[ERR_INTERNAL];
}

enum error_code error_from_name(const char *name, size_t len)
{
    int i = names_find(names, ERR_COUNT, name, len);
    return i < 0 ? ERR_NONE : (enum error_code)i;
}

void error_text(char *dst, size_t dst_size, const char *src, size_t len)
{
    size_t out = 0;

    if (dst_size == 0)
        return;
    for (size_t in = 0; in < len;) {
        const char *piece = src + in;
        size_t n = utf8_char(piece, len - in);
        in += n ? n : 1;
        if (n == 0) {
            piece = "\xef\xbf\xbd";
            n = 3;
        } else if (utf8_is_control(piece, n)) {
            piece = " ";
            n = 1;
        }
        if (n >= dst_size - out)
            break;
        memcpy(dst + out, piece, n);
        out += n;
    }
    dst[out] = '\0';
}

/* Formats before it touches *err, so that the old message may be among the arguments. */
static void set(struct error *err, enum error_code code, int errnum, const char *fmt, va_list ap)
    __attribute__((format(printf, 4, 0)));

static void set(struct error *err, enum error_code code, int errnum, const char *fmt, va_list ap)
{
    char text[2 * sizeof(err->message)];
    size_t len;

    if (!err)
        return;
    int n = vsnprintf(text, sizeof(text), fmt, ap);
    len = n < 0 ? 0 : (size_t)n;
    if (errnum && len < sizeof(text)) {
        n = snprintf(text + len, sizeof(text) - len, ": %s", strerror(errnum));
        len += n < 0 ? 0 : (size_t)n;
    }
    if (len >= sizeof(text))
        len = utf8_whole(text, sizeof(text) - 1);

    *err = (struct error){.code = code, .retry_after = -1};
    error_text(err->message, sizeof(err->message), text, len);
}

enum error_code error_set(struct error *err, enum error_code code, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    set(err, code, 0, fmt, ap);
    va_end(ap);
    return code;
}

enum error_code error_set_param(struct error *err, const char *param, const char *fmt, ...)
{
    char copy[sizeof(err->param)]; /* param may be err->param itself */
    va_list ap;

    error_text(copy, sizeof(copy), param, strlen(param));
    va_start(ap, fmt);
    set(err, ERR_INVALID_REQUEST, 0, fmt, ap);
    va_end(ap);
    if (err)
        memcpy(err->param, copy, sizeof(copy));
    return ERR_INVALID_REQUEST;
}

enum error_code error_set_errno(struct error *err, enum error_code code, int errnum, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    set(err, code, errnum, fmt, ap);
    va_end(ap);
    return code;
}
