/* Texts that are to become vectors: what `embed` was asked, as a value. */
#ifndef ASKD_CHAT_EMBED_H
#define ASKD_CHAT_EMBED_H

#include <stddef.h>

struct embed_request { /* owns what it points to */
    char *model;       /* as the client named it, NULL: not told */
    char **input;      /* the texts, each with a NUL behind it */
    size_t *input_len; /* bytes of each */
    size_t n_input;
};

struct embed_request *embed_request_new(void);
struct embed_request *embed_request_free(struct embed_request *r);             /* always returns NULL */
void embed_request_add(struct embed_request *r, const char *text, size_t len); /* copies it */

#endif
