/* Which models are to be asked in words for what goes into a gap, though their API has a form for that: those whose
 * server refused it. Known until the configuration is read anew, with the provider itself. */
#ifndef ASKD_ENGINE_GAP_WORDS_H
#define ASKD_ENGINE_GAP_WORDS_H

#include "daemon/engine/providers.h"

#define GAP_WORDS_MAX 64 /* models of a provider; of more the oldest are tried anew */

bool gap_words_for(const struct provider *p, const char *model);
void gap_words_add(struct provider *p, const char *model);

#endif
