/* An entry of the conversations.json that ChatGPT exports: a tree of nodes (`mapping`), some with a message, and the
 * node where its user was last (`current_node`).
 *
 * What nobody saw is left out: empty and hidden messages, and nodes without one; what follows them follows what they
 * followed. Instructions that the user gave for every chat become the conversation's system. What a tool was sent and
 * what it said becomes text in a fence, so that the conversation can go on with any model; pictures and files, which
 * the export names but does not hold, become a line that names them. */
#ifndef ASKD_ARCHIVE_CHATGPT_H
#define ASKD_ARCHIVE_CHATGPT_H

#include "daemon/archive/conversation.h"
#include "lib/base/error.h"
#include <jansson.h>

/* ERR_INVALID_REQUEST: it is none, or damaged; the reason. */
enum error_code archive_read_chatgpt(const json_t *j, struct archive_conversation **ret, struct error *err);

/* A string of an object, borrowed; "" where there is none. */
const char *chatgpt_str(const json_t *j, const char *key);

/* The text of a message's content; false where its type says that it is none of the dialogue's (thoughts, and the
 * like). */
bool chatgpt_content(const json_t *content, struct buf *out);

#endif
