/* A string that must not get out: API keys. Its memory is a mapping of its own, locked where the system allows, left
 * out of core dumps, and wiped when the last reference goes. There is deliberately no way to print one.
 *
 * References may be taken and given back by any thread, since configuration is read beside the loop. */
#ifndef ASKD_BASE_SECRET_H
#define ASKD_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct secret;

/* Copies len bytes (at most 64 KiB, else NULL). The caller still has to wipe its own copy: secret_wipe. */
struct secret *secret_new(const char *bytes, size_t len);
struct secret *secret_ref(struct secret *s);   /* NULL gives NULL */
struct secret *secret_unref(struct secret *s); /* always returns NULL */

const char *secret_reveal(const struct secret *s); /* NUL-terminated; for the door that it opens, nothing else */
size_t secret_len(const struct secret *s);

void secret_wipe(void *p, size_t len); /* a memset that is not optimized away */

#endif
