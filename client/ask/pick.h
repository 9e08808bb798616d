/* Which of several answers a conversation goes on from. */
#ifndef CLIENT_ASK_PICK_H
#define CLIENT_ASK_PICK_H

#include "client/ask/asking.h"
#include "client/ask/models.h"

/* Asks at the terminal for one of the answers that are done and in a conversation, and makes it the conversation's
 * head. models: whose they are, in the same order. The exit status; choosing none is fine. */
int pick_run(const struct asking *a, const struct models *models, const msgpack_object_array *answers);

#endif
