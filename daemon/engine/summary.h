/* A summary of what was said: what a model is told to make one, and how much of it. Pure. */
#ifndef ASKD_ENGINE_SUMMARY_H
#define ASKD_ENGINE_SUMMARY_H

#include "lib/base/buf.h"
#include "lib/chat/request.h"

#define SUMMARY_TOKENS 2000      /* of it, and of what is thought before */
#define SUMMARY_MAX (32 << 10)   /* bytes of one that is kept */
#define SUMMARY_OF_MAX (8 << 20) /* bytes of what it is made of */
extern const char summary_system[];

/* Puts the messages from number `from` to before `to` as text, behind the summary (NULL: none) of those before them. */
void summary_put(struct buf *out, const struct chat_request *req, size_t from, size_t to, const char *before);

#endif
