/* How large a picture is, read from the first bytes of a PNG, JPEG, GIF or WebP. Pure. */
#ifndef ASKD_BASE_PICTURE_H
#define ASKD_BASE_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct picture_size {
    uint32_t width, height; /* pixels, both over 0 */
};

/* False for what is none of these, ends too soon or tells a size of 0. Looks at no byte beyond len. */
bool picture_size_read(const uint8_t *data, size_t len, struct picture_size *ret);

#endif
