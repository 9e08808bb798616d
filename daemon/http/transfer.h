/* Inside of http/: what one transfer is made of. pool.c moves it from state to state, transfer.c prepares its curl
 * handle, reads its head and says what went wrong. */
#ifndef ASKD_HTTP_TRANSFER_H
#define ASKD_HTTP_TRANSFER_H

#include "daemon/http/address.h"
#include "daemon/http/host.h"
#include "daemon/http/pool.h"
#include <sys/queue.h>

enum transfer_state {
    TRANSFER_NONE,    /* in no list: not begun, or over */
    TRANSFER_READY,   /* begun; curl gets it as soon as curl is not on the stack */
    TRANSFER_RUNNING, /* curl has it */
    TRANSFER_DOOMED,  /* cancelled while curl was on the stack, taken from curl when that returns */
};

TAILQ_HEAD(transfer_list, http_transfer);

struct http_transfer {
    TAILQ_ENTRY(http_transfer) link;
    enum transfer_state state;
    struct http_pool *pool;
    struct http_host *host;
    struct exchange x; /* owned; curl sends the body from here */
    bool warm;         /* it is only to open a connection */
    struct http_callbacks cb;
    void *data;
    long timeout_connect_ms;

    CURL *easy;
    CURLU *address;             /* x.url, taken apart; curl reads it until it gives the handle back */
    struct curl_slist *headers; /* holds the key: wiped when freed */
    struct response_head head;
    bool retry_after_exact; /* the head had a retry-after-ms, which says it better than Retry-After */
    bool head_done;
    bool sent;                    /* the request has been on its way once */
    long connects;                /* connections opened for it that have been looked at */
    unsigned handshakes, resumed; /* of TLS, as in http_stats */
    const char *tls;              /* the version; static, NULL if none */
    struct http_wire wire;        /* once curl has given the handle back */
    char *location;               /* the head's, as it came; NULL if none */
    char closed_to[ADDRESS_TEXT]; /* an address that it led to and may not, "" if none */
    char detail[CURL_ERROR_SIZE];
};

/* Takes the URL apart. *ret_key is malloc'd: scheme://host:port in lower case. ret: the caller's, for
 * curl_url_cleanup; may be NULL. */
enum error_code transfer_parse_url(const char *url, CURLU **ret, char **ret_key, struct error *err);

/* What the transfers of a pool have in common. */
struct transfer_room {
    char *user_agent;
    bool has_ca_file; /* curl comes with a file of certificates */
    CURLSH *sessions; /* of TLS. On one thread, so without locks */
    struct hosts hosts;
};

/* Sets every option of t->easy, which is new or reset; t->host and t->x are set. */
enum error_code transfer_prepare(struct http_transfer *t, const struct http_options *opt, struct transfer_room *room,
                                 struct error *err);

/* What curl tells of its connection; it has the handle. */
void transfer_look(const struct http_transfer *t, struct http_wire *ret);

/* Wipes and frees the header list. curl must not hold it any more. */
void transfer_wipe(struct http_transfer *t);

/* What on_end gets for curl's result; fills *err unless it is ERR_NONE. */
enum error_code transfer_outcome(const struct http_transfer *t, CURLcode rc, struct error *err);

#endif
