/* The hot path of openai-chat: nearly every chunk of a stream holds one short piece of text and nothing else of
 * interest. This reads such a chunk in one pass, without allocating; whatever is unusual in the least is left to the
 * full parser.
 *
 * It is strict: what it accepts is well-formed JSON in valid UTF-8, so both ways agree about what is an error. Two
 * mercies: a lone surrogate escape (\ud83d) passes here and becomes U+FFFD in scan_unescape, as jsonx_parse has it. */
#ifndef ASKD_PROVIDER_SCAN_H
#define ASKD_PROVIDER_SCAN_H

#include "lib/base/buf.h"

enum scan_kind {
    SCAN_OTHER, /* not such a chunk: parse it in full */
    SCAN_EMPTY, /* nothing to tell: a role, a null */
    SCAN_TEXT,
    SCAN_REASONING,
};

struct scan_delta {
    const char *raw; /* between the quotes, in the payload */
    size_t len;
    bool escaped; /* holds a backslash: scan_unescape it first */
};

/* Accepts an object whose choices are one object with index 0 (or none told), finish_reason null and a delta of at most
 * one string that is not empty: content, reasoning_content or reasoning. */
enum scan_kind scan_chunk(const char *json, size_t len, struct scan_delta *out);

/* Appends the string that the raw slice stands for; the slice is well-formed, as scan_chunk found it. False if out is
 * full. */
bool scan_unescape(const char *raw, size_t len, struct buf *out);

/* Reads the four hex digits at p; -1 if they are not. */
int scan_hex4(const char *p);

#endif
