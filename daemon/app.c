#include "daemon/app.h"
#include "daemon/core/config.h"
#include "daemon/core/endpoint.h"
#include "daemon/core/log.h"
#include "daemon/core/service.h"
#include "daemon/core/timer.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/keep.h"
#include "daemon/rpc/server.h"
#include "lib/base/clock.h"
#include "lib/base/paths.h"
#include "lib/base/version.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#define SIGNALS 4
#define PATH_SIZE 4096
#define DRAIN_TICK_MS 20
#define STORING_MAX_MS 5000 /* for the last commits, and for clients to take what waits for them */
#define SWEEP_MIN_MS 100
#define SWEEP_MS 60000 /* at least this often what has outlived its time is let go */

struct app_options {
    int log_level;
    int64_t idle_exit_ms, drain_timeout_ms;
};

static const struct config_option app_option_rows[] = {
    {"log_level", CONFIG_ENUM, offsetof(struct app_options, log_level), 0, 0, "notice", log_level_names, CONFIG_RELOAD,
     "The least important lines that are logged. A prompt's text is never logged."},
    {"idle_exit", CONFIG_DURATION, offsetof(struct app_options, idle_exit_ms), 100, 365ll * 86400 * 1000, "30 min",
     NULL, CONFIG_RELOAD, "How long a daemon that a client started stays without client and answer."},
    {"drain_timeout", CONFIG_DURATION, offsetof(struct app_options, drain_timeout_ms), 0, 3600 * 1000, "10 s", NULL,
     CONFIG_RELOAD, "How long running answers may go on after SIGTERM."},
    {0},
};

static const struct config_room app_room = {"daemon", false, sizeof(struct app_options), app_option_rows};
static const struct config_room engine_room = {"daemon", false, sizeof(struct engine_options), engine_option_rows};
static const struct config_room answer_room = {"daemon", false, sizeof(struct answer_options), answer_option_rows};
static const struct config_room rpc_room = {"daemon", false, sizeof(struct rpc_options), rpc_option_rows};

static const struct config_room store_room = {"store", false, sizeof(struct store_options), store_option_rows};

static const struct config_room *const rooms[] = {&store_room, &app_room,      &engine_room, &answer_room,
                                                  &rpc_room,   &provider_room, NULL};

enum app_state {
    APP_RUNNING,
    APP_DRAINING, /* nobody new is let in, what runs may end */
    APP_STORING,  /* nothing runs any more; what was interrupted is kept and told */
    APP_CLOSING,  /* everything closes */
};

struct app {
    enum app_state state;
    uv_loop_t loop;
    struct config *config;
    const struct app_options *opt;
    struct endpoint endpoint;
    struct answer_table *table;
    struct store *store;
    struct engine *engine;
    struct server *server;
    bool autostarted;
    uv_signal_t signals[SIGNALS];
    struct timer *idle, *drain, *sweep;
    int64_t drain_until_us; /* monotonic */
};

/* -- configuration -- */

static enum error_code load_config(const struct app_args *args, struct config **ret, struct error *err)
{
    char user_dir[PATH_SIZE - 16], user[PATH_SIZE];
    const char *paths[3] = {PATHS_SYSTEM_CONFIG "/askd.conf", NULL, NULL};
    if (args->config) {
        paths[0] = args->config;
    } else if (!args->system) {
        if (paths_config_dir(user_dir, sizeof user_dir, NULL) == ERR_NONE) {
            snprintf(user, sizeof user, "%s/askd.conf", user_dir);
            paths[1] = user;
        }
    }
    return config_load(rooms, paths, args->config != NULL, ret, err);
}

static enum error_code load(const struct app_args *args, struct config **config, struct providers **providers,
                            struct error *err)
{
    enum error_code code = load_config(args, config, err);
    if (code != ERR_NONE)
        return code;
    code = providers_load(*config, providers, err);
    if (code != ERR_NONE)
        *config = config_free(*config);
    return code;
}

static int say_config_error(const struct error *err)
{
    fprintf(stderr, "askd: %s\n", err->message);
    return EX_CONFIG;
}

int app_check_config(const struct app_args *args)
{
    struct config *config;
    struct providers *providers;
    struct error err = ERROR_INIT;
    if (load(args, &config, &providers, &err) != ERR_NONE)
        return say_config_error(&err);
    providers_unref(providers);
    config_free(config);
    return 0;
}

int app_print_config(const struct app_args *args)
{
    struct config *config;
    struct error err = ERROR_INIT;
    if (load_config(args, &config, &err) != ERR_NONE)
        return say_config_error(&err);
    config_print(config, stdout);
    config_free(config);
    return 0;
}

/* -- ending -- */

static void on_signal_closed(uv_handle_t *h)
{
    (void)h;
}

static void on_store_closed(void *data)
{
    struct app *a = data;
    a->store = NULL;
}

static void on_engine_closed(void *data)
{
    struct app *a = data;
    a->engine = NULL;
    store_close(a->store, on_store_closed, a); /* last: it takes in what the others left */
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
        service_stopping();
        endpoint_unlink(&a->endpoint);
        server_stop_listening(a->server);
        engine_drain(a->engine);
        timer_stop(a->idle);
        a->drain_until_us = clock_mono_us() + a->opt->drain_timeout_ms * 1000;
        timer_start(a->drain, 0);
        break;
    case APP_STORING:
        engine_interrupt(a->engine);
        a->drain_until_us = clock_mono_us() + STORING_MAX_MS * 1000ll;
        timer_start(a->drain, 0);
        break;
    case APP_CLOSING:
        endpoint_unlink(&a->endpoint);
        for (size_t i = 0; i < SIGNALS; i++)
            uv_close((uv_handle_t *)&a->signals[i], on_signal_closed);
        a->idle = timer_free(a->idle);
        a->drain = timer_free(a->drain);
        a->sweep = timer_free(a->sweep);
        server_close(a->server, on_server_closed, a);
        break;
    }
}

/* Called when a client came or went or an answer ended. */
static void on_activity(void *data)
{
    struct app *a = data;
    if (a->state == APP_RUNNING && a->autostarted)
        timer_start(a->idle, a->opt->idle_exit_ms);
}

static void on_idle(void *data)
{
    struct app *a = data;
    if (server_peers(a->server) || engine_running(a->engine)) {
        timer_start(a->idle, a->opt->idle_exit_ms);
        return;
    }
    log_notice("nobody has asked for idle_exit: ending");
    enter(a, APP_DRAINING);
}

/* While draining: has everything ended, and was it sent? */
static void on_drain_tick(void *data)
{
    struct app *a = data;
    bool busy = engine_running(a->engine) || server_busy(a->server);
    if (busy && clock_mono_us() < a->drain_until_us)
        timer_start(a->drain, DRAIN_TICK_MS);
    else
        enter(a, a->state == APP_DRAINING ? APP_STORING : APP_CLOSING);
}

static void on_shutdown(void *data)
{
    enter(data, APP_DRAINING);
}

static void on_signal(uv_signal_t *h, int signum)
{
    struct app *a = h->data;
    if (signum == SIGHUP) {
        log_notice("SIGHUP: the configuration is read at start only");
    } else if (a->state == APP_RUNNING) {
        log_notice("%s: draining, at most %lld s; once more ends at once", strsignal(signum),
                   (long long)a->opt->drain_timeout_ms / 1000);
        enter(a, APP_DRAINING);
    } else {
        enter(a, APP_CLOSING);
    }
}

/* When something is due, and in between, since what ends meanwhile does not move the timer. */
static void on_sweep(void *data)
{
    struct app *a = data;
    const struct answer_options *o = config_get(a->config, &answer_room, NULL);
    int64_t next = answer_table_sweep(a->table),
            shortest = o->retain_ms < o->detached_limit_ms ? o->retain_ms : o->detached_limit_ms;
    int64_t tick = shortest / 2 < SWEEP_MS ? shortest / 2 + SWEEP_MIN_MS : SWEEP_MS;
    timer_start(a->sweep, next >= 0 && next < tick ? next : tick);
}

/* -- running -- */

static void log_left_open(uv_handle_t *h, void *data)
{
    (void)data;
    log_error("handle left open: %s", uv_handle_type_name(h->type));
}

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

static void start_signals(struct app *a)
{
    for (size_t i = 0; i < SIGNALS; i++) {
        uv_signal_init(&a->loop, &a->signals[i]);
        a->signals[i].data = a;
        uv_signal_start(&a->signals[i], on_signal, signums[i]);
    }
    hold_signals(SIG_UNBLOCK);
}

static int run(struct app *a, struct providers *providers, const char *state_dir, bool system)
{
    struct server_setup setup = {.opt = *(const struct rpc_options *)config_get(a->config, &rpc_room, NULL),
                                 .system = system,
                                 .owner = geteuid(),
                                 .autostarted = a->autostarted,
                                 .shutdown = on_shutdown,
                                 .activity = on_activity,
                                 .data = a};
    struct error err = ERROR_INIT;
    uv_loop_init(&a->loop);
    a->table = answer_table_new(config_get(a->config, &answer_room, NULL), system);
    a->store = store_new(&a->loop, state_dir, config_get(a->config, &store_room, NULL), keep_recovery());
    a->engine = engine_new(&a->loop, a->table, providers, a->store, config_get(a->config, &engine_room, NULL));
    engine_on_ended(a->engine, on_activity, a);
    a->server = server_new(&a->loop, a->engine, &setup);
    a->idle = timer_new(&a->loop, on_idle, a);
    a->drain = timer_new(&a->loop, on_drain_tick, a);
    a->sweep = timer_new(&a->loop, on_sweep, a);
    start_signals(a);
    int status = 0;
    if (server_listen(a->server, a->endpoint.listen_fd, &err) == ERR_NONE) {
        on_sweep(a);
        on_activity(a);
        service_ready();
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

static enum error_code find_places(const struct app_args *args, char *socket, char *state, size_t n, struct error *err)
{
    enum error_code code = ERR_NONE;
    if (args->socket)
        snprintf(socket, n, "%s", args->socket);
    else
        code = args->system ? paths_system_socket(socket, n, err) : paths_user_socket(socket, n, err);
    if (code == ERR_NONE && args->system)
        snprintf(state, n, "%s", PATHS_SYSTEM_STATE);
    else if (code == ERR_NONE)
        code = paths_state_dir(state, n, err);
    return code;
}

int app_run(const struct app_args *args)
{
    struct app a = {0};
    struct providers *providers;
    struct error err = ERROR_INIT;
    char socket[PATH_SIZE], state[PATH_SIZE];
    signal(SIGPIPE, SIG_IGN);
    hold_signals(SIG_BLOCK);
    /* A core dump would hold what people ask, and copies of keys that a library made. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    /* The usual soft limit is below max_connections, and what is above it would be refused without a word. */
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    if (load(args, &a.config, &providers, &err) != ERR_NONE)
        return say_config_error(&err);
    a.opt = config_get(a.config, &app_room, NULL);
    a.autostarted = getenv("ASKD_AUTOSTARTED") != NULL;
    log_set_level((enum log_level)a.opt->log_level);
    int status = EX_OSERR;
    enum error_code code = find_places(args, socket, state, sizeof socket, &err);
    if (code == ERR_NONE)
        code = endpoint_open(&a.endpoint, socket, state, args->system ? 0660 : 0600, service_take_socket(), &err);
    if (code == ERR_NONE) {
        status = run(&a, providers, state, args->system);
        endpoint_close(&a.endpoint);
    } else if (code == ERR_OVERLOADED) {
        log_notice("another askd (pid %ld) serves here, or is ending; nothing to do", (long)a.endpoint.holder);
        status = 0;
    } else {
        log_error("%s", err.message);
    }
    providers_unref(providers);
    config_free(a.config);
    return status;
}
