/* The pieces of the openai-chat adapter, which openai_chat.c puts into its row. See provider.h for what each does. */
#ifndef ASKD_PROVIDER_OPENAI_CHAT_H
#define ASKD_PROVIDER_OPENAI_CHAT_H

#include "daemon/provider/provider.h"

extern const struct provider_ops openai_chat_ops;

enum error_code openai_chat_build(const struct provider_target *t, const struct chat_request *r, struct exchange *x,
                                  struct error *err);

/* Address, credentials and the headers of the configuration; path begins with a slash. */
enum error_code openai_chat_address(const struct provider_target *t, const char *method, const char *path,
                                    struct exchange *x, struct error *err);

struct provider_parser *openai_chat_parser_new(const struct provider_target *t, const struct response_head *head,
                                               event_sink sink, void *data);
enum error_code openai_chat_feed(struct provider_parser *p, const uint8_t *bytes, size_t len, struct error *err);
enum error_code openai_chat_finish(struct provider_parser *p, bool clean, struct error *err);
bool openai_chat_done(const struct provider_parser *p);
void openai_chat_parser_free(struct provider_parser *p);

#endif
