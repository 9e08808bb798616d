/* What the APIs take of pictures, sound and files, and how much: a table with a row for each API, or dialect where they
 * differ. What nobody tells is not in it. Pure. */
#ifndef ASKD_PROVIDER_MEDIA_H
#define ASKD_PROVIDER_MEDIA_H

#include "daemon/provider/provider.h"

/* The part has data or, with by_url, goes by its address alone. A text file goes as text, to everybody. */
bool media_takes(const struct provider_target *t, const struct provider_ops *ops, const struct part *p, bool by_url);

/* The question within what is told of sizes and numbers; ERR_TOO_LARGE names the limit. */
enum error_code media_check(const struct provider_target *t, const struct provider_ops *ops,
                            const struct chat_request *r, struct error *err);

bool media_has_text_file(const struct chat_request *r);

/* r as it is told to a model: with text files in place as texts, each under its name and between marks that do not
 * occur in it. Borrows all else from r; media_told_free takes away what it made. ERR_TOO_LARGE over max bytes. */
struct chat_request *media_told(const struct chat_request *r, size_t max, struct error *err);
struct chat_request *media_told_free(struct chat_request *told, const struct chat_request *r); /* returns NULL */

#endif
