/* One exchange whose whole answer is wanted at once: a provider's list of models, a key to be tried, what a question's
 * address leads to. The body has a bound and the whole has its time.
 *
 * A fetch that has told its end, or was cancelled, is gone. */
#ifndef ASKD_ENGINE_FETCH_H
#define ASKD_ENGINE_FETCH_H

#include "daemon/engine/providers.h"
#include "daemon/http/pool.h"
#include "daemon/key/key.h"

struct fetch;

struct fetch_options {
    const char *who; /* for messages; borrowed for the call */
    struct http_options http;
    int64_t timeout_ms;
    size_t max_body;  /* bytes */
    const char *what; /* static, for messages: "its models" */
};

struct fetch_reply {
    struct response_head head; /* its location is borrowed for the call; likewise: */
    const uint8_t *body;
    size_t len;
};

/* Once: what came, whatever its status, or reply NULL and the reason (of the transfer, ERR_TIMEOUT, ERR_TOO_LARGE). */
typedef void fetch_got(void *data, const struct fetch_reply *reply, const struct error *err);

/* Until got returns. */
void fetch_look(const struct fetch *f, struct http_wire *ret);

/* How a provider is reached: its proxy, certificates and so on. */
struct http_options fetch_reach(const struct provider *p);

/* Takes over the exchange's contents. Nothing is called before it returns; NULL with *err: nothing will be. */
struct fetch *fetch_start(uv_loop_t *loop, struct http_pool *pool, struct exchange *x, const struct fetch_options *opt,
                          fetch_got *got, void *data, struct error *err);
/* Always returns NULL; NULL is fine. */
struct fetch *fetch_cancel(struct fetch *f);

/* The list of the provider's models, asked for with that key. page: NULL for the first. */
struct fetch *fetch_models(uv_loop_t *loop, struct http_pool *pool, const struct provider *p, const struct key_use *key,
                           const char *page, fetch_got *got, void *data, struct error *err);
/* Its first page, over a connection of its own, which tells how the provider is reached now. */
struct fetch *fetch_models_anew(uv_loop_t *loop, struct http_pool *pool, const struct provider *p,
                                const struct key_use *key, fetch_got *got, void *data, struct error *err);
/* Calls each for every model of the answer; *next (may be NULL): as provider_read_list tells. What the provider refuses
 * is told as for a question; of a key that was refused the message says where it came from, and its keys hear of it. */
enum error_code fetch_read_models(const struct provider *p, const struct key_use *key, const struct fetch_reply *reply,
                                  void (*each)(void *data, const struct listed *l), void *data, char **next,
                                  struct error *err);

#endif
