#include "client/ctl/ctl.h"
#include "client/common/call.h"
#include "client/common/json_print.h"
#include "client/ctl/progress.h"
#include "lib/proto/mp.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PARAMS_MAX = 64 << 10 };

void ctl_printf(struct ctl *c, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (n > 0)
        (void)out_text(c->out, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

int ctl_flush(struct ctl *c)
{
    if (out_flush(c->out))
        return EXIT_OK;
    if (c->out->error == EPIPE)
        return EXIT_PIPE;
    exit_print(c->program, "cannot write the result: %s: choose another place for it", strerror(c->out->error));
    return EXIT_IO;
}

static void on_wait(void *data, const char *what)
{
    const struct ctl *c = data;
    exit_print_wait(c->program, what);
}

struct ask *ctl_open(struct ctl *c, int *status)
{
    struct ask_error err;
    c->options.on_wait = on_wait;
    c->options.wait_data = c;
    struct ask *a = ask_open(&c->options, &err);
    *status = a != NULL ? EXIT_OK : exit_failure(c->program, &err);
    return a;
}

struct ask *ctl_open_running(struct ctl *c, int *status)
{
    struct ask_error err;
    struct ask_options running = c->options;
    running.no_autostart = 1;
    struct ask *a = ask_open(&running, &err);
    *status = a != NULL || err.status == ASK_NO_DAEMON ? EXIT_OK : exit_failure(c->program, &err);
    return a;
}

static int turn(void *data)
{
    return progress_turn(data);
}

int ctl_call(struct ctl *c, struct ask *a, const char *method, const struct buf *params, msgpack_unpacked *reply)
{
    return call_run_while(c->program, a, method, params, reply, c->progress != NULL ? turn : NULL, c->progress);
}

int ctl_call_once(struct ctl *c, struct ask *a, const char *method, const struct buf *params)
{
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    int status = ctl_call(c, a, method, params, &reply);
    if (status == EXIT_OK && c->json)
        status = ctl_print_json(c, &reply.data);
    msgpack_unpacked_destroy(&reply);
    return status;
}

static int call_and_show(struct ctl *c, struct ask *a, const char *method, const struct buf *params,
                         int (*show)(struct ctl *c, msgpack_object *result))
{
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    int status = ctl_call(c, a, method, params, &reply);
    if (c->progress != NULL)
        progress_end(c->progress);
    if (status == EXIT_OK)
        status = show(c, &reply.data);
    msgpack_unpacked_destroy(&reply);
    return status;
}

int ctl_ask(struct ctl *c, const char *method, const struct buf *params,
            int (*show)(struct ctl *c, msgpack_object *result))
{
    int status;
    struct ask *a = ctl_open(c, &status);
    if (a == NULL)
        return status;
    status = call_and_show(c, a, method, params, show);
    ask_close(a);
    return status;
}

int ctl_ask_long(struct ctl *c, const char *method, const struct buf *params, const char *what,
                 int (*show)(struct ctl *c, msgpack_object *result))
{
    struct progress p;
    progress_begin(&p, what);
    c->progress = &p;
    const int status = ctl_ask(c, method, params, show);
    c->progress = NULL;
    return status;
}

int ctl_ask_with(struct ctl *c, const char *method, const struct ctl_param *params, size_t n, const char *what,
                 int (*show)(struct ctl *c, msgpack_object *result))
{
    struct buf b;
    uint32_t given = 0;
    int status = EXIT_USAGE;
    buf_init(&b, PARAMS_MAX);
    const size_t at = mp_open_map(&b);
    for (size_t i = 0; i < n; i++) {
        if (params[i].value == NULL)
            continue;
        mp_put_entry(&b, params[i].name, params[i].value);
        given++;
    }
    mp_close_map(&b, at, given);
    if (b.failed)
        exit_print(c->program, "what is asked for is too long: give a shorter name");
    else
        status = what != NULL ? ctl_ask_long(c, method, &b, what, show) : ctl_ask(c, method, &b, show);
    buf_done(&b);
    return status;
}

int ctl_print_json(struct ctl *c, const msgpack_object *value)
{
    (void)json_print(c->out, value);
    (void)out_write(c->out, "\n", 1);
    return ctl_flush(c);
}

void ctl_put_answer(struct buf *b, const char *id)
{
    mp_put_map(b, 1);
    mp_put_entry(b, "answer", id);
}
