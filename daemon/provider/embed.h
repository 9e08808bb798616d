/* Vectors of texts: how an API is asked for them, and where they stand in its answer. A form is a table with the few
 * lines that write a body; embed.c asks by it, vectors.c reads by it. Where there are two paths, the first that holds
 * something counts. */
#ifndef ASKD_PROVIDER_EMBED_H
#define ASKD_PROVIDER_EMBED_H

#include "daemon/provider/jsonx.h"
#include "daemon/provider/openai_dialects.h"
#include "daemon/provider/provider.h"

struct embed_form {
    const char *path; /* NULL: put_path writes it */
    void (*put_path)(const struct provider_target *t, const struct openai_dialect *d, struct buf *path);
    /* The body; texts is a list of strings, taken. NULL for what has no form in JSON. */
    json_t *(*body)(const struct provider_target *t, const struct openai_dialect *d, json_t *texts);
    const char *list[2];     /* of the vectors, in the answer */
    const char *vector[2];   /* in an element of the list; NULL: the element is one */
    const char *index;       /* whose text's it is; NULL: they come in the order of the texts */
    const char *tokens;      /* how many the texts were; NULL if it is not told */
    const char *each_tokens; /* likewise, in an element of the list */
};

/* In the manner of OpenAI; its form is that of openai-chat and openai-responses. */
extern const struct embed_form openai_embed, dashscope_embed, gemini_embed;

#endif
