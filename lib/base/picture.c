#include "lib/base/picture.h"
#include <string.h>

static uint32_t big16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t big32(const uint8_t *p)
{
    return big16(p) << 16 | big16(p + 2);
}

static uint32_t little16(const uint8_t *p)
{
    return (uint32_t)p[1] << 8 | p[0];
}

static uint32_t little24(const uint8_t *p)
{
    return (uint32_t)p[2] << 16 | little16(p);
}

static bool begins(const uint8_t *data, size_t len, size_t at, const char *with, size_t n)
{
    return len >= at + n && memcmp(data + at, with, n) == 0;
}

static bool read_png(const uint8_t *data, size_t len, struct picture_size *size)
{
    if (len < 24 || !begins(data, len, 0, "\x89PNG\r\n\x1a\n", 8))
        return false;
    *size = (struct picture_size){big32(data + 16), big32(data + 20)};
    return true;
}

static bool read_gif(const uint8_t *data, size_t len, struct picture_size *size)
{
    if (len < 10 || !begins(data, len, 0, "GIF8", 4))
        return false;
    *size = (struct picture_size){little16(data + 6), little16(data + 8)};
    return true;
}

/* Markers from SOF0 to SOF15, without the three among them that are something else. */
static bool is_frame(uint8_t marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/* Segments: ff, the marker, a length that counts itself. The size is in the first that begins a frame. */
static bool read_jpeg(const uint8_t *data, size_t len, struct picture_size *size)
{
    if (!begins(data, len, 0, "\xff\xd8", 2))
        return false;
    for (size_t at = 2; len - at >= 9 && data[at] == 0xff; at += 2 + big16(data + at + 2)) {
        if (is_frame(data[at + 1])) {
            *size = (struct picture_size){big16(data + at + 7), big16(data + at + 5)};
            return true;
        }
        if (2 + big16(data + at + 2) > len - at)
            return false;
    }
    return false;
}

/* Three kinds, each with its size elsewhere: lossy, lossless, and with more than a picture in it. */
static bool read_webp(const uint8_t *data, size_t len, struct picture_size *size)
{
    if (len < 30 || !begins(data, len, 0, "RIFF", 4) || !begins(data, len, 8, "WEBPVP8", 7))
        return false;
    switch (data[15]) {
    case ' ': *size = (struct picture_size){little16(data + 26) & 0x3fff, little16(data + 28) & 0x3fff}; return true;
    case 'L': {
        uint32_t bits = little16(data + 21) | little16(data + 23) << 16;
        *size = (struct picture_size){(bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1};
        return true;
    }
    case 'X': *size = (struct picture_size){little24(data + 24) + 1, little24(data + 27) + 1}; return true;
    default: return false;
    }
}

bool picture_size_read(const uint8_t *data, size_t len, struct picture_size *ret)
{
    struct picture_size size;

    if (!read_png(data, len, &size) && !read_jpeg(data, len, &size) && !read_gif(data, len, &size) &&
        !read_webp(data, len, &size))
        return false;
    if (size.width == 0 || size.height == 0)
        return false;
    *ret = size;
    return true;
}
