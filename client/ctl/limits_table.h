/* What the rate limits of providers leave, as the headers of their responses told: a table (table.h) with a row for
 * each model and each thing that is counted. */
#ifndef CLIENT_CTL_LIMITS_TABLE_H
#define CLIENT_CTL_LIMITS_TABLE_H

#include "client/ctl/ctl.h"

/* providers: of the result of `status`. Nothing where no limit is known. The exit status; the output is flushed. */
int limits_table_print(struct ctl *c, const msgpack_object_array *providers);

#endif
