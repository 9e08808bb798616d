#include "client/ask/shell_answer.h"
#include <string.h>

enum { FENCE_MIN = 3 };

struct span {
    const char *s;
    size_t len;
};

/* The next line of what is left, without its end. False where nothing is. */
static bool next_line(struct span *left, struct span *line)
{
    if (left->len == 0)
        return false;
    const char *end = memchr(left->s, '\n', left->len);
    line->s = left->s;
    line->len = end != NULL ? (size_t)(end - left->s) : left->len;
    const size_t taken = line->len + (end != NULL);
    left->s += taken;
    left->len -= taken;
    return true;
}

static size_t blanks_of(struct span line)
{
    size_t n = 0;
    while (n < line.len && (line.s[n] == ' ' || line.s[n] == '\t' || line.s[n] == '\r'))
        n++;
    return n;
}

static bool is_blank(struct span line)
{
    return blanks_of(line) == line.len;
}

/* Blanks at the end of the last line stay: behind a backslash they mean something. */
static struct span trim(struct span text)
{
    struct span left = text, line;
    while (next_line(&left, &line) && is_blank(line))
        text = left;
    const size_t indent = blanks_of(text);
    text.s += indent;
    text.len -= indent;
    while (text.len > 0 && (text.s[text.len - 1] == '\n' || text.s[text.len - 1] == '\r'))
        text.len--;
    return text;
}

/* How many backticks a line begins with that is a fence, else 0. bare: nothing may follow them. */
static size_t fence_of(struct span line, bool bare)
{
    const size_t indent = blanks_of(line);
    size_t n = 0;
    while (indent + n < line.len && line.s[indent + n] == '`')
        n++;
    const struct span rest = {line.s + indent + n, line.len - indent - n};
    if (n < FENCE_MIN || (bare && !is_blank(rest)))
        return 0;
    return rest.len == 0 || memchr(rest.s, '`', rest.len) == NULL ? n : 0;
}

/* A here-document may hold fences of its own. */
static bool has_document(struct span text)
{
    return memmem(text.s, text.len, "<<", 2) != NULL;
}

/* What stands in the one fence of the answer, or in that at its front, whose end may be missing. False: there is no
 * such fence. */
static bool unfence(struct span *text, unsigned *left_out)
{
    const struct span all = *text;
    struct span left = all, line, inside = {all.s, 0};
    size_t fence = 0;
    unsigned outside = 0, fences = 0;
    while (next_line(&left, &line)) {
        if (fence > 0 && fence_of(line, true) >= fence) {
            fence = 0;
        } else if (fence > 0) {
            inside.len = (size_t)(line.s + line.len - inside.s);
        } else if ((fence = fence_of(line, false)) > 0) {
            if (fences++ > 0 || has_document((struct span){all.s, (size_t)(line.s - all.s)}))
                return false;
            inside = (struct span){left.s, 0};
        } else {
            outside += !is_blank(line);
        }
    }
    if (fences == 0)
        return false;
    *text = trim(inside);
    *left_out = outside;
    return true;
}

static bool is_one_line(struct span text)
{
    return memchr(text.s, '\n', text.len) == NULL;
}

/* Backticks around all of it would run what the command prints. */
static bool unquote(struct span *text)
{
    if (text->len < 2 || text->s[0] != '`' || text->s[text->len - 1] != '`' || !is_one_line(*text) ||
        memchr(text->s + 1, '`', text->len - 2) != NULL)
        return false;
    *text = (struct span){text->s + 1, text->len - 2};
    return true;
}

static bool unprompt(struct span *text)
{
    if (text->len < 3 || memcmp(text->s, "$ ", 2) != 0 || !is_one_line(*text))
        return false;
    *text = (struct span){text->s + 2, text->len - 2};
    return true;
}

static bool is_comment(struct span text)
{
    struct span line;
    while (next_line(&text, &line)) {
        const size_t indent = blanks_of(line);
        if (indent < line.len && line.s[indent] != '#')
            return false;
    }
    return true;
}

static enum shell_kind kind_of(struct span text)
{
    if (text.len == 0)
        return SHELL_EMPTY;
    if (text.len > SHELL_ANSWER_MAX)
        return SHELL_TOO_LONG;
    if (memchr(text.s, '\0', text.len) != NULL)
        return SHELL_NUL;
    if (text.s[0] == '-' || text.s[0] == '+')
        return SHELL_OPTION;
    return is_comment(text) ? SHELL_NONE : SHELL_COMMAND;
}

static void put(struct shell_answer *ret, struct span text)
{
    ret->kind = kind_of(text);
    ret->text = text.s;
    ret->len = text.len;
}

void shell_answer_take(struct shell_answer *ret, const char *text, size_t len)
{
    *ret = (struct shell_answer){.taken_off = NULL};
    put(ret, trim((struct span){text, len}));
}

void shell_answer_read(struct shell_answer *ret, const char *text, size_t len)
{
    *ret = (struct shell_answer){.taken_off = NULL};
    struct span command = trim((struct span){text, len});
    if (unfence(&command, &ret->left_out))
        ret->taken_off = "a code fence";
    else if (unquote(&command))
        ret->taken_off = "backticks";
    else if (unprompt(&command))
        ret->taken_off = "a prompt sign";
    put(ret, command);
}
