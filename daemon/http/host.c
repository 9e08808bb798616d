#include "daemon/http/host.h"

#include "lib/base/alloc.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WARM_AGAIN_US 30000000 /* a host that keeps no connection, or does not answer, is let alone for that long */
#define UNHEARD_MS 30000       /* what goes out on a kept connection has to be acknowledged within that */

struct kept_connection {
    int fd;
    struct http_host *host;
    UT_hash_handle hh;
};

static void host_free(struct hosts *hosts, struct http_host *host)
{
    HASH_DEL(hosts->by_key, host);
    free(host->key);
    free(host);
}

static void forget_one(struct hosts *hosts)
{
    struct http_host *host, *next;
    HASH_ITER(hh, hosts->by_key, host, next)
    {
        if (!host->active && !host->kept) {
            host_free(hosts, host);
            return;
        }
    }
}

struct http_host *host_find(const struct hosts *hosts, const char *key)
{
    struct http_host *host;
    HASH_FIND_STR(hosts->by_key, key, host);
    return host;
}

struct http_host *host_get(struct hosts *hosts, char *key)
{
    struct http_host *host = host_find(hosts, key);
    if (host) {
        free(key);
        return host;
    }
    if (HASH_COUNT(hosts->by_key) >= HOSTS_MAX)
        forget_one(hosts);
    host = NEW(struct http_host);
    host->key = key;
    host->name = strstr(key, "://") + 3;
    HASH_ADD_KEYPTR(hh, hosts->by_key, host->key, strlen(host->key), host);
    return host;
}

static void forget_connection(struct hosts *hosts, int fd)
{
    struct kept_connection *c;
    HASH_FIND_INT(hosts->kept, &fd, c);
    if (!c)
        return;
    c->host->kept--;
    HASH_DEL(hosts->kept, c);
    free(c);
}

void hosts_done(struct hosts *hosts)
{
    struct http_host *host, *next;
    while (hosts->kept)
        forget_connection(hosts, hosts->kept->fd);
    HASH_ITER(hh, hosts->by_key, host, next)
    host_free(hosts, host);
}

/* As curl would, but that no child of ours gets it. */
static curl_socket_t on_open(void *data, curlsocktype purpose, struct curl_sockaddr *at)
{
    (void)data, (void)purpose;
    return socket(at->family, at->socktype | SOCK_CLOEXEC, at->protocol);
}

static int on_close(void *data, curl_socket_t fd)
{
    forget_connection(data, fd);
    return close(fd);
}

const char *host_protocol(long version)
{
    if (version == 0)
        return NULL;
    return version == CURL_HTTP_VERSION_2_0 ? "http/2" : "http/1.1";
}

CURLcode host_watch(struct hosts *hosts, CURL *easy)
{
    CURLcode rc = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    if (!rc)
        rc = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    if (!rc)
        rc = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, hosts);
    return rc;
}

/* A network that went away, as with a laptop that slept, says nothing. A question on such a connection would wait for
 * as long as an answer may take. */
static void bound_silence(int fd)
{
    unsigned ms = UNHEARD_MS;
    if (setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms)) < 0)
        return; /* then it is as it would be without */
}

void host_keep(struct hosts *hosts, struct http_host *host, curl_socket_t fd)
{
    struct kept_connection *c;
    HASH_FIND_INT(hosts->kept, &fd, c);
    if (c)
        return;
    c = NEW(struct kept_connection);
    c->fd = fd;
    c->host = host;
    host->kept++;
    HASH_ADD_INT(hosts->kept, fd, c);
    bound_silence(fd);
}

/* Of the connections of a host without transfers: nothing has come on it, as an end would have. */
static bool is_quiet(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN | POLLRDHUP};
    return poll(&p, 1, 0) == 0;
}

static bool has_connection(const struct hosts *hosts, const struct http_host *host)
{
    for (const struct kept_connection *c = hosts->kept; c && host->kept; c = c->hh.next)
        if (c->host == host && is_quiet(c->fd))
            return true;
    return false;
}

bool host_is_cold(const struct hosts *hosts, const struct http_host *host, int64_t now_us)
{
    int64_t unused_us = now_us - host->used_us;
    if (host->active)
        return false;
    if (!host->used_us || unused_us >= KEEP_IDLE_S * 1000000)
        return true;
    return unused_us >= WARM_AGAIN_US && !has_connection(hosts, host);
}
