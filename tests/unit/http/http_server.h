/* A tiny HTTP server on loopback for the tests of the pool: a thread per connection, and what it does is said by the
 * path.
 *
 *   /plain         "hello"                             /chunked   three chunks in pieces, then a trailer
 *   /echo          the request's body                  /headers   the request's head
 *   /gzip          a compressed body                   /badgzip   one that is not what it says
 *   /redirect      302                                 /early     a 103 with fields of its own, then 200
 *   /head?LINES    200 with these fields, | between    /slow      "hello" after 30 ms
 *   /close         closes without an answer            /reset     resets in mid-body
 *   /last          "hello", then closes, without a word of it before
 *   /short         closes before the body's end        /torn      closes before the head's end
 *   /garbage       no HTTP                             /wait      nothing until the client leaves
 *   /drip          a head and a first piece, then nothing until the client leaves */
#ifndef TEST_HTTP_SERVER_H
#define TEST_HTTP_SERVER_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SERVER_LOG_MAX 512

static struct {
    int fd;
    unsigned port;
    pthread_mutex_t lock;
    pthread_cond_t idle;
    unsigned connections, open, at_once, most_at_once, n_paths;
    char paths[SERVER_LOG_MAX][64]; /* of the requests, in order of arrival */
} server = {.lock = PTHREAD_MUTEX_INITIALIZER, .idle = PTHREAD_COND_INITIALIZER};

static void server_count(int step, const char *path)
{
    pthread_mutex_lock(&server.lock);
    server.at_once += (unsigned)step;
    if (server.at_once > server.most_at_once)
        server.most_at_once = server.at_once;
    if (path && server.n_paths < SERVER_LOG_MAX)
        snprintf(server.paths[server.n_paths++], sizeof(server.paths[0]), "%.63s", path);
    pthread_mutex_unlock(&server.lock);
}

static void server_send(int fd, const void *data, size_t len)
{
    if (send(fd, data, len, MSG_NOSIGNAL) < 0)
        return; /* the client has left: the next read says so */
}

static void server_puts(int fd, const char *text)
{
    server_send(fd, text, strlen(text));
}

static void server_reply(int fd, const char *fields, const void *body, size_t len)
{
    char head[1024];
    int n = snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\n%sContent-Length: %zu\r\n\r\n", fields, len);
    server_send(fd, head, (size_t)n);
    server_send(fd, body, len);
}

static void server_wait_for_close(int fd)
{
    char byte;
    while (read(fd, &byte, 1) > 0)
        ;
}

static void server_chunked(int fd)
{
    static const char *const pieces[] = {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chu",
                                         "nked\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n\r\n", "3\r\non",
                                         "e\r\n4\r\n two\r\n6\r\n th", "ree\r\n0\r\nx-request-id: trailer\r\n\r\n"};
    for (unsigned i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        server_puts(fd, pieces[i]);
        usleep(3000);
    }
}

static const unsigned char server_gzip[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x57"
                                           "\x48\x2b\xca\xcf\x55\x48\x54\x48\xaf\xca\x2c\x50\x48\xca\x4f\xa9"
                                           "\xe4\xca\x18\xec\xc2\x00\xcb\xde\xed\xd6\xb8\x00\x00\x00";

static void server_fields(int fd, char *query)
{
    char fields[1024] = "";
    for (char *p = query; *p; p++)
        if (*p == '+')
            *p = ' ';
    for (char *save, *f = strtok_r(query, "|", &save); f; f = strtok_r(NULL, "|", &save)) {
        size_t len = strlen(fields);
        snprintf(fields + len, sizeof(fields) - len, "%s\r\n", f);
    }
    server_reply(fd, fields, "", 0);
}

/* True where the connection is kept. */
static bool server_answer(int fd, char *path, const char *head, const char *body, size_t body_len)
{
    if (strcmp(path, "/plain") == 0) {
        server_reply(fd, "Content-Type: text/plain\r\nX-Request-Id: req-1\r\n", "hello", 5);
    } else if (strcmp(path, "/last") == 0) {
        server_reply(fd, "", "hello", 5);
        return false;
    } else if (strcmp(path, "/slow") == 0) {
        usleep(30000);
        server_reply(fd, "", "hello", 5);
    } else if (strcmp(path, "/chunked") == 0) {
        server_chunked(fd);
    } else if (strcmp(path, "/echo") == 0) {
        server_reply(fd, "", body, body_len);
    } else if (strcmp(path, "/headers") == 0) {
        server_reply(fd, "", head, strlen(head));
    } else if (strcmp(path, "/gzip") == 0) {
        server_reply(fd, "Content-Encoding: gzip\r\n", server_gzip, sizeof(server_gzip) - 1);
    } else if (strcmp(path, "/badgzip") == 0) {
        server_reply(fd, "Content-Encoding: gzip\r\n", "not at all compressed", 21);
    } else if (strcmp(path, "/redirect") == 0) {
        server_puts(fd, "HTTP/1.1 302 Found\r\nLocation: /plain\r\nContent-Length: 4\r\n\r\ngone");
    } else if (strcmp(path, "/early") == 0) {
        server_puts(fd, "HTTP/1.1 103 Early Hints\r\nContent-Type: a/b\r\nRequest-Id: early\r\n\r\n");
        server_reply(fd, "", "late", 4);
    } else if (strncmp(path, "/head?", 6) == 0) {
        server_fields(fd, path + 6);
    } else if (strcmp(path, "/short") == 0) {
        server_puts(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        return false;
    } else if (strcmp(path, "/torn") == 0) {
        server_puts(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n");
        return false;
    } else if (strcmp(path, "/garbage") == 0) {
        server_puts(fd, "SSH-2.0-OpenSSH_9.2\r\n");
        return false;
    } else if (strcmp(path, "/reset") == 0) {
        server_puts(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        usleep(20000);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
        return false;
    } else if (strcmp(path, "/drip") == 0) {
        server_puts(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ndrop");
        server_wait_for_close(fd);
        return false;
    } else if (strcmp(path, "/wait") == 0) {
        server_wait_for_close(fd);
        return false;
    } else {
        return false; /* /close */
    }
    return true;
}

static bool server_request(int fd, char *in, size_t size)
{
    char head[4096], path[1024], *end;
    size_t have = 0, body_len = 0;
    ssize_t n;
    do {
        n = read(fd, in + have, size - 1 - have);
        if (n <= 0)
            return false;
        have += (size_t)n;
        in[have] = '\0';
    } while (!(end = strstr(in, "\r\n\r\n")));
    end += 4;
    snprintf(head, sizeof(head), "%.*s", (int)(end - in), in);
    const char *length = strcasestr(head, "content-length:");
    if (length)
        body_len = strtoul(length + 15, NULL, 10);
    while (have < (size_t)(end - in) + body_len) {
        n = read(fd, in + have, size - 1 - have);
        if (n <= 0)
            return false;
        have += (size_t)n;
    }
    if (sscanf(head, "%*s %1023s", path) != 1)
        return false;
    server_count(1, path);
    bool keep = server_answer(fd, path, head, end, body_len);
    server_count(-1, NULL);
    return keep;
}

static void *server_connection(void *data)
{
    int fd = (int)(intptr_t)data;
    size_t size = (size_t)2 << 20;
    char *in = malloc(size);
    while (in && server_request(fd, in, size))
        ;
    free(in);
    close(fd);
    pthread_mutex_lock(&server.lock);
    if (--server.open == 0)
        pthread_cond_signal(&server.idle);
    pthread_mutex_unlock(&server.lock);
    return NULL;
}

static void *server_run(void *data)
{
    (void)data;
    int fd;
    while ((fd = accept(server.fd, NULL, NULL)) >= 0) {
        pthread_t thread;
        pthread_mutex_lock(&server.lock);
        server.connections++;
        server.open++;
        pthread_mutex_unlock(&server.lock);
        if (pthread_create(&thread, NULL, server_connection, (void *)(intptr_t)fd) != 0)
            abort();
        pthread_detach(thread);
    }
    return NULL;
}

static pthread_t server_thread;

/* A listening socket on loopback; its port in *port. */
static int listen_loopback(int backlog, unsigned *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) < 0 || listen(fd, backlog) < 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) < 0)
        abort();
    *port = ntohs(at.sin_port);
    return fd;
}

static inline int server_start(void **state)
{
    (void)state;
    server.fd = listen_loopback(256, &server.port);
    return pthread_create(&server_thread, NULL, server_run, NULL);
}

/* Every connection was closed by the client by then, or this waits forever: a leaked one is a test that hangs. */
static inline int server_stop(void **state)
{
    (void)state;
    shutdown(server.fd, SHUT_RDWR);
    pthread_join(server_thread, NULL);
    close(server.fd);
    pthread_mutex_lock(&server.lock);
    while (server.open)
        pthread_cond_wait(&server.idle, &server.lock);
    pthread_mutex_unlock(&server.lock);
    return 0;
}

static inline unsigned server_open(void)
{
    pthread_mutex_lock(&server.lock);
    unsigned open = server.open;
    pthread_mutex_unlock(&server.lock);
    return open;
}

static inline void server_forget(void)
{
    pthread_mutex_lock(&server.lock);
    server.connections = server.n_paths = 0;
    server.most_at_once = server.at_once;
    pthread_mutex_unlock(&server.lock);
}

#endif
