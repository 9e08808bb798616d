/* libask: talk to askd from a C program. Blocking, one connection per handle, not thread-safe per handle.
 *
 * Parameters and results are packed MessagePack (msgpack-c or any other library writes and reads them); the methods and
 * their shapes are in askd-protocol(7). No function exits, prints, or installs a signal handler.
 *
 *     struct ask_error err;
 *     struct ask *a = ask_open(NULL, &err);
 *     ask_send(a, "chat", params, n, &msgid, &err);
 *     while (ask_receive(a, -1, &m, &err) == ASK_OK) ...
 *     ask_close(a);
 */
#ifndef ASK_H
#define ASK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ASK_API __attribute__((visibility("default")))

struct ask;

enum ask_status {
    ASK_OK = 0,      /* it is done */
    ASK_NO_DAEMON,   /* nobody listens, and none could be started */
    ASK_UNSAFE,      /* the socket or its folder has the wrong owner or mode */
    ASK_CLOSED,      /* the daemon closed the connection */
    ASK_TIMEOUT,     /* nothing came in that time */
    ASK_INTERRUPTED, /* a signal came while waiting; call again to go on */
    ASK_PROTOCOL,    /* the peer sent what is no MessagePack-RPC */
    ASK_SYSTEM,      /* a system call failed, memory included */
    ASK_CONFIG,      /* the daemon that was started refused its configuration */
    ASK_SILENT       /* the daemon does not answer: it hangs */
};

struct ask_error {
    enum ask_status status;
    char message[512]; /* one line: what happened and what to do */
};

struct ask_options {
    const char *socket; /* path; NULL: $ASKD_SOCKET, then the per-user socket, then the system's */
    int no_autostart;   /* do not start a daemon when there is none (also ASKD_AUTOSTART=0) */
    const char *daemon; /* path of askd; NULL: $ASKD_DAEMON, beside this program, then on PATH */
    /* Called at most once, where ask_open has waited for a second, with a line that says what for. NULL: nobody is to
     * know. It must not use libask. */
    void (*on_wait)(void *data, const char *what);
    void *wait_data;
};

enum ask_kind { ASK_RESPONSE = 1, ASK_NOTIFICATION = 2 };

struct ask_message {
    enum ask_kind kind;
    uint32_t msgid;     /* response */
    const char *method; /* notification; not NUL-terminated */
    size_t method_len;
    const unsigned char *error; /* response: packed error, NULL where there is none */
    size_t error_len;
    const unsigned char *body; /* response: packed result; notification: packed params */
    size_t body_len;
};

/* Connects, starting a per-user daemon if there is none. One that a client started and that is older than this library
 * gives way to a newer one, where that would be started: its answers have their time to end, which may take a while.
 * NULL on failure, with *err filled. opt may be NULL. */
ASK_API struct ask *ask_open(const struct ask_options *opt, struct ask_error *err);
ASK_API void ask_close(struct ask *a); /* NULL is fine */
ASK_API int ask_fd(const struct ask *a);
/* How long to wait for ask_fd at most, in milliseconds, before ask_receive is called though nothing has come: then it
 * can tell that the daemon hangs. Negative: for ever. */
ASK_API int ask_patience(const struct ask *a);

/* Sends a request. params is one packed map, NULL for none. *msgid gets its number. */
ASK_API enum ask_status ask_send(struct ask *a, const char *method, const void *params, size_t len, uint32_t *msgid,
                                 struct ask_error *err);

/* The next message. Its pointers live until the next call. timeout in milliseconds, negative: forever. */
ASK_API enum ask_status ask_receive(struct ask *a, int timeout, struct ask_message *m, struct ask_error *err);

/* ask_send, then ask_receive until its response; other messages meanwhile are dropped. */
ASK_API enum ask_status ask_call(struct ask *a, const char *method, const void *params, size_t len,
                                 struct ask_message *m, struct ask_error *err);

/* The path that ask_open would use, in path (at most size bytes with its NUL). Looks at the file system, connects to
 * nothing. */
ASK_API enum ask_status ask_locate(const struct ask_options *opt, char *path, size_t size, struct ask_error *err);

#ifdef __cplusplus
}
#endif
#endif
