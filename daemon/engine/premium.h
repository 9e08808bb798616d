/* What a question takes of a subscription that counts premium requests. Pure. */
#ifndef ASKD_ENGINE_PREMIUM_H
#define ASKD_ENGINE_PREMIUM_H

#include "daemon/catalog/catalog.h"
#include "lib/chat/request.h"

/* What a prompt counts for at PREMIUM_KIND where no row tells. */
#define PREMIUM_USUAL_NANO INT64_C(1000000000)

/* In billionths of a premium request, by the rows of models.ini: a user's prompt counts, a turn that goes on after a
 * tool's result or the model's own words does not. 0 at providers that have no rows. */
int64_t premium_of(const struct facts *f, const struct chat_request *q, int64_t now_us);

#endif
