/* Errors that stand in a JSON body, for parsers; provider_map_error in provider.h is the one for a whole HTTP answer.
 */
#ifndef ASKD_PROVIDER_ERROR_MAP_H
#define ASKD_PROVIDER_ERROR_MAP_H

#include "lib/base/error.h"
#include <jansson.h>

/* An error inside a 200: by its own number, code or type, else ERR_BAD_RESPONSE. Never ERR_NONE. */
enum error_code error_map_inside(const json_t *root, struct error *err);

#endif
