/* What the head of a response tells of rate limits, in each provider's own way. Pure.
 *
 * A header's name is a stem ("x-ratelimit", "anthropic-ratelimit") and words: what it tells (limit, remaining, reset),
 * of what (requests, tokens), over what span (minute, day). A name with any other word in it is of something that is
 * not counted here, such as images, and is ignored; so is a value that does not mean what its name says. */
#ifndef ASKD_PROVIDER_RATE_LIMITS_H
#define ASKD_PROVIDER_RATE_LIMITS_H

#include "lib/base/exchange.h"
#include "lib/chat/limit.h"

#define LIMITS_MAX 8 /* rows of one head; further ones are ignored */

/* Fills at most max rows, each with limit or remaining, and returns how many. now_us: since 1970; where the head's date
 * says that our clock is wrong, times in it are read by its own. What a provider rounds is taken at the end that is
 * safe for us: remaining is no more than it has, and a reset told in whole seconds is a second later. */
size_t rate_limits_read(const struct response_head *head, int64_t now_us, struct limit *ret, size_t max);

#endif
