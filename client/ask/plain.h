/* What ask prints about an answer when it is complete. */
#ifndef CLIENT_ASK_PLAIN_H
#define CLIENT_ASK_PLAIN_H

#include "client/common/out.h"
#include <msgpack.h>

/* The line of --stats, to stderr: model, provider, tokens, times and conversation, those that are known. */
void plain_stats(const msgpack_object *answer);

#endif
