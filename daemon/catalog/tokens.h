/* How many tokens a text is, estimated: no model's own vocabulary is at hand. A model belongs to a family of tokenizers
 * and each family has its coefficients, fitted to vocabularies and to the usage that providers told for recorded
 * questions; doc/tokens.md states the error. Pure. */
#ifndef ASKD_CATALOG_TOKENS_H
#define ASKD_CATALOG_TOKENS_H

#include "lib/chat/request.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* family, name in models.ini */
#define TOKEN_FAMILY_MAP(X)                                                                                            \
    X(TOKENS_GENERIC, "generic")                                                                                       \
    X(TOKENS_CL100K, "cl100k")                                                                                         \
    X(TOKENS_O200K, "o200k")                                                                                           \
    X(TOKENS_CLAUDE, "claude")                                                                                         \
    X(TOKENS_GEMINI, "gemini")                                                                                         \
    X(TOKENS_DEEPSEEK, "deepseek")                                                                                     \
    X(TOKENS_QWEN, "qwen")                                                                                             \
    X(TOKENS_LLAMA, "llama")                                                                                           \
    X(TOKENS_MISTRAL, "mistral")                                                                                       \
    X(TOKENS_COHERE, "cohere")                                                                                         \
    X(TOKENS_GROK, "grok")

enum token_family {
#define X(code, name) code,
    TOKEN_FAMILY_MAP(X)
#undef X
        TOKEN_FAMILIES
};

const char *tokens_family_name(enum token_family f);
/* By what the model is called ("claude-…", "models/gemini-…", "meta-llama/…"); TOKENS_GENERIC where nothing tells. */
enum token_family tokens_family_of_model(const char *name);

int64_t tokens_of_text(enum token_family f, const char *text, size_t len);
/* All of a question as it is sent: messages with their parts, system, tools, schema. */
int64_t tokens_of_request(enum token_family f, const struct chat_request *r);

/* The same in pieces, in thousandths of a token: what stands around the messages, and each of them. */
#define TOKENS_MILLI 1000
int64_t tokens_milli_around(enum token_family f, const struct chat_request *r);
int64_t tokens_milli_of_message(enum token_family f, const struct message *m);

/* What no family's estimate goes beyond, had without looking at the text; INT64_MAX where that cannot be said so
 * cheaply. */
int64_t tokens_at_most(const struct chat_request *r);

#endif
