/* A redis-server of a test's own: in a temporary folder, on a Unix socket and a port of the loopback interface, without
 * anything on disk. It is stopped by its process id. */
#ifndef ASKD_TESTS_REDIS_SERVER_H
#define ASKD_TESTS_REDIS_SERVER_H

#include "tests/unit/folder_remove.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define REDIS_SERVER "/usr/bin/redis-server"
#define SERVER_TRIES 500 /* of 10 ms, until it answers */

struct redis_server {
    char dir[32], socket[64];
    int port;
    pid_t pid;
    const char *password; /* NULL: none */
};

static inline bool redis_server_is_installed(void)
{
    return access(REDIS_SERVER, X_OK) == 0;
}

static inline int server_free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    close(fd);
    return ntohs(a.sin_port);
}

static inline int server_connect(const struct redis_server *s)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    memcpy(a.sun_path, s->socket, strlen(s->socket));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Sends what ends in a newline and reads the first line of what comes. */
static inline void server_say(int fd, const char *text, char *line, size_t n)
{
    size_t len = 0;
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    while (len < n - 1 && read(fd, line + len, 1) == 1 && line[len] != '\n')
        len += line[len] != '\r';
    line[len] = '\0';
}

/* One command as one would type it; the first line of its reply. Static. */
static inline const char *server_ask(const struct redis_server *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static inline const char *server_ask(const struct redis_server *s, const char *fmt, ...)
{
    static char line[256];
    char text[1024];
    int fd = server_connect(s);
    assert_true(fd >= 0);
    if (s->password) {
        (void)snprintf(text, sizeof text, "AUTH %s\n", s->password);
        server_say(fd, text, line, sizeof line);
        assert_string_equal(line, "+OK");
    }
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text - 1, fmt, ap);
    va_end(ap);
    (void)strcat(text, "\n");
    server_say(fd, text, line, sizeof line);
    close(fd);
    return line;
}

/* The number that such a line holds. */
static inline long server_number(const char *line)
{
    assert_int_equal(line[0], ':');
    return strtol(line + 1, NULL, 10);
}

/* Also again, where it was killed. */
static inline void server_run(struct redis_server *s)
{
    char port[8];
    (void)snprintf(port, sizeof port, "%d", s->port);
    const char *const argv[] = {REDIS_SERVER, "--port",
                                port,         "--bind",
                                "127.0.0.1",  "--unixsocket",
                                s->socket,    "--save",
                                "",           "--dir",
                                s->dir,       "--logfile",
                                "/dev/null",  "--appendonly",
                                "no",         s->password ? "--requirepass" : NULL,
                                s->password,  NULL};
    s->pid = fork();
    assert_true(s->pid >= 0);
    if (s->pid == 0) { /* it ends with the test, and holds nothing of the test's open */
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        (void)dup2(null, STDOUT_FILENO);
        (void)dup2(null, STDERR_FILENO);
        (void)execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    for (int i = 0;; i++) {
        int fd = server_connect(s);
        if (fd >= 0) {
            close(fd);
            return;
        }
        assert_true(i < SERVER_TRIES);
        usleep(10000);
    }
}

static inline void server_start(struct redis_server *s, const char *password)
{
    *s = (struct redis_server){.dir = "/tmp/askd-t-XXXXXX", .password = password};
    assert_non_null(mkdtemp(s->dir));
    (void)snprintf(s->socket, sizeof s->socket, "%s/r.sock", s->dir);
    s->port = server_free_port();
    server_run(s);
}

static inline void server_signal(const struct redis_server *s, int signal)
{
    assert_int_equal(kill(s->pid, signal), 0);
}

static inline void server_kill(struct redis_server *s)
{
    if (s->pid > 0) {
        server_signal(s, SIGKILL);
        assert_int_equal(waitpid(s->pid, NULL, 0), s->pid);
    }
    s->pid = 0;
}

static inline void server_stop(struct redis_server *s)
{
    server_kill(s);
    assert_int_equal(folder_remove(s->dir), 0);
}

#endif
