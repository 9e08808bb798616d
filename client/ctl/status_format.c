#include "client/ctl/status_format.h"
#include "client/common/field.h"
#include "client/common/figures.h"
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

enum {
    PATIENCE_MS = 250, /* for the reply: a prompt must not wait for a daemon that hangs */
    CONNECT_MS = 1000, /* and for a place in its queue, if that is full of clients that gave up */
    LINE_MAX_BYTES = 64 << 10,
    VALUE_SIZE = 256
};

/* -- the fields: each writes its value, and nothing where it is not known -- */

typedef void write_field(struct buf *b, const msgpack_object_map *status, const char *field);

static void put_str(struct buf *b, const msgpack_object_map *status, const char *field)
{
    char text[VALUE_SIZE];
    (void)buf_puts(b, field_line(status, field, text, sizeof(text)));
}

static void put_int(struct buf *b, const msgpack_object_map *status, const char *field)
{
    int64_t n;
    if (field_int(status, field, &n))
        (void)buf_printf(b, "%" PRId64, n);
}

static void put_span(struct buf *b, const msgpack_object_map *status, const char *field)
{
    char text[FIGURE_LEN];
    double seconds;
    if (!field_double(status, field, &seconds))
        return;
    figures_span(text, seconds);
    (void)buf_puts(b, text);
}

static void put_store(struct buf *b, const msgpack_object_map *status, const char *field)
{
    msgpack_object_map store;
    if (field_map(status, "store", &store))
        put_str(b, &store, field);
}

/* -- of the providers -- */

enum provider_is { ANY, READY, DOWN };

static bool has_open_breaker(const msgpack_object_map *provider)
{
    msgpack_object_array models = {0};
    msgpack_object_map model;
    char breaker[VALUE_SIZE];
    (void)field_array(provider, "models", &models);
    for (uint32_t i = 0; i < models.size; i++)
        if (mp_map(&models.ptr[i], &model) && field_copy(&model, "breaker", breaker, sizeof(breaker)) &&
            strcmp(breaker, "closed") != 0)
            return true;
    return false;
}

/* Down: it could be asked, but failed too often lately. What has no key was never meant to be asked. */
static bool is(const msgpack_object_map *provider, enum provider_is what)
{
    char state[VALUE_SIZE];
    const bool usable = field_copy(provider, "state", state, sizeof(state)) && strcmp(state, "no_key") != 0;
    const bool down = usable && has_open_breaker(provider);
    return what == ANY || (what == READY ? usable && !down : down);
}

static void count_providers(struct buf *b, const msgpack_object_map *status, enum provider_is what, const char *sum)
{
    msgpack_object_array providers;
    msgpack_object_map provider;
    int64_t n, all = 0;
    if (!field_array(status, "providers", &providers))
        return;
    for (uint32_t i = 0; i < providers.size; i++)
        if (mp_map(&providers.ptr[i], &provider) && is(&provider, what))
            all += sum == NULL ? 1 : field_int(&provider, sum, &n) ? n : 0;
    (void)buf_printf(b, "%" PRId64, all);
}

static void put_waiting(struct buf *b, const msgpack_object_map *status, const char *field)
{
    count_providers(b, status, ANY, field);
}

static void put_ready(struct buf *b, const msgpack_object_map *status, const char *field)
{
    (void)field;
    count_providers(b, status, READY, NULL);
}

static void put_down(struct buf *b, const msgpack_object_map *status, const char *field)
{
    (void)field;
    count_providers(b, status, DOWN, NULL);
}

/* -- of today -- */

static void put_today(struct buf *b, const msgpack_object_map *status, const char *field)
{
    msgpack_object_map today;
    if (field_map(status, "today", &today))
        put_int(b, &today, field);
}

static void put_tokens(struct buf *b, const msgpack_object_map *status, const char *field)
{
    msgpack_object_map today;
    char text[FIGURE_LEN];
    int64_t in = 0, out = 0;
    if (!field_map(status, "today", &today))
        return;
    if (strcmp(field, "output_tokens") != 0)
        (void)field_int(&today, "input_tokens", &in);
    if (strcmp(field, "input_tokens") != 0)
        (void)field_int(&today, "output_tokens", &out);
    figures_tokens(text, (double)in + (double)out, true);
    (void)buf_puts(b, text);
}

/* "0.4213 USD, 1.1000 CNY" */
static void put_cost(struct buf *b, const msgpack_object_map *status, const char *field)
{
    msgpack_object_map today, sum;
    msgpack_object_array sums = {0};
    char amount[FIGURE_LEN], currency[16];
    bool any = false;
    if (!field_map(status, "today", &today))
        return;
    (void)field_array(&today, "cost", &sums);
    for (uint32_t i = 0; i < sums.size; i++) {
        int64_t nano;
        if (!mp_map(&sums.ptr[i], &sum) || !field_int(&sum, field, &nano))
            continue;
        figures_nano_rounded(amount, nano);
        (void)buf_printf(b, "%s%s %s", any ? ", " : "", amount,
                         field_line(&sum, "currency", currency, sizeof(currency)));
        any = true;
    }
    if (!any)
        (void)buf_putc(b, '0');
}

static const struct format_field {
    const char *name;
    write_field *write;
    const char *field; /* of the map, for write */
} fields[] = {
    {"version", put_str, "version"},
    {"pid", put_int, "pid"},
    {"uptime", put_span, "uptime"},
    {"model", put_str, "default_model"},
    {"running", put_int, "answers"},
    {"queued", put_waiting, "waiting"},
    {"connections", put_int, "connections"},
    {"providers", put_ready, NULL},
    {"providers_down", put_down, NULL},
    {"requests", put_today, "requests"},
    {"tokens", put_tokens, ""},
    {"tokens_in", put_tokens, "input_tokens"},
    {"tokens_out", put_tokens, "output_tokens"},
    {"cost_today", put_cost, "cost_nano"},
    {"cache_hits", put_today, "cache_hits"},
    {"state", put_store, "state"},
};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

/* -- the format -- */

static const struct format_field *find(const char *name, size_t len)
{
    for (size_t i = 0; i < FIELDS; i++)
        if (strlen(fields[i].name) == len && memcmp(fields[i].name, name, len) == 0)
            return &fields[i];
    return NULL;
}

static int wrong(const struct ctl *c, const char *at, size_t len)
{
    struct buf names;
    buf_init(&names, LINE_MAX_BYTES);
    for (size_t i = 0; i < FIELDS; i++)
        (void)buf_printf(&names, "%s%s", i > 0 ? ", " : "", fields[i].name);
    (void)buf_putc(&names, '\0');
    exit_print(c->program, "'%.*s' is no field: these are %s; a brace is {{ or }}", (int)(len < 40 ? len : 40), at,
               names.failed ? "" : (const char *)names.data);
    buf_done(&names);
    return EXIT_USAGE;
}

/* What stands between two braces; where status is NULL, what stands for it. */
static void put_value(struct buf *line, const struct format_field *f, const char *otherwise, size_t len,
                      const msgpack_object_map *status)
{
    const size_t before = line->len;
    if (status != NULL)
        f->write(line, status, f->field);
    if (line->len == before)
        (void)buf_append(line, otherwise, len);
}

/* Appends the line. *any: something in it tells what stands for a field that is not known. status: NULL for none. */
static int put_line(const struct ctl *c, struct buf *line, const char *format, const msgpack_object_map *status,
                    bool *any)
{
    *any = false;
    for (const char *s = format; *s != '\0'; s++) {
        if ((*s != '{' && *s != '}') || s[1] == s[0]) {
            (void)buf_putc(line, *s);
            s += *s == '{' || *s == '}';
            continue;
        }
        const char *end = strchr(s, '}');
        if (*s == '}' || end == NULL)
            return wrong(c, s, strlen(s));
        const char *bar = memchr(s, '|', (size_t)(end - s));
        const struct format_field *f = find(s + 1, (size_t)((bar != NULL ? bar : end) - s) - 1);
        if (f == NULL)
            return wrong(c, s, (size_t)(end - s) + 1);
        put_value(line, f, bar != NULL ? bar + 1 : end, bar != NULL ? (size_t)(end - bar) - 1 : 0, status);
        *any = *any || bar != NULL;
        s = end;
    }
    return EXIT_OK;
}

/* -- the daemon -- */

static bool receive(struct ask *a, msgpack_unpacked *reply)
{
    struct ask_message m;
    uint32_t msgid;
    size_t at = 0;
    if (ask_send(a, "status", NULL, 0, &msgid, NULL) != ASK_OK)
        return false;
    do
        if (ask_receive(a, PATIENCE_MS, &m, NULL) != ASK_OK)
            return false;
    while (m.kind != ASK_RESPONSE || m.msgid != msgid);
    return m.error == NULL &&
           msgpack_unpack_next(reply, (const char *)m.body, m.body_len, &at) == MSGPACK_UNPACK_SUCCESS;
}

/* False where none runs, or none that answers soon. */
static bool ask_status(const struct ctl *c, struct ask **a, msgpack_unpacked *reply, msgpack_object_map *status)
{
    const struct itimerval bound = {.it_value = {.tv_sec = CONNECT_MS / 1000}}, none = {0};
    struct ask_options running = c->options;
    struct ask_error err;
    running.no_autostart = 1;
    (void)setitimer(ITIMER_REAL, &bound, NULL); /* SIGALRM ends us */
    *a = ask_open(&running, &err);
    (void)setitimer(ITIMER_REAL, &none, NULL);
    return *a != NULL && receive(*a, reply) && mp_map(&reply->data, status);
}

int status_format(struct ctl *c, const char *format)
{
    struct buf line;
    struct ask *a = NULL;
    msgpack_unpacked reply;
    msgpack_object_map map;
    bool any = false;
    buf_init(&line, LINE_MAX_BYTES);
    msgpack_unpacked_init(&reply);
    const bool known = ask_status(c, &a, &reply, &map);
    int status = put_line(c, &line, format, known ? &map : NULL, &any);
    if (status == EXIT_OK && (known || any)) {
        (void)out_text(c->out, (const char *)line.data, line.len);
        (void)out_puts(c->out, "\n");
        status = ctl_flush(c);
    }
    msgpack_unpacked_destroy(&reply);
    ask_close(a);
    buf_done(&line);
    return status;
}
