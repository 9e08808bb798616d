/* HTTP transfers on the loop: curl multi over uv polls and a timer. Knows bytes and hosts, no models.
 *
 * Connections are kept per pool and reused, and a new one goes on with the host's last TLS session; HTTP/2 is used over
 * TLS (several transfers share a connection there), HTTP/1.1 in cleartext. libcurl is set up at the first transfer, not
 * before. Redirects are not followed. A body is decoded (gzip, …) here. What is not a GET is sent once, whatever
 * happens to it. The process must ignore SIGPIPE: writing through TLS raises it.
 *
 * Words: a *transfer* is one exchange under way. It is open until on_end was called or http_cancel was, then it is
 * gone; nothing is called for it afterwards. No callback runs inside http_start. Inside a callback http_cancel may be
 * called, on any transfer. */
#ifndef ASKD_HTTP_POOL_H
#define ASKD_HTTP_POOL_H

#include "lib/base/error.h"
#include "lib/base/exchange.h"
#include <stdbool.h>
#include <uv.h>

struct http_pool;
struct http_transfer;

/* Whose address it is. A stranger's comes with a question: no proxy of the environment is told of it, no name and
 * password may stand in it, and it gets a connection of its own, which is not kept. */
enum http_reach {
    HTTP_CONFIGURED,
    HTTP_STRANGER,       /* leads wherever it leads */
    HTTP_STRANGER_PUBLIC /* the address that is connected to has to be public (address.h): ERR_PERMISSION_DENIED */
};

struct http_options {        /* of one transfer; strings borrowed for the call of http_start */
    const char *proxy;       /* NULL: by the usual environment variables */
    const char *ca_file;     /* NULL: the system's */
    long timeout_connect_ms; /* DNS, TCP and TLS together */
    bool fresh;              /* over a new connection */
    enum http_reach reach;
};

struct http_callbacks {
    /* Once, before the first byte of body. */
    void (*on_head)(void *data, const struct response_head *head);
    void (*on_body)(void *data, const uint8_t *bytes, size_t len);
    /* Once. ERR_NONE: the body ended as HTTP says it should. ERR_UNAVAILABLE (DNS, connect, TLS, reset, cut short),
     * ERR_TIMEOUT (connect), ERR_BAD_RESPONSE (not HTTP, bad encoding). err is NULL for ERR_NONE. */
    void (*on_end)(void *data, enum error_code code, const struct error *err);
};

struct http_stats {
    unsigned active;                            /* transfers under way */
    unsigned long long started, reused, opened; /* transfers; connections reused and opened */
    unsigned long long handshakes, resumed;     /* of TLS; those of them that went on with an earlier session */
    unsigned long long http1, http2;            /* responses, by what they came over */
    unsigned long long warmed;                  /* of the transfers, those of http_warm */
};

struct http_host_stats {
    const char *protocol; /* of the last response, "http/1.1" or "http/2"; NULL: none yet */
    unsigned long long reused, opened;
};

/* What the wire did for one transfer, as far as it has come. Where there are several connections, the last one. */
struct http_wire {
    const char *http;     /* "http/1.1", "http/2"; NULL: no response yet. Static, as is: */
    const char *tls;      /* "TLSv1.3"; NULL: cleartext, or none yet */
    char address[56];     /* IP:PORT that it went to, [IP]:PORT of IPv6; that of a proxy where there is one; "" */
    bool reused;          /* it went over a connection that was there; then these are -1: */
    int64_t connect_us;   /* from its start: DNS and TCP, and a proxy's leave; -1: it has not come so far */
    int64_t handshake_us; /* of TLS alone; -1: cleartext, or not so far */
};

struct http_pool *http_pool_new(uv_loop_t *loop, const char *user_agent);
/* Cancels what runs, closes its handles. closed is called once the last one is; then the pool is freed. */
void http_pool_close(struct http_pool *pool, void (*closed)(void *data), void *data);

/* Takes over the exchange's contents (*x is empty afterwards, also on failure). cb is copied. ERR_INVALID_REQUEST for a
 * URL that is none, ERR_PERMISSION_DENIED for another scheme than http and https. */
enum error_code http_start(struct http_pool *pool, struct exchange *x, const struct http_options *opt,
                           const struct http_callbacks *cb, void *data, struct http_transfer **ret, struct error *err);

/* Opens a connection to url's host ahead, so that the next transfer finds it: one that an earlier transfer may use
 * again has to have carried a request, so a HEAD of the URL without key or headers is sent. Any answer to it will do.
 *
 * Nothing happens in cleartext, where little would be gained, nor where the host has a transfer or a connection, or had
 * one a moment ago: so it may be called as often as one likes. failed (NULL: nobody) is told where it came to nothing;
 * nothing is tried again. opt->fresh is not looked at. */
void http_warm(struct http_pool *pool, const char *url, const struct http_options *opt,
               void (*failed)(const struct error *err));

/* Never waits, for a name resolution under way neither. */
void http_cancel(struct http_transfer *t);

/* From http_start until on_end returns. */
void http_look(const struct http_transfer *t, struct http_wire *ret);

void http_pool_stats(const struct http_pool *pool, struct http_stats *ret);
/* Of url's host; nothing where it is not known. */
void http_host_stats(const struct http_pool *pool, const char *url, struct http_host_stats *ret);

#endif
