/* A document as text. Jansson's own way looks for circles at each array and object, by a table of printed addresses:
 * half the time of what a long conversation's body took. What is built here has none. */
#include "daemon/provider/jsonx.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int dump_piece(const char *piece, size_t len, void *out)
{
    return buf_append(out, piece, len) ? 0 : -1;
}

/* By the fewest digits that read back as the same number: 15 write 0.7 as 0.7, 17 lose nothing. */
static bool dump_real(const json_t *json, struct buf *out)
{
    size_t digits = 15;
    char text[32];

    for (; digits < 17; digits++) {
        snprintf(text, sizeof text, "%.*g", (int)digits, json_real_value(json));
        if (strtod(text, NULL) == json_real_value(json))
            break;
    }
    return json_dump_callback(json, dump_piece, out, JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits)) == 0;
}

#define EACH_BYTE(b) ((uint64_t)(b)*0x0101010101010101u)

/* The high bit of each byte of x that is zero, and maybe of some above the first of them. */
static uint64_t zeros(uint64_t x)
{
    return (x - EACH_BYTE(1)) & ~x & EACH_BYTE(0x80);
}

/* The end of what needs no escape, eight bytes at once. */
static const char *plain_end(const char *s, const char *end)
{
    for (uint64_t x; end - s >= 8; s += 8) {
        memcpy(&x, s, sizeof x);
        if ((((x - EACH_BYTE(0x20)) & ~x & EACH_BYTE(0x80)) | zeros(x ^ EACH_BYTE('"')) | zeros(x ^ EACH_BYTE('\\'))))
            break;
    }
    while (s < end && (unsigned char)*s >= 0x20 && *s != '"' && *s != '\\')
        s++;
    return s;
}

static void dump_escape(struct buf *out, unsigned char c)
{
    static const char of[] = "\"\\\b\f\n\r\t", by[] = "\"\\bfnrt";
    const char *found = c ? strchr(of, c) : NULL;

    if (found)
        buf_append(out, (const char[]){'\\', by[found - of]}, 2);
    else
        buf_printf(out, "\\u%04X", c);
}

/* Jansson holds nothing but UTF-8, which goes out as it is (RFC 8259, 7). */
static bool dump_string(const char *s, size_t len, struct buf *out)
{
    const char *end = s + len;

    buf_putc(out, '"');
    while (s < end) {
        const char *plain = s;
        s = plain_end(s, end);
        buf_append(out, plain, (size_t)(s - plain));
        if (s < end)
            dump_escape(out, (unsigned char)*s++);
    }
    return buf_putc(out, '"');
}

static bool dump_object(const json_t *json, struct buf *out)
{
    const char *key, *before = "{";
    json_t *value;

    json_object_foreach((json_t *)json, key, value)
    {
        buf_puts(out, before);
        dump_string(key, strlen(key), out);
        buf_putc(out, ':');
        if (!jsonx_dump(value, out))
            return false;
        before = ",";
    }
    return buf_puts(out, *before == '{' ? "{}" : "}");
}

static bool dump_array(const json_t *json, struct buf *out)
{
    size_t i;
    json_t *value;

    buf_putc(out, '[');
    json_array_foreach(json, i, value)
    {
        if (i > 0)
            buf_putc(out, ',');
        if (!jsonx_dump(value, out))
            return false;
    }
    return buf_putc(out, ']');
}

bool jsonx_dump(const json_t *json, struct buf *out)
{
    if (!json)
        return false;
    switch (json_typeof(json)) {
    case JSON_OBJECT: return dump_object(json, out);
    case JSON_ARRAY: return dump_array(json, out);
    case JSON_STRING: return dump_string(json_string_value(json), json_string_length(json), out);
    case JSON_REAL: return dump_real(json, out);
    default: return json_dump_callback(json, dump_piece, out, JSON_ENCODE_ANY) == 0;
    }
}
