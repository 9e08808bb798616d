/* Local model servers (Ollama, llama.cpp) on their usual loopback ports. One is trusted only if its listening socket
 * belongs to us, root or a system account: anybody can listen on a port, and would be sent what people ask.
 *
 * A search looks at the kernel's socket table on a worker, then asks the server for its models. Nothing of it is kept:
 * who listens may be another one the next time. */
#ifndef ASKD_ENGINE_DISCOVER_H
#define ASKD_ENGINE_DISCOVER_H

#include "daemon/engine/providers.h"
#include "daemon/http/pool.h"

struct discovery;

/* provider: NULL where none was found, with err saying what to do. model: the first that it lists. */
typedef void (*discover_found)(void *data, struct provider *provider, const char *model, const struct error *err);

struct discovery *discovery_new(uv_loop_t *loop, struct http_pool *pool);
/* Searches are ended without a call; closed is called once nothing is under way, then it is gone. */
void discovery_close(struct discovery *d, void (*closed)(void *data), void *data);

struct discover_search;
/* Looks for the local server `name` (len 0: any, in the order of the table) among ps. found is called later, once,
 * unless discover_cancel comes first. */
struct discover_search *discover_start(struct discovery *d, struct providers *ps, const char *name, size_t len,
                                       discover_found found, void *data);
void discover_cancel(struct discover_search *s);

/* A provider's first listed model, asked of it with that key: the second half of a search. NULL where it cannot be
 * asked; found is not called then. */
struct discover_search *discover_first_model(struct discovery *d, struct provider *p, const struct key_use *key,
                                             discover_found found, void *data, struct error *err);

/* Pure: is there in `table` (the text of /proc/net/tcp or tcp6) a listening socket on that loopback (or any) port whose
 * owner is uid, root or below `system_max`? */
bool discover_trusted(const char *table, unsigned port, unsigned uid, unsigned system_max);

#endif
