/* Messages: a role and a list of parts. Plain values, deep-copied, no JSON and no MessagePack (layer 1). */
#ifndef ASKD_CHAT_MESSAGE_H
#define ASKD_CHAT_MESSAGE_H

#include "lib/base/value.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* role, name on the wire */
#define ROLE_MAP(X) X(ROLE_SYSTEM, "system") X(ROLE_USER, "user") X(ROLE_ASSISTANT, "assistant") X(ROLE_TOOL, "tool")
enum role {
#define X(code, name) code,
    ROLE_MAP(X)
#undef X
};

/* kind, name on the wire */
#define PART_MAP(X)                                                                                                    \
    X(PART_TEXT, "text")                                                                                               \
    X(PART_IMAGE, "image")                                                                                             \
    X(PART_AUDIO, "audio")                                                                                             \
    X(PART_FILE, "file")                                                                                               \
    X(PART_TOOL_CALL, "tool_call")                                                                                     \
    X(PART_TOOL_RESULT, "tool_result")                                                                                 \
    X(PART_REASONING, "reasoning")
enum part_kind {
#define X(code, name) code,
    PART_MAP(X)
#undef X
};

#define PART_HASH_LEN 32

struct part {
    enum part_kind kind;
    char *text; /* text, reasoning text, tool call arguments, tool result content; UTF-8, NUL-terminated */
    size_t text_len;
    char *mime;    /* image, audio, file; NULL if not told */
    uint8_t *data; /* image, audio, file by value; NULL if by url */
    size_t data_len;
    uint8_t hash[PART_HASH_LEN]; /* SHA-256 of data, where hashed */
    bool hashed;
    char *url;            /* image, audio, file by reference; with data: where that came from */
    char *name;           /* file name; tool name */
    char *id;             /* tool call, tool result */
    char *signature;      /* reasoning */
    bool is_error;        /* tool result */
    struct value *opaque; /* goes back to the provider as it came */
};

struct message {
    enum role role;
    struct part *parts; /* owned array */
    size_t n_parts;
};

/* Appends an empty part and returns it; valid until the next append. */
struct part *message_add_part(struct message *m, enum part_kind kind);
/* Appends a text part holding a copy of the bytes. */
void message_add_text(struct message *m, const char *text, size_t len);
void message_done(struct message *m); /* frees what it owns; works on a zeroed one */

bool mime_is_text(const char *mime);           /* what it is of is text, if UTF-8; NULL: false */
bool part_is_attachment(const struct part *p); /* image, audio or file */
size_t part_base64_len(const struct part *p);  /* bytes that its data has in base64 */
bool part_is_text_file(const struct part *p);  /* a file with data of such a type */

const char *role_name(enum role role);
bool role_from_name(const char *s, size_t len, enum role *role);
const char *part_kind_name(enum part_kind kind);
bool part_kind_from_name(const char *s, size_t len, enum part_kind *kind);

#endif
