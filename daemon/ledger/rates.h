/* What the user says that currencies are worth: the section [rates]. Nothing is fetched, and a currency that it does
 * not name is worth nothing that is known. */
#ifndef ASKD_LEDGER_RATES_H
#define ASKD_LEDGER_RATES_H

#include "daemon/core/config.h"

extern const struct config_room rates_room;

struct rates; /* immutable; owned by whoever loaded it */

/* A value that is no amount above 0 of another currency is an error with file and line. */
enum error_code rates_load(const struct config *c, struct rates **ret, struct error *err);
struct rates *rates_free(struct rates *r); /* always returns NULL */

/* Billionths of one currency, 0 or more, to those of another, rounded up; what does not fit is INT64_MAX. By the rate
 * between the two, given for either, else by their rates to the US dollar. False where there are none, unless the two
 * are the same. */
bool rates_convert(const struct rates *r, int64_t nano, const char *from, const char *to, int64_t *ret);

#endif
