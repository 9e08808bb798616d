/* What people are told of the cache's figures, out of the maps of cache.stats and of status. */
#ifndef CLIENT_CTL_CACHE_TEXT_H
#define CLIENT_CTL_CACHE_TEXT_H

#include <msgpack.h>
#include <stdbool.h>

enum { CACHE_TEXT_SIZE = 256 };

/* How many questions it answered: "41 of 120 questions (34 %)". False where there was none. */
bool cache_rate_text(char out[CACHE_TEXT_SIZE], const msgpack_object_map *cache);

/* The money that was saved: "0.42 USD, 1.10 CNY". False where none is known of. */
bool cache_saved_text(char out[CACHE_TEXT_SIZE], const msgpack_object_map *cache);

#endif
