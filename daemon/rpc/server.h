/* The MessagePack-RPC server: one listening socket, its peers, and what all its methods share. */
#ifndef ASKD_RPC_SERVER_H
#define ASKD_RPC_SERVER_H

#include "daemon/core/account.h"
#include "daemon/core/config.h"
#include "daemon/engine/engine.h"
#include "daemon/rpc/conversation_watch.h"
#include "daemon/rpc/held.h"
#include "daemon/rpc/import.h"
#include "daemon/rpc/log_watch.h"
#include "daemon/rpc/peer.h"
#include <msgpack.h>

struct rpc_options {
    int64_t max_message, max_values, max_connections, max_requests, max_watches, max_compare, peer_buffer, max_input,
        max_output, frame_timeout_ms, max_imports, max_import, max_import_entry, import_timeout_ms;
};
extern const struct config_option rpc_option_rows[];

/* How a reload of the configuration ended. err: why the old one stays in force, NULL: it does not. The lists are
 * borrowed and NULL-ended: what changed, and what of it takes effect at the next start only. */
typedef void server_reloaded(void *arg, const struct error *err, char *const *changed, char *const *restart);

struct library;
struct server_setup {
    struct rpc_options opt;
    const char *state_dir; /* where an import gathers a database; borrowed for good */
    bool system;           /* serves several users */
    uid_t owner;
    bool autostarted;
    struct library *prompts;                                      /* borrowed; closed before the server */
    void (*shutdown)(void *data);                                 /* a client asked for it */
    void (*reload)(void *data, server_reloaded *done, void *arg); /* likewise; done is called once, later or at once */
    void (*activity)(void *data);                                 /* a client came or went, an answer ended */
    void *data;
};

TAILQ_HEAD(peer_list, peer);
struct server {
    uv_loop_t *loop;
    struct engine *engine;
    struct server_setup setup;
    struct accounts accounts;
    uv_pipe_t listener;
    uv_prepare_t before_poll;
    struct timer *frame_timer;
    struct peer_list peers, partial, dirty;
    struct conversation_watch_list watches; /* of all peers, likewise: */
    struct log_watch_list log_watches;
    uv_async_t log_wake; /* a line has come */
    int64_t last_watch;  /* id */
    struct import_list imports;
    unsigned n_peers, handles;
    bool closing, listening;
    void (*closed)(void *data);
    void *closed_data;
    msgpack_zone zone;       /* for the frame under way */
    struct outq_spare spare; /* of the peers' queues */
    struct buf scratch;      /* for a tail that is encoded for one reply */
    struct buf method_names; /* encoded, for hello */
    int64_t started_us;      /* monotonic */
    uint64_t requests;
    struct held_list held;         /* calls that wait for the prompt library */
    size_t held_bytes;             /* of their parameters */
    uint8_t read_buffer[64 << 10]; /* shared: an idle connection holds none */
};

struct server *server_new(uv_loop_t *loop, struct engine *engine, const struct server_setup *setup);
/* Bounds from now on; a connection keeps those on its messages that it began with. */
void server_configure(struct server *s, const struct rpc_options *opt);
/* fd: a bound and listening Unix socket, taken over. */
enum error_code server_listen(struct server *s, int fd, struct error *err);
void server_stop_listening(struct server *s);
/* Closes every connection, after what waits was sent where the peer takes it at once. closed is called when all is
 * gone. */
void server_close(struct server *s, void (*closed)(void *data), void *data);
unsigned server_peers(const struct server *s);
bool server_busy(const struct server *s); /* there is still something to be sent to somebody */

/* For peer.c: something was closed; an unfinished frame is to be watched. */
void server_settle(struct server *s);
void server_watch_partial(struct server *s);

/* May a large result go out to that peer? ERR_OVERLOADED where its user leaves more than max_output unread. */
enum error_code server_may_send(const struct server *s, const struct peer *p, size_t len, struct error *err);

/* In user mode everybody who is let in is the owner; in system mode each uid is on its own. */
uid_t server_scope(const struct server *s, const struct peer *p);
bool server_is_admin(const struct server *s, const struct peer *p);

#endif
