/* What ask prints about an answer when it is complete. */
#ifndef CLIENT_ASK_PLAIN_H
#define CLIENT_ASK_PLAIN_H

#include <msgpack.h>
#include <stdbool.h>

/* A line on stderr for whoever looks on: how old an answer from the cache is. Nothing of any other. */
void plain_cached(const msgpack_object *answer);

/* The line of --stats, to stderr: model, provider, tokens, what it cost or saved, times, where it came from and
 * conversation, those that are known. */
void plain_stats(const msgpack_object *answer);

/* How fast an answer came, from its first token to its end. False where that is not known. */
bool plain_speed(const msgpack_object_map *usage, const msgpack_object_map *timing, double *tokens_per_second);

#endif
