#include "daemon/engine/warm.h"
#include "daemon/core/log.h"
#include "daemon/core/timer.h"
#include "daemon/engine/engine_internal.h"
#include "daemon/engine/fetch.h"
#include "daemon/engine/route.h"

#define PROVIDERS_WARM_MAX 2 /* the first to be asked, and the one after it */
#define SOON_MS 50           /* longer than a program takes from hello to its question */

static void on_failed(const struct error *err)
{
    log_debug("no connection opened ahead: %s", err->message);
}

static void warm_provider(struct engine *e, const struct provider *p)
{
    const struct http_options opt = fetch_reach(p);
    http_warm(e->pool, p->base_url, &opt, on_failed);
}

/* Each provider once: http_warm lets a host alone that is being warmed. */
static void on_timer(void *data)
{
    struct engine *e = data;
    struct plan plan = {0};
    if (e->draining)
        return;
    const struct route_world w = engine_world(e);
    if (route_model(&w, NULL, NULL, &plan, NULL) != ERR_NONE)
        return;
    for (size_t i = 0; i < plan.n && i < PROVIDERS_WARM_MAX; i++)
        warm_provider(e, plan.routes[i].provider);
    plan_done(&plan);
}

void engine_warm(struct engine *e)
{
    if (!e->draining && !timer_active(e->warm))
        timer_start(e->warm, SOON_MS);
}

void warm_init(struct engine *e)
{
    e->warm = timer_new(e->loop, on_timer, e);
}

void warm_done(struct engine *e)
{
    e->warm = timer_free(e->warm);
}
