#include "daemon/http/host.h"

#include "lib/base/alloc.h"
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WARM_AGAIN_US 30000000 /* a host that keeps no connection, or does not answer, is let alone for that long */

struct host_socket {
    LIST_ENTRY(host_socket) link;
    curl_socket_t fd;
};

static void host_free(struct http_host **hosts, struct http_host *host)
{
    HASH_DEL(*hosts, host);
    free(host->key);
    free(host);
}

static void forget_one(struct http_host **hosts)
{
    struct http_host *host, *next;
    HASH_ITER(hh, *hosts, host, next)
    {
        if (!host->active && !host->n_waiting && LIST_EMPTY(&host->sockets)) {
            host_free(hosts, host);
            return;
        }
    }
}

struct http_host *host_get(struct http_host **hosts, char *key)
{
    struct http_host *host;
    HASH_FIND_STR(*hosts, key, host);
    if (host) {
        free(key);
        return host;
    }
    if (HASH_COUNT(*hosts) >= HOSTS_MAX)
        forget_one(hosts);
    host = NEW(struct http_host);
    host->key = key;
    host->name = strstr(key, "://") + 3;
    TAILQ_INIT(&host->waiting);
    LIST_INIT(&host->sockets);
    HASH_ADD_KEYPTR(hh, *hosts, host->key, strlen(host->key), host);
    return host;
}

void hosts_free(struct http_host **hosts)
{
    struct http_host *host, *next;
    HASH_ITER(hh, *hosts, host, next)
    host_free(hosts, host);
}

static curl_socket_t on_open(void *data, curlsocktype purpose, struct curl_sockaddr *at)
{
    (void)purpose;
    struct http_host *host = data;
    int fd = socket(at->family, at->socktype | SOCK_CLOEXEC, at->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    struct host_socket *s = NEW(struct host_socket);
    s->fd = fd;
    LIST_INSERT_HEAD(&host->sockets, s, link);
    return fd;
}

static int on_close(void *data, curl_socket_t fd)
{
    struct http_host *host = data;
    struct host_socket *s;
    LIST_FOREACH (s, &host->sockets, link) {
        if (s->fd == fd)
            break;
    }
    if (s)
        LIST_REMOVE(s, link);
    free(s);
    return close(fd);
}

CURLcode host_watch_sockets(struct http_host *host, CURL *easy)
{
    CURLcode rc = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    if (!rc)
        rc = curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, host);
    if (!rc)
        rc = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    if (!rc)
        rc = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, host);
    return rc;
}

/* Of the connections of a host without transfers: one is open, and nothing has come on it, as an end would have. */
static bool has_connection(const struct http_host *host)
{
    const struct host_socket *s;
    LIST_FOREACH (s, &host->sockets, link) {
        struct pollfd p = {.fd = s->fd, .events = POLLIN | POLLRDHUP};
        if (poll(&p, 1, 0) == 0)
            return true;
    }
    return false;
}

bool host_is_cold(const struct http_host *host, int64_t now_us)
{
    int64_t unused_us = now_us - host->used_us;
    if (host->active || host->n_waiting)
        return false;
    if (!host->used_us || unused_us >= KEEP_IDLE_S * 1000000)
        return true;
    return unused_us >= WARM_AGAIN_US && !has_connection(host);
}
