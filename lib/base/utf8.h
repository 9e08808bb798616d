/* UTF-8 by RFC 3629: no surrogates, no overlong forms, nothing over U+10FFFF. */
#ifndef ASKD_BASE_UTF8_H
#define ASKD_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

bool utf8_valid(const void *data, size_t len);

/* The length of the character at the front of data, 0 if there is no valid and whole one. */
size_t utf8_char(const void *data, size_t len);

/* Is the character of len bytes at s, a valid one, a control: C0, DEL or C1? */
bool utf8_is_control(const char *s, size_t len);

/* All of it is valid, and none of its characters a control. *chars: how many it has, where that is so. */
bool utf8_is_line(const char *s, size_t len, size_t *chars);

/* The longest prefix of data that does not end inside a character: len itself, or up to 3 less. Assumes that the bytes
 * before are valid. */
size_t utf8_whole(const char *data, size_t len);

/* Appends data with every invalid byte replaced by U+FFFD. False if the buf is full, which then holds what it
 * held before. */
bool utf8_append_repaired(struct buf *out, const char *data, size_t len);

#endif
