/* Inside of http/: what is known of a host that was asked: how often and when, how it spoke, and which sockets to it
 * are open. curl keeps idle connections without telling of them, so their sockets are noted when curl opens and closes
 * them.
 *
 * A host outlives its transfers and sockets, up to a bound: then the one that has been known longest and has neither is
 * forgotten. */
#ifndef ASKD_HTTP_HOST_H
#define ASKD_HTTP_HOST_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uthash.h>

struct error;
struct http_transfer;
TAILQ_HEAD(transfer_list, http_transfer);

#define KEEP_IDLE_S 600L /* how long a connection may be idle and still be used again */
#define HOSTS_MAX 256u   /* known at once, but for those that have transfers or sockets */

struct host_socket;

struct http_host {
    char *key;        /* scheme://host:port, lower case; owned */
    const char *name; /* host:port, in key */
    unsigned active;  /* transfers ready, running or doomed */
    unsigned n_waiting;
    struct transfer_list waiting;                 /* in order of arrival */
    int64_t used_us;                              /* monotonic: when a transfer last began or ended; 0: none has */
    long version;                                 /* CURL_HTTP_VERSION_… of its last response, 0: none yet */
    unsigned long long opened, reused;            /* connections */
    void (*warm_failed)(const struct error *err); /* of the last http_warm; may be NULL */
    LIST_HEAD(, host_socket) sockets;
    UT_hash_handle hh;
};

/* The host with that key, which it takes over; a new one where it is not known. Never NULL. */
struct http_host *host_get(struct http_host **hosts, char *key);
void hosts_free(struct http_host **hosts); /* with no transfer left, and after curl closed its connections */

/* Has curl tell of the sockets that easy opens. The host outlives them. */
CURLcode host_watch_sockets(struct http_host *host, CURL *easy);

/* A connection is worth opening ahead: none is there, and none was a moment ago. */
bool host_is_cold(const struct http_host *host, int64_t now_us);

#endif
