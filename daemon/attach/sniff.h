/* What kind of data some bytes are, by libmagic. The library is loaded at the first question and its database for as
 * long as one job asks: a daemon that is given no attachments has neither in memory. Off the loop only. */
#ifndef ASKD_ATTACH_SNIFF_H
#define ASKD_ATTACH_SNIFF_H

#include "lib/base/error.h"
#include <stddef.h>

struct sniff;

#define SNIFF_NAME_MAX 128

/* NULL where libmagic or its database cannot be had, with the reason. */
struct sniff *sniff_new(struct error *err);
struct sniff *sniff_free(struct sniff *m); /* always returns NULL; NULL is fine */

/* "image/png" in mime, and for text its character set, "iso-8859-1", in charset ("binary" for what is no text).
 * ERR_INTERNAL where the library fails. */
enum error_code sniff_name(struct sniff *m, const void *data, size_t len, char mime[SNIFF_NAME_MAX],
                           char charset[SNIFF_NAME_MAX], struct error *err);

#endif
