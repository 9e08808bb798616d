/* Where a Redis is and who asks it, out of the URL of the configuration. Pure.
 *
 *     redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]
 *     unix://[[USER]:PASSWORD@]/PATH[?db=DB]      redis+unix:// is the same
 *     /PATH
 *
 * USER, PASSWORD and PATH of a URL may be percent-encoded, and must be where they have a `%`, `@`, `/` or `?` that
 * means itself (a PATH: `%` and `?`). A bare path is taken as it stands. */
#ifndef ASKD_CACHE_REDIS_URL_H
#define ASKD_CACHE_REDIS_URL_H

#include "lib/base/error.h"
#include "lib/base/secret.h"

struct redis_url {
    char *path; /* of a socket; NULL: over TCP */
    char *host; /* a name or an address, without brackets */
    char port[6];
    char *user;              /* NULL: Redis's default user */
    struct secret *password; /* NULL: none */
    int db;
};

/* ERR_INVALID_REQUEST, with nothing in *ret. No message quotes the text: it may hold a password. */
enum error_code redis_url_parse(struct redis_url *ret, const char *text, struct error *err);
void redis_url_done(struct redis_url *u);

/* For a log: where it is, and no more. */
void redis_url_place(const struct redis_url *u, char *buf, size_t n);

#endif
