/* Allocation of small objects of a size that the program chooses. These abort on failure: a daemon that cannot get 200
 * bytes cannot tell anybody either. Never use them for a size that a peer or a provider decides; that is what buf.h is
 * for. Not used by lib/ask, which runs in other people's programs. */
#ifndef ASKD_BASE_ALLOC_H
#define ASKD_BASE_ALLOC_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *ptr, size_t size);
char *xstrdup(const char *s); /* NULL gives NULL */
char *xstrndup(const char *s, size_t len);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define NEW(type) ((type *)xcalloc(1, sizeof(type)))

#endif
