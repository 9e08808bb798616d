/* Attachments that are text. Pure, and off the loop, as they may be large. */
#ifndef ASKD_ATTACH_TEXT_H
#define ASKD_ATTACH_TEXT_H

#include "lib/base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* UTF-8 without what no text file holds: NUL and other control characters but those that move or colour. */
bool text_is_plain(const uint8_t *data, size_t len);

/* The character set that a byte order mark at the front tells, NULL for none; *skip: the mark's length. */
const char *text_mark(const uint8_t *data, size_t len, size_t *skip);

/* *data, from the heap, becomes UTF-8 without a mark; it is text in that character set. ERR_INVALID_REQUEST where it is
 * not, or the set is unknown; ERR_TOO_LARGE over max bytes: it stays as it is. */
enum error_code text_convert(uint8_t **data, size_t *len, const char *charset, size_t max, struct error *err);

#endif
