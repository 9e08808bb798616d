#include "client/ctl/status_format.h"
#include "client/common/field.h"
#include "client/ctl/status_fields.h"
#include <string.h>
#include <sys/time.h>

enum {
    PATIENCE_MS = 250, /* for the reply: a prompt must not wait for a daemon that hangs */
    CONNECT_MS = 1000, /* and for a place in its queue, if that is full of clients that gave up */
    LINE_MAX_BYTES = 64 << 10
};

/* -- the format -- */

static int wrong(const struct ctl *c, const char *at, size_t len)
{
    struct buf names;
    buf_init(&names, LINE_MAX_BYTES);
    for (const struct status_field *f = status_fields; f->name != NULL; f++)
        (void)buf_printf(&names, "%s%s", f > status_fields ? ", " : "", f->name);
    (void)buf_putc(&names, '\0');
    exit_print(c->program, "'%.*s' is no field: these are %s; a brace is {{ or }}", (int)(len < 40 ? len : 40), at,
               names.failed ? "" : (const char *)names.data);
    buf_done(&names);
    return EXIT_USAGE;
}

/* What stands between two braces; where status is NULL, what stands for it. */
static void put_value(struct buf *line, const struct status_field *f, const char *otherwise, size_t len,
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
        const struct status_field *f = status_field_find(s + 1, (size_t)((bar != NULL ? bar : end) - s) - 1);
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
    if (status == EXIT_OK && line.failed) {
        exit_print(c->program, "the line would have more than %d KiB: give a shorter --format", LINE_MAX_BYTES >> 10);
        status = EXIT_USAGE;
    } else if (status == EXIT_OK && (known || any)) {
        (void)out_text(c->out, (const char *)line.data, line.len);
        (void)out_puts(c->out, "\n");
        status = ctl_flush(c);
    }
    msgpack_unpacked_destroy(&reply);
    ask_close(a);
    buf_done(&line);
    return status;
}
