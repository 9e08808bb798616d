#include "lib/base/exchange.h"
#include "lib/base/alloc.h"
#include "lib/base/secret.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void exchange_init(struct exchange *x, size_t max_body)
{
    memset(x, 0, sizeof(*x));
    buf_init(&x->body, max_body);
}

void exchange_done(struct exchange *x)
{
    for (unsigned i = 0; i < x->n_headers; i++) {
        struct exchange_header *h = &x->headers[i];
        free(h->name);
        free(h->value);
        secret_unref(h->secret);
    }
    free(x->url);
    buf_done(&x->body);
    exchange_init(x, x->body.max);
}

/* Whether the bytes stay within the one line of their header. */
static bool one_line(const char *s, size_t len)
{
    return !memchr(s, '\r', len) && !memchr(s, '\n', len) && !memchr(s, '\0', len);
}

static bool add(struct exchange *x, const char *name, const char *value, struct secret *secret)
{
    if (x->n_headers == EXCHANGE_HEADERS_MAX || !one_line(name, strlen(name)) || !one_line(value, strlen(value)))
        return false;
    if (secret && !one_line(secret_reveal(secret), secret_len(secret)))
        return false;
    x->headers[x->n_headers++] = (struct exchange_header){
        .name = xstrdup(name),
        .value = xstrdup(value),
        .secret = secret_ref(secret),
    };
    return true;
}

bool exchange_header(struct exchange *x, const char *name, const char *value)
{
    return add(x, name, value, NULL);
}

bool exchange_secret_header(struct exchange *x, const char *name, const char *prefix, struct secret *secret)
{
    return add(x, name, prefix, secret);
}

bool exchange_header_is_secret(const char *line)
{
    static const char *const words[] = {"auth", "key", "token", "secret", "password", "cookie", NULL};
    char name[64];
    size_t len = strcspn(line, ":");
    for (size_t i = 0; i < sizeof name; i++)
        name[i] = i < len && i < sizeof name - 1 ? (char)tolower((unsigned char)line[i]) : '\0';
    for (size_t i = 0; words[i]; i++)
        if (strstr(name, words[i]))
            return true;
    return false;
}
