#include "daemon/archive/markdown.h"
#include <string.h>

static const struct word {
    const char *text;
    enum markdown_mark mark;
    size_t keep; /* of the text's end, what belongs to the rest: a role */
} words[] = {
    {"## instructions", MARK_INSTRUCTIONS, 0},
    {"## user", MARK_MESSAGE, 4},
    {"## assistant", MARK_MESSAGE, 9},
    {"## system", MARK_MESSAGE, 6},
    {"## tool", MARK_MESSAGE, 4},
    {"### reasoning", MARK_REASONING, 0},
    {"### answer", MARK_ANSWER, 0},
    {"### part", MARK_PART, 0},
    {"<!-- askd", MARK_META, 0},
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

enum markdown_mark markdown_mark(const char *line, size_t len, size_t *escapes, const char **rest, size_t *rest_len)
{
    size_t n = 0;
    while (n < len && line[n] == '\\')
        n++;
    *escapes = n;
    line += n;
    len -= n;
    while (len > 0 && is_blank(line[len - 1]))
        len--;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t k = strlen(words[i].text);
        if (len < k || memcmp(line, words[i].text, k) != 0 || (len > k && !is_blank(line[k])))
            continue;
        k -= words[i].keep;
        while (k < len && is_blank(line[k]))
            k++;
        *rest = line + k;
        *rest_len = len - k;
        return words[i].mark;
    }
    return MARK_NONE;
}
