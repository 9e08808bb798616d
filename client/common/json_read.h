/* JSON to MessagePack. jansson is loaded when this is called and not before, so that programs which rarely read JSON do
 * not pay for it when they start. */
#ifndef CLIENT_JSON_READ_H
#define CLIENT_JSON_READ_H

#include "lib/base/buf.h"

/* Appends the object in text as a map; {"$bin": base64} becomes a bin. False with a line in why, which calls the text
 * by what: "cannot read the params as a JSON object (…)". */
bool json_read_map(struct buf *out, const char *text, const char *what, char *why, size_t why_size);

/* Appends any value, which is one line, likewise. What a message cannot carry (nesting, a "$bin" that is no base64) is
 * nil in its place, and *fault says so, else it is NULL: the rest may still tell whom to answer. False with a line in
 * why for what is no JSON. */
bool json_read_value(struct buf *out, const char *text, size_t len, const char **fault, char *why, size_t why_size);

#endif
