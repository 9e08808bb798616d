#include "daemon/app.h"
#include "daemon/archive/spool.h"
#include "daemon/cache/cache.h"
#include "daemon/core/endpoint.h"
#include "daemon/core/log.h"
#include "daemon/core/log_ring.h"
#include "daemon/core/logfile.h"
#include "daemon/core/service.h"
#include "daemon/core/timer.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/keep.h"
#include "daemon/prompt/library.h"
#include "daemon/reload.h"
#include "daemon/rooms.h"
#include "daemon/rpc/server.h"
#include "daemon/settings.h"
#include "lib/base/clock.h"
#include "lib/base/paths.h"
#include "lib/base/version.h"
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#define SIGNALS 4
#define PATH_SIZE 4096
#define DRAIN_TICK_MS 20
#define STORING_MAX_MS 8000 /* for the last commits, and for clients to take what waits for them */
#define SWEEP_MIN_MS 100
#define SWEEP_MS 60000 /* at least this often what has outlived its time is let go */

enum app_state {
    APP_RUNNING,
    APP_DRAINING, /* nobody new is let in, what runs may end */
    APP_STORING,  /* nothing runs any more; what was interrupted is kept and told */
    APP_CLOSING,  /* everything closes */
};

struct app {
    enum app_state state;
    uv_loop_t loop;
    struct settings_source source;
    struct settings settings;
    char lists_path[PATH_SIZE + sizeof SETTINGS_LISTS];
    struct env_keys *keys;
    struct reload *reload;
    struct endpoint endpoint;
    struct answer_table *table;
    struct store *store;
    struct cache *cache;
    bool has_database; /* keep was not none at the start */
    struct engine *engine;
    struct library *prompts;
    struct server *server;
    bool autostarted;
    uv_signal_t signals[SIGNALS];
    struct timer *idle, *drain, *sweep, *watchdog;
    int64_t watchdog_ms;   /* between two signs of life, 0: none is wanted */
    int64_t wait_until_us; /* monotonic: the end of draining, of storing */
};

/* -- configuration -- */

static enum error_code find_state(const struct app_args *args, char *state, size_t n, struct error *err)
{
    if (!args->system)
        return paths_state_dir(state, n, err);
    snprintf(state, n, "%s", service_state_dir() ? service_state_dir() : PATHS_SYSTEM_STATE);
    return ERR_NONE;
}

static enum error_code find_cache(const struct app_args *args, char *cache, size_t n, struct error *err)
{
    if (!args->system)
        return paths_cache_dir(cache, n, err);
    snprintf(cache, n, "%s", service_cache_dir() ? service_cache_dir() : PATHS_SYSTEM_CACHE);
    return ERR_NONE;
}

/* Where nothing can be told yet (no home folder), the lists of models are not read; the start says why. */
static struct settings_source source_of(const struct app_args *args, char *state, size_t n)
{
    bool found = find_state(args, state, n, NULL) == ERR_NONE;
    return (struct settings_source){.system = args->system, .file = args->config, .state_dir = found ? state : NULL};
}

static int say_config_error(const struct error *err)
{
    fprintf(stderr, "askd: %s\n", err->message);
    return EX_CONFIG;
}

int app_check_config(const struct app_args *args)
{
    char state[PATH_SIZE];
    const struct settings_source source = source_of(args, state, sizeof state);
    struct env_keys *keys = env_keys_new();
    struct settings settings;
    struct error err = ERROR_INIT;
    enum error_code code = settings_load(&source, keys, &settings, &err);
    if (code == ERR_NONE) {
        settings_warn(&settings);
        cache_warn(config_get(settings.config, &cache_room, NULL));
        settings_done(&settings);
    }
    env_keys_free(keys);
    return code == ERR_NONE ? 0 : say_config_error(&err);
}

int app_print_config(const struct app_args *args)
{
    char state[PATH_SIZE];
    const struct settings_source source = source_of(args, state, sizeof state);
    struct config *config;
    struct error err = ERROR_INIT;
    if (settings_read_config(&source, &config, &err) != ERR_NONE)
        return say_config_error(&err);
    config_print(config, stdout);
    config_free(config);
    return 0;
}

static const void *options(const struct app *a, const struct config_room *room)
{
    return config_get(a->settings.config, room, NULL);
}

static const struct app_options *own_options(const struct app *a)
{
    return options(a, &app_room);
}

static struct engine_knowledge knowledge_of(const struct app *a)
{
    return (struct engine_knowledge){.providers = a->settings.providers,
                                     .catalog = a->settings.catalog,
                                     .aliases = a->settings.aliases,
                                     .budgets = a->settings.budget_rules,
                                     .opt = options(a, &engine_room),
                                     .lists_path = a->lists_path};
}

/* -- ending -- */

static const int signums[SIGNALS] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};

/* Held back from the start until the loop handles them: the socket is there before, and whoever sees it may send one.
 */
static void hold_signals(int how)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaddset(&set, signums[i]);
    sigprocmask(how, &set, NULL);
}

static void on_signal_closed(uv_handle_t *h)
{
    (void)h;
}

static void on_store_closed(void *data)
{
    struct app *a = data;
    a->store = NULL;
    hold_signals(SIG_BLOCK); /* one more would end us now that nobody handles it */
    for (size_t i = 0; i < SIGNALS; i++) {
        uv_close((uv_handle_t *)&a->signals[i], on_signal_closed);
        signal(signums[i], SIG_IGN); /* threads of the pool do not hold them back */
    }
}

static void on_cache_closed(void *data)
{
    struct app *a = data;
    a->cache = NULL;
    store_close(a->store, on_store_closed, a); /* last: it takes in what the others left */
}

static void on_engine_closed(void *data)
{
    struct app *a = data;
    a->engine = NULL;
    cache_close(a->cache, on_cache_closed, a);
}

static void on_server_closed(void *data)
{
    struct app *a = data;
    a->server = NULL;
    engine_close(a->engine, on_engine_closed, a);
}

static void enter(struct app *a, enum app_state state)
{
    if (a->state >= state)
        return;
    a->state = state;
    switch (state) {
    case APP_RUNNING: break;
    case APP_DRAINING:
        service_stopping("Lets running answers end");
        endpoint_unlink(&a->endpoint);
        server_stop_listening(a->server);
        engine_drain(a->engine);
        timer_stop(a->idle);
        a->wait_until_us = clock_mono_us() + own_options(a)->drain_timeout_ms * 1000;
        timer_start(a->drain, 0);
        break;
    case APP_STORING:
        engine_interrupt(a->engine);
        a->wait_until_us = clock_mono_us() + STORING_MAX_MS * 1000ll;
        timer_start(a->drain, 0);
        break;
    case APP_CLOSING:
        endpoint_unlink(&a->endpoint);
        a->idle = timer_free(a->idle);
        a->drain = timer_free(a->drain);
        a->sweep = timer_free(a->sweep);
        a->watchdog = timer_free(a->watchdog);
        a->reload = reload_close(a->reload);
        a->prompts = library_close(a->prompts);
        server_close(a->server, on_server_closed, a);
        break;
    }
}

/* Called when a client came or went or an answer ended. */
static void on_activity(void *data)
{
    struct app *a = data;
    if (a->state == APP_RUNNING && a->autostarted)
        timer_start(a->idle, own_options(a)->idle_exit_ms);
}

static void on_idle(void *data)
{
    struct app *a = data;
    if (server_peers(a->server) || engine_running(a->engine) || engine_unstored(a->engine)) {
        timer_start(a->idle, own_options(a)->idle_exit_ms);
        return;
    }
    log_notice("no client and no answer for %g s (idle_exit): ending", (double)own_options(a)->idle_exit_ms / 1000);
    enter(a, APP_DRAINING);
}

/* While draining and storing: has everything ended, and was it sent? */
static void on_drain_tick(void *data)
{
    struct app *a = data;
    bool busy =
        engine_running(a->engine) || server_busy(a->server) || (a->state == APP_STORING && engine_unstored(a->engine));
    if (busy && clock_mono_us() < a->wait_until_us)
        timer_start(a->drain, DRAIN_TICK_MS);
    else
        enter(a, a->state == APP_DRAINING ? APP_STORING : APP_CLOSING);
}

/* When something is due, and in between, since what ends meanwhile does not move the timer. */
static void on_sweep(void *data)
{
    struct app *a = data;
    const struct answer_options *o = options(a, &answer_room);
    int64_t next = answer_table_sweep(a->table),
            shortest = o->retain_ms < o->detached_limit_ms ? o->retain_ms : o->detached_limit_ms;
    int64_t tick = shortest / 2 < SWEEP_MS ? shortest / 2 + SWEEP_MIN_MS : SWEEP_MS;
    timer_start(a->sweep, next >= 0 && next < tick ? next : tick);
}

/* -- the configuration anew -- */

static void say_ready(struct app *a)
{
    char status[sizeof a->endpoint.path + 32];
    snprintf(status, sizeof status, "Listens on %s", a->endpoint.path);
    service_ready(status);
}

/* The manager is told while we serve only: it knows that we end. */
static void on_reload_begins(void *data)
{
    struct app *a = data;
    if (a->state == APP_RUNNING)
        service_reloading();
}

static void on_reload_ended(void *data)
{
    struct app *a = data;
    if (a->state == APP_RUNNING)
        say_ready(a);
}

static void apply_own_options(const struct app *a)
{
    log_set_level((enum log_level)own_options(a)->log_level);
    logfile_set_max(own_options(a)->log_size);
    log_ring_configure((size_t)own_options(a)->log_memory, (size_t)own_options(a)->log_lines);
}

/* What its row cannot tell: whether there is a database at all is settled at the start. */
static bool needs_restart(void *data, const struct config_change *c)
{
    const struct app *a = data;
    const struct store_options *after = c->after;
    return c->room == &store_room && strcmp(c->key, "keep") == 0 &&
           (after->keep_ms != STORE_KEEP_NONE) != a->has_database;
}

static void on_reloaded(void *data)
{
    struct app *a = data;
    apply_own_options(a);
    settings_warn(&a->settings);
    answer_table_configure(a->table, options(a, &answer_room));
    store_configure(a->store, options(a, &store_room));
    cache_configure(a->cache, options(a, &cache_room));
    const struct engine_knowledge knowledge = knowledge_of(a);
    engine_configure(a->engine, &knowledge);
    server_configure(a->server, options(a, &rpc_room));
    on_activity(a); /* idle_exit */
    on_sweep(a);
}

static void on_reload(void *data, server_reloaded *done, void *arg)
{
    struct app *a = data;
    struct error err = ERROR_INIT;
    error_set(&err, ERR_INTERRUPTED, "the daemon ends");
    if (a->reload)
        reload_start(a->reload, done, arg);
    else if (done)
        done(arg, &err, NULL, NULL);
}

static void on_shutdown(void *data)
{
    enter(data, APP_DRAINING);
}

static void on_signal(uv_signal_t *h, int signum)
{
    struct app *a = h->data;
    if (signum == SIGHUP) {
        on_reload(a, NULL, NULL);
    } else if (a->state == APP_RUNNING) {
        log_notice("%s: draining, at most %lld s; once more ends at once", strsignal(signum),
                   (long long)own_options(a)->drain_timeout_ms / 1000);
        enter(a, APP_DRAINING);
    } else {
        enter(a, APP_CLOSING);
    }
}

/* -- running -- */

/* A loop that is stuck does not come here. */
static void on_watchdog(void *data)
{
    struct app *a = data;
    service_alive();
    timer_start(a->watchdog, a->watchdog_ms);
}

static void log_left_open(uv_handle_t *h, void *data)
{
    (void)data;
    log_error("handle left open: %s", uv_handle_type_name(h->type));
}

static void start_signals(struct app *a)
{
    for (size_t i = 0; i < SIGNALS; i++) {
        uv_signal_init(&a->loop, &a->signals[i]);
        a->signals[i].data = a;
        uv_signal_start(&a->signals[i], on_signal, signums[i]);
    }
    hold_signals(SIG_UNBLOCK);
}

static void make_timers(struct app *a)
{
    a->idle = timer_new(&a->loop, on_idle, a);
    a->drain = timer_new(&a->loop, on_drain_tick, a);
    a->sweep = timer_new(&a->loop, on_sweep, a);
    a->watchdog = timer_new(&a->loop, on_watchdog, a);
}

static void make_library(struct app *a)
{
    char folders[SETTINGS_PROMPT_FOLDERS][PATH_MAX];
    const char *paths[SETTINGS_PROMPT_FOLDERS + 1];
    settings_prompt_folders(&a->source, folders, paths);
    a->prompts = library_new(&a->loop, paths);
}

static void make_rooms(struct app *a, const char *state_dir, const char *cache_dir)
{
    static const struct reload_hooks hooks = {on_reload_begins, needs_restart, on_reloaded, on_reload_ended};
    bool system = a->source.system;
    snprintf(a->lists_path, sizeof a->lists_path, "%s/" SETTINGS_LISTS, state_dir);
    make_library(a);
    struct server_setup setup = {.opt = *(const struct rpc_options *)options(a, &rpc_room),
                                 .state_dir = state_dir,
                                 .system = system,
                                 .owner = geteuid(),
                                 .autostarted = a->autostarted,
                                 .prompts = a->prompts,
                                 .shutdown = on_shutdown,
                                 .reload = on_reload,
                                 .activity = on_activity,
                                 .data = a};
    a->table = answer_table_new(options(a, &answer_room), system);
    const struct store_options *store = options(a, &store_room);
    a->has_database = store->keep_ms != STORE_KEEP_NONE;
    spool_sweep(state_dir);
    a->store = store_new(&a->loop, state_dir, store, keep_recovery());
    a->cache = cache_new(&a->loop, cache_dir, options(a, &cache_room));
    const struct engine_knowledge knowledge = knowledge_of(a);
    a->engine = engine_new(&a->loop, a->table, a->store, a->cache, &knowledge);
    engine_on_ended(a->engine, on_activity, a);
    a->server = server_new(&a->loop, a->engine, &setup);
    a->reload = reload_new(&a->loop, &a->source, a->keys, &a->settings, &hooks, a);
    make_timers(a);
}

static int run(struct app *a, const char *state_dir, const char *cache_dir)
{
    struct error err = ERROR_INIT;
    uv_loop_init(&a->loop);
    make_rooms(a, state_dir, cache_dir);
    start_signals(a);
    int status = 0;
    if (server_listen(a->server, a->endpoint.listen_fd, &err) == ERR_NONE) {
        on_sweep(a);
        on_activity(a);
        if (a->watchdog_ms)
            on_watchdog(a);
        say_ready(a);
        log_notice("askd %s listens on %s", askd_version, a->endpoint.path);
    } else {
        log_error("%s", err.message);
        status = EX_OSERR;
        enter(a, APP_CLOSING);
    }
    uv_run(&a->loop, UV_RUN_DEFAULT);
    answer_table_free(a->table);
    if (uv_loop_close(&a->loop) != 0) {
        uv_walk(&a->loop, log_left_open, NULL);
        status = EX_SOFTWARE;
    }
    return status;
}

static enum error_code find_socket(const struct app_args *args, char *socket, size_t n, struct error *err)
{
    if (!args->socket)
        return args->system ? paths_system_socket(socket, n, err) : paths_user_socket(socket, n, err);
    snprintf(socket, n, "%s", args->socket);
    return ERR_NONE;
}

/* What the process must be before it reads a key, makes a file or starts a thread. */
static void prepare_process(void)
{
    signal(SIGPIPE, SIG_IGN);
    hold_signals(SIG_BLOCK);
    umask(077);
    /* A core dump would hold what people ask, and copies of keys that a library made. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    /* The usual soft limit is below max_connections, and what is above it would be refused without a word. */
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    /* All but a few allocations are the loop's. With an arena for each thread, what one thread frees would stay with it
     * and be of no use to the others. */
    mallopt(M_ARENA_MAX, 1);
}

static int listen_and_run(struct app *a, const struct app_args *args)
{
    struct error err = ERROR_INIT;
    char socket[PATH_SIZE], state[PATH_SIZE], cache[PATH_SIZE];
    enum error_code code = find_socket(args, socket, sizeof socket, &err);
    if (code == ERR_NONE)
        code = find_state(args, state, sizeof state, &err);
    if (code == ERR_NONE)
        code = find_cache(args, cache, sizeof cache, &err);
    if (code == ERR_NONE)
        code = endpoint_open(&a->endpoint, socket, state, args->system ? 0660 : 0600, service_take_socket(), &err);
    if (code == ERR_OVERLOADED && fd_holder_is_here(&a->endpoint.holder)) {
        log_notice("%s: it serves here, or is ending; nothing to do", err.message);
        return 0;
    }
    if (code != ERR_NONE) { /* what another host holds serves nobody here */
        log_error("%s", err.message);
        return code == ERR_OVERLOADED ? EX_UNAVAILABLE : EX_OSERR;
    }
    if (a->autostarted)
        logfile_start(state, own_options(a)->log_size);
    int status = run(a, state, cache);
    logfile_stop();
    endpoint_close(&a->endpoint);
    return status;
}

int app_run(const struct app_args *args)
{
    char state[PATH_SIZE];
    struct app a = {.source = source_of(args, state, sizeof state), .keys = env_keys_new()};
    struct error err = ERROR_INIT;
    int status;
    prepare_process();
    if (settings_load(&a.source, a.keys, &a.settings, &err) == ERR_NONE) {
        a.autostarted = getenv("ASKD_AUTOSTARTED") != NULL;
        /* Twice within the time, so that one sign may come late. */
        a.watchdog_ms = service_take_watchdog() / 2;
        apply_own_options(&a);
        settings_warn(&a.settings);
        env_keys_seal(a.keys);
        status = listen_and_run(&a, args);
    } else {
        status = say_config_error(&err);
    }
    log_ring_stop();
    settings_done(&a.settings);
    env_keys_free(a.keys);
    return status;
}
