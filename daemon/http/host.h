/* Inside of http/: what is known of the hosts that were asked: how often and when, how they spoke, and which
 * connections to them are kept. curl tells nothing of the latter, so they are noted when a transfer leaves one behind,
 * and forgotten when curl closes it.
 *
 * A host outlives its transfers and connections, up to a bound: then the one that has been known longest and has
 * neither is forgotten. */
#ifndef ASKD_HTTP_HOST_H
#define ASKD_HTTP_HOST_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

struct error;

#define KEEP_IDLE_S 600L /* how long a connection may be idle and still be used again */
#define HOSTS_MAX 256u   /* known at once, but for those that have transfers or connections */

struct kept_connection;

struct http_host {
    char *key;                                    /* scheme://host:port, lower case; owned */
    const char *name;                             /* host:port, in key */
    unsigned active;                              /* transfers ready, running or doomed */
    unsigned kept;                                /* connections */
    int64_t used_us;                              /* monotonic: when a transfer last began or ended; 0: none has */
    long version;                                 /* CURL_HTTP_VERSION_… of its last response, 0: none yet */
    unsigned long long opened, reused;            /* connections */
    void (*warm_failed)(const struct error *err); /* of the last http_warm; may be NULL */
    UT_hash_handle hh;
};

struct hosts { /* zeroed: none */
    struct http_host *by_key;
    struct kept_connection *kept; /* by socket */
};
void hosts_done(struct hosts *hosts); /* with no transfer left, and after curl closed its connections */

/* The host with that key, which it takes over; a new one where it is not known. Never NULL. */
struct http_host *host_get(struct hosts *hosts, char *key);
struct http_host *host_find(const struct hosts *hosts, const char *key); /* NULL: not known */

/* "http/1.1", "http/2", by curl's number; NULL for 0. Static. */
const char *host_protocol(long version);

/* Has curl tell of the sockets that it closes for easy. */
CURLcode host_watch(struct hosts *hosts, CURL *easy);
/* A transfer has ended and left this connection open. */
void host_keep(struct hosts *hosts, struct http_host *host, curl_socket_t fd);

/* A connection is worth opening ahead: none is there, and none was a moment ago. */
bool host_is_cold(const struct hosts *hosts, const struct http_host *host, int64_t now_us);

#endif
