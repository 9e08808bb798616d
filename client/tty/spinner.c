#include "client/tty/spinner.h"
#include "client/common/field.h"
#include "client/tty/cell.h"
#include "client/tty/style.h"
#include <inttypes.h>
#include <stdio.h>

enum { NAME_SIZE = 160, LINE_MAX_BYTES = 8 * SPINNER_SAID_SIZE, TOLD_AFTER_S = 2 };

void spinner_init(struct spinner *s, int64_t now_us)
{
    *s = (struct spinner){.began_us = now_us};
}

/* "gpt-4.1 at openai" */
static void name(char out[SPINNER_SAID_SIZE], const msgpack_object_map *map)
{
    char model[NAME_SIZE], provider[NAME_SIZE];
    (void)field_line(map, "model", model, sizeof(model));
    (void)field_line(map, "provider", provider, sizeof(provider));
    (void)snprintf(out, SPINNER_SAID_SIZE, "%s%s%s", model, provider[0] != '\0' ? " at " : "", provider);
}

void spinner_start(struct spinner *s, const msgpack_object_map *start)
{
    name(s->asked, start);
    s->retry_us = 0;
}

void spinner_retry(struct spinner *s, const msgpack_object_map *retry, int64_t now_us)
{
    const double longest = 1e9; /* seconds */
    double delay = 0;
    msgpack_object_map error;
    s->again[0] = s->said[0] = '\0';
    if (field_map(retry, "error", &error))
        (void)field_line(&error, "message", s->again, sizeof(s->again));
    name(s->asked, retry);
    if (!field_double(retry, "delay", &delay) || !(delay > 0 && delay < longest))
        delay = 0;
    s->retry_us = now_us + (int64_t)(delay * 1e6);
}

void spinner_calls(struct spinner *s, const msgpack_object_map *call)
{
    char tool[NAME_SIZE];
    if (field_line(call, "name", tool, sizeof(tool))[0] != '\0')
        (void)snprintf(s->said, sizeof(s->said), "calls %s", tool);
}

void spinner_say(struct spinner *s, const char *text, size_t len)
{
    error_text(s->said, sizeof(s->said), text, len);
}

static int64_t passed_ms(const struct spinner *s, int64_t now_us)
{
    return (now_us - s->began_us) / 1000;
}

int spinner_wait(const struct spinner *s, int64_t now_us)
{
    const int64_t passed = passed_ms(s, now_us);
    return (int)(passed < SPINNER_AFTER_MS ? SPINNER_AFTER_MS - passed
                                           : SPINNER_FRAME_MS - (passed - SPINNER_AFTER_MS) % SPINNER_FRAME_MS);
}

/* What is known, the latest first. */
static void tell(const struct spinner *s, int64_t now_us, struct buf *b)
{
    const int64_t seconds = passed_ms(s, now_us) / 1000;
    if (s->retry_us > 0)
        (void)buf_printf(b, "%s; %s is asked", s->again, s->asked);
    if (s->retry_us > now_us)
        (void)buf_printf(b, " in %" PRId64 " s", (s->retry_us - now_us + 999999) / 1000000);
    if (s->retry_us == 0)
        (void)buf_puts(b, s->asked[0] != '\0' ? s->asked : "asking");
    if (s->said[0] != '\0')
        (void)buf_printf(b, ": %s", s->said);
    if (seconds >= TOLD_AFTER_S && s->retry_us <= now_us)
        (void)buf_printf(b, ", %" PRId64 " s", seconds);
}

/* Makes what is told harmless, and cuts it to less than a row. */
static void put_cut(const struct buf *told, unsigned columns, bool colour, struct buf *lines)
{
    struct buf harmless, cut;
    buf_init(&harmless, (size_t)4 * LINE_MAX_BYTES);
    buf_init(&cut, (size_t)4 * LINE_MAX_BYTES);
    cell_append(&harmless, (const char *)told->data, told->len);
    if (!harmless.failed)
        cell_append_cut(&cut, (const char *)harmless.data, columns > 0 ? columns - 1 : 0);
    if (!harmless.failed && !cut.failed) {
        style_puts(lines, colour, STYLE_STATUS, (const char *)cut.data);
        (void)buf_putc(lines, '\n');
    }
    buf_done(&harmless);
    buf_done(&cut);
}

void spinner_put(const struct spinner *s, int64_t now_us, unsigned columns, bool colour, struct buf *lines)
{
    static const char *const frames[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
    const int64_t passed = passed_ms(s, now_us) - SPINNER_AFTER_MS;
    if (passed < 0)
        return;
    struct buf told;
    buf_init(&told, LINE_MAX_BYTES);
    const size_t frame = (size_t)(passed / SPINNER_FRAME_MS) % (sizeof(frames) / sizeof(frames[0]));
    (void)buf_printf(&told, "%s ", frames[frame]);
    tell(s, now_us, &told);
    put_cut(&told, columns, colour, lines);
    buf_done(&told);
}
