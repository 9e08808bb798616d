/* The hot path of every stream: nearly every chunk holds one short piece of text and nothing else of interest. What
 * such a chunk looks like is a table of rules, one per API; this reads a chunk by its table in one pass, without
 * allocating. Whatever is unusual in the least is left to the full parser.
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
    SCAN_ARGUMENTS, /* of the tool call at found.index */
};

enum scan_act {
    SCAN_SKIP,    /* any value */
    SCAN_NOTHING, /* null, "", [] or {} */
    SCAN_NULL,
    SCAN_FALSE,
    SCAN_ZERO,
    SCAN_OBJECT, /* an object, read by `inner` */
    SCAN_LIST,   /* a list of one object, read by `inner`; or null or an empty list */
    SCAN_PIECE,  /* a string or null; one that is not empty is what the chunk holds, of the kind `n` */
    SCAN_WORD,   /* a string that is one of `words`; its kind, if it has one, goes before that of the piece */
    SCAN_MARK,   /* true or false; true gives the piece the kind `n` */
    SCAN_INDEX,  /* an integer from 0 on, to found.index */
    SCAN_COUNT,  /* an integer from 0 on, or null, to found.counts[n] */
};

struct scan_word {
    const char *word; /* NULL ends the list */
    enum scan_kind kind;
};

/* How one member is read. A table ends with a row without a key, which is for all other members. */
struct scan_rule {
    const char *key;
    enum scan_act act;
    int n;
    const struct scan_rule *inner;
    const struct scan_word *words;
    bool must; /* exactly one member of the chunk is read by a rule that says so */
};

#define SCAN_RULE(member, how, ...)                                                                                    \
    {                                                                                                                  \
        .key = (member), .act = (how), ##__VA_ARGS__                                                                   \
    }

#define SCAN_COUNTS 8

struct scan_found {
    const char *raw; /* between the quotes, in the payload */
    size_t len;
    bool escaped;                /* holds a backslash: scan_unescape it first */
    int64_t index;               /* -1 if none was told */
    int64_t counts[SCAN_COUNTS]; /* -1 where none was told */
};

/* The chunk is an object that `rules` read to its end. `found` is filled in unless it is SCAN_OTHER. */
enum scan_kind scan_chunk(const struct scan_rule *rules, const char *json, size_t len, struct scan_found *found);

/* Appends the string that the raw slice stands for; the slice is well-formed, as scan_chunk found it. False if out is
 * full. */
bool scan_unescape(const char *raw, size_t len, struct buf *out);

/* Reads the four hex digits at p; -1 if they are not. */
int scan_hex4(const char *p);

#endif
