#include "client/ask/shell_show.h"
#include "client/ask/shell_risk.h"
#include "client/common/colour.h"
#include "client/common/escape.h"
#include <stdio.h>
#include <string.h>

#define KEPT "\n\t"
#define INDENT "  "
#define ESCAPED_MAX (SHELL_ANSWER_MAX * ESCAPE_LEN) /* what is longest when it is shown is a control of one byte */

static bool escape(struct buf *shown, const char *command, size_t len)
{
    buf_init(shown, ESCAPED_MAX);
    escape_visible(shown, command, len, KEPT);
    return !shown->failed;
}

static bool is_same(const struct buf *shown, const char *command, size_t len)
{
    return shown->len == len && (len == 0 || memcmp(shown->data, command, len) == 0);
}

bool shell_is_plain(const char *command, size_t len)
{
    struct buf shown;
    const bool plain = escape(&shown, command, len) && is_same(&shown, command, len);
    buf_done(&shown);
    return plain;
}

/* Each line is set in, so that none can pass for one of ours. */
static void put_lines(struct out *out, const char *s, size_t len)
{
    const bool bold = colour_wanted();
    while (len > 0) {
        const char *end = memchr(s, '\n', len);
        const size_t n = end != NULL ? (size_t)(end - s) : len;
        (void)out_puts(out, bold ? INDENT "\x1b[1m" : INDENT);
        (void)out_text(out, s, n);
        (void)out_puts(out, bold ? "\x1b[0m\n" : "\n");
        s += n + (end != NULL);
        len -= n + (end != NULL);
    }
}

static void put_taken_off(struct out *out, const struct shell_answer *command)
{
    char line[160];
    if (command->taken_off == NULL)
        return;
    if (command->left_out == 0)
        (void)snprintf(line, sizeof(line), "ask: %s around it was taken off\n", command->taken_off);
    else
        (void)snprintf(line, sizeof(line), "ask: %s around it was taken off, and %u line%s outside of it\n",
                       command->taken_off, command->left_out, command->left_out > 1 ? "s" : "");
    (void)out_puts(out, line);
}

static void put_risks(struct out *out, const char *command)
{
    size_t at = 0;
    const char *meaning;
    while ((meaning = shell_risk_next(command, &at)) != NULL) {
        (void)out_puts(out, "ask: careful, it ");
        (void)out_puts(out, meaning);
        (void)out_puts(out, "\n");
    }
}

bool shell_show(struct out *out, const struct shell_answer *command)
{
    struct buf shown, text;
    buf_init(&text, SHELL_ANSWER_MAX + 1);
    const bool good = escape(&shown, command->text, command->len) && buf_append(&text, command->text, command->len);
    if (good) {
        put_lines(out, (const char *)shown.data, shown.len);
        put_taken_off(out, command);
        if (!is_same(&shown, command->text, command->len))
            (void)out_puts(out, "ask: careful, what hides or turns characters stands in it as \\x1b or \\u{202e}\n");
        put_risks(out, buf_cstr(&text));
    }
    buf_done(&text);
    buf_done(&shown);
    return good;
}
