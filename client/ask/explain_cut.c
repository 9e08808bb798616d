#include "client/ask/explain_cut.h"
#include <string.h>

/* Where our own line is looked for: what we said of ourselves meanwhile may stand behind it. */
enum { OWN_LINES = 8 };

struct span {
    const char *s;
    size_t len;
};

static bool is_blank_char(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct span without_blanks(struct span s)
{
    while (s.len > 0 && (is_blank_char(s.s[s.len - 1]) || s.s[s.len - 1] == '\n'))
        s.len--;
    return s;
}

/* Takes the last line off the text, without its end. False where there is none. */
static bool last_line(struct span *text, struct span *line)
{
    if (text->len == 0)
        return false;
    size_t end = text->len - (text->s[text->len - 1] == '\n'), at = end;
    while (at > 0 && text->s[at - 1] != '\n')
        at--;
    *line = (struct span){text->s + at, end - at};
    text->len = at;
    return true;
}

static bool starts_with(struct span s, struct span start)
{
    return s.len >= start.len && memcmp(s.s, start.s, start.len) == 0;
}

/* With a blank before it, or nothing. */
static bool ends_with(struct span s, struct span end)
{
    s = without_blanks(s);
    return s.len >= end.len && memcmp(s.s + s.len - end.len, end.s, end.len) == 0 &&
           (s.len == end.len || is_blank_char(s.s[s.len - end.len - 1]));
}

/* What stands before the word "ask" that is nearest before the option. Empty where none does. */
static struct span prompt_of(struct span line, const char *option)
{
    static const char ask[] = "ask ";
    const size_t n = sizeof(ask) - 1;
    for (size_t at = (size_t)(option - line.s) + 1; at-- > 0;)
        if (at + n <= line.len && memcmp(line.s + at, ask, n) == 0 && (at == 0 || is_blank_char(line.s[at - 1])))
            return (struct span){line.s, at};
    return (struct span){line.s, 0};
}

/* Takes the line by which we were run off the text, with what follows it; its prompt. */
static struct span take_own(struct span *text)
{
    struct span left = *text, line, own = {text->s, 0};
    for (unsigned i = 0; i < OWN_LINES && last_line(&left, &line); i++) {
        const char *option = memmem(line.s, line.len, EXPLAIN_OPTION, sizeof(EXPLAIN_OPTION) - 1);
        if (option != NULL) {
            text->len = left.len;
            return prompt_of(line, option);
        }
    }
    (void)last_line(text, &line); /* another name of ours, as an alias is */
    return own;
}

/* The first line of the command, as it can stand in one of the terminal. */
static struct span first_line(const char *command)
{
    const struct span s = {command != NULL ? command : "", command != NULL ? strcspn(command, "\n") : 0};
    return without_blanks(s);
}

/* How the line is known in which the last command was typed, the surest first. */
enum sign { BOTH, COMMAND, PROMPT, SIGNS };

static bool has(enum sign sign, struct span line, struct span prompt, struct span command)
{
    if (sign == COMMAND)
        return command.len > 0 && ends_with(line, command);
    if (prompt.len == 0 || !starts_with(line, prompt) || (sign == BOTH && command.len == 0))
        return false;
    const struct span typed = without_blanks((struct span){line.s + prompt.len, line.len - prompt.len});
    /* A shell that wraps lines itself leaves the first part of a long one. */
    return typed.len > 0 && (sign == PROMPT || starts_with(typed, command) || starts_with(command, typed));
}

/* Where the last such line begins. NULL: there is none. */
static const char *find(enum sign sign, struct span text, struct span prompt, struct span command)
{
    struct span line;
    while (last_line(&text, &line))
        if (has(sign, line, prompt, command))
            return line.s;
    return NULL;
}

static const char *last_lines(struct span text, unsigned n)
{
    struct span line = {text.s, 0};
    for (unsigned i = 0; i < n; i++)
        if (!last_line(&text, &line))
            break;
    return line.s;
}

static void append_line(struct buf *out, struct span line, struct explain_cut *ret)
{
    (void)buf_append(out, line.s, line.len);
    (void)buf_putc(out, '\n');
    ret->lines++;
}

/* From where whole lines fit into the bound. */
static struct span fitting(struct span text)
{
    if (text.len <= EXPLAIN_BYTES_MAX)
        return text;
    const char *from = text.s + text.len - EXPLAIN_BYTES_MAX;
    const char *end = from[-1] == '\n' ? from - 1 : memchr(from, '\n', EXPLAIN_BYTES_MAX);
    if (end == NULL) { /* a single line: its end, from a whole character on */
        while (from < text.s + text.len && ((unsigned char)*from & 0xc0) == 0x80)
            from++;
        return (struct span){from, (size_t)(text.s + text.len - from)};
    }
    return (struct span){end + 1, (size_t)(text.s + text.len - end - 1)};
}

static unsigned count_lines(struct span text)
{
    struct span line;
    unsigned n = 0;
    while (last_line(&text, &line))
        n++;
    return n;
}

/* Its first line, and of the others those at the end that fit. */
static void append(struct buf *out, struct span text, struct explain_cut *ret)
{
    text = without_blanks(text);
    if (text.len == 0)
        return;
    const char *end = memchr(text.s, '\n', text.len);
    const size_t first = end != NULL ? (size_t)(end - text.s) : text.len, head = first + (end != NULL);
    const struct span rest = {text.s + head, text.len - head}, kept = fitting(rest);
    append_line(out, fitting((struct span){text.s, first}), ret);
    ret->left_out = count_lines((struct span){rest.s, rest.len - kept.len});
    if (ret->left_out > 0)
        (void)buf_printf(out, "[%u line%s left out here]\n", ret->left_out, ret->left_out > 1 ? "s are" : " is");
    struct span left = kept;
    while (left.len > 0) {
        const char *next = memchr(left.s, '\n', left.len);
        const size_t n = next != NULL ? (size_t)(next - left.s) : left.len;
        append_line(out, without_blanks((struct span){left.s, n}), ret);
        left.s += n + (next != NULL);
        left.len -= n + (next != NULL);
    }
}

void explain_cut_screen(struct buf *out, const char *screen, size_t len, const char *command, struct explain_cut *ret)
{
    struct span text = without_blanks((struct span){screen, len});
    *ret = (struct explain_cut){.found = false};
    const struct span prompt = take_own(&text), typed = first_line(command);
    const char *from = NULL;
    for (enum sign sign = BOTH; sign < SIGNS && from == NULL; sign++)
        from = find(sign, text, prompt, typed);
    ret->found = from != NULL;
    if (from == NULL)
        from = last_lines(text, EXPLAIN_LINES_UNKNOWN);
    append(out, (struct span){from, (size_t)(text.s + text.len - from)}, ret);
}

void explain_cut_output(struct buf *out, const char *text, size_t len, struct explain_cut *ret)
{
    *ret = (struct explain_cut){.found = true};
    append(out, (struct span){text, len}, ret);
}
