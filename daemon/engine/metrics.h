/* What the daemon counts, as text for Prometheus and whoever reads its format. Made from a snapshot, so that a door
 * serves it whichever way it likes: `metrics.get` does, an HTTP gateway may. */
#ifndef ASKD_ENGINE_METRICS_H
#define ASKD_ENGINE_METRICS_H

#include "daemon/cache/cache.h"
#include "daemon/core/process.h"
#include "daemon/engine/gate.h"
#include "daemon/engine/health.h"
#include "daemon/engine/meter.h"
#include "daemon/http/pool.h"
#include "daemon/store/store.h"
#include "lib/base/buf.h"

struct engine;

struct metrics_provider {
    const char *name;
    struct gate_report gate;
    unsigned tripped; /* its models that are not asked because they failed too often */
};

struct metrics_snapshot { /* texts are borrowed of the engine: valid until the loop goes on */
    const char *version;
    double connections, messages; /* of clients: the door's own figures */
    double log_lost;              /* lines that could not be written */
    double running, retained, answer_bytes, unstored;
    const struct meter *meter;
    enum breaker_state *breakers; /* owned; of the meter's models */
    struct cache_stats cache;
    struct store_status store;
    struct http_stats http;
    struct process_figures process;
    struct metrics_provider *providers; /* owned */
    size_t n_providers;
};

/* Of all but the door's own. */
void metrics_take(const struct engine *e, struct metrics_snapshot *ret);
void metrics_done(struct metrics_snapshot *s);

/* Pure. */
void metrics_put(struct buf *out, const struct metrics_snapshot *s);

#endif
