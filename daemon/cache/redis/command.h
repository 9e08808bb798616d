/* Commands as Redis reads them, and what its replies say. Pure.
 *
 * A command is written into a buf of at most COMMAND_MAX bytes: command_begin with the number of its words, then each
 * of them. A failed buf is not sent. */
#ifndef ASKD_CACHE_REDIS_COMMAND_H
#define ASKD_CACHE_REDIS_COMMAND_H

#include "daemon/cache/redis/value.h"
#include "lib/base/buf.h"
#include <hiredis/hiredis.h>

#define COMMAND_MAX (VALUE_MAX + 4096)

void command_begin(struct buf *command, size_t words);
void command_word(struct buf *command, const void *word, size_t len);
void command_text(struct buf *command, const char *word);
void command_value(struct buf *command, const uint8_t mac[VALUE_MAC], struct item_bytes blob); /* one word */
void command_number(struct buf *command, int64_t number);

/* "OK" or such. */
bool reply_is_status(const redisReply *r, const char *status);
/* An array of n elements, of any number where n is 0. */
bool reply_is_array(const redisReply *r, size_t n);
/* A string of at most VALUE_MAX bytes. */
bool reply_is_string(const redisReply *r);

/* Why this is not what was asked for; static. Redis's own words are not repeated: it quotes what it was sent, and that
 * may be a password or an answer. */
const char *reply_refusal(const redisReply *r);
/* An error of no better name than ERR. */
bool reply_is_plain_error(const redisReply *r);

#endif
