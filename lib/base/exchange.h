/* An HTTP request and a response's head as values, so that provider/ (which builds and reads them) and http/ (which
 * carries them) meet without including each other. */
#ifndef ASKD_BASE_EXCHANGE_H
#define ASKD_BASE_EXCHANGE_H

#include "lib/base/buf.h"

struct secret;

#define EXCHANGE_HEADERS_MAX 32

struct exchange_header {
    char *name;            /* owned */
    char *value;           /* owned; for a secret header what stands before the key, such as "Bearer " */
    struct secret *secret; /* owned reference, NULL for a plain header */
};

struct exchange {
    const char *method; /* static: "GET", "POST" */
    char *url;          /* owned; never holds a key */
    struct exchange_header headers[EXCHANGE_HEADERS_MAX];
    unsigned n_headers;
    struct buf body;
};

#define RATE_HEADERS_MAX 16

/* What a head says of a rate limit, as it was sent: provider/rate_limits reads it. */
struct rate_header {
    char name[48]; /* lower case */
    char value[64];
};

struct response_head {
    int status;
    char content_type[128]; /* lower case, without parameters, "" if none */
    double retry_after;     /* seconds, from retry-after-ms or Retry-After (seconds or HTTP date); negative if none */
    int should_retry;       /* x-should-retry: 1 true, 0 false, -1 absent */
    char request_id[128];   /* x-request-id or request-id, "" if none */
    const char *location;   /* Location, as it came; NULL if none. Lives as long as the call that tells the head */
    int64_t date_us;        /* Date, since 1970; 0 if none */
    struct rate_header rate[RATE_HEADERS_MAX]; /* in their order; what does not fit is left out */
    unsigned n_rate;
};

void exchange_init(struct exchange *x, size_t max_body);
void exchange_done(struct exchange *x); /* wipes and frees; works on a half-built one */

/* Copies name and value. False over EXCHANGE_HEADERS_MAX or where a CR, LF or NUL is inside. */
bool exchange_header(struct exchange *x, const char *name, const char *value);
/* prefix + secret is the value; takes a reference of its own. */
bool exchange_secret_header(struct exchange *x, const char *name, const char *prefix, struct secret *secret);

/* "Name: value", and the name is one under which keys are sent ("Authorization", "X-Api-Key", "Cookie"). */
bool exchange_header_is_secret(const char *line);

#endif
