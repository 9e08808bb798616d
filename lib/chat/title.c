#include "lib/chat/title.h"
#include "lib/base/utf8.h"
#include <string.h>

#define CUT "…"

/* The space that does not break a line is one too. */
static bool is_space_or_control(const char *s, size_t len)
{
    return *s == ' ' || utf8_is_control(s, len) || (len == 2 && memcmp(s, "\xc2\xa0", 2) == 0);
}

struct title {
    char *to;
    size_t len, chars;
    size_t word; /* where the last whole word ends, if it is followed by another; else 0 */
    bool space;  /* one stands before the next word */
};

/* False where it does not fit. */
static bool add(struct title *t, const char *s, size_t len)
{
    size_t wanted = t->space && t->len > 0 ? 2 : 1;
    if (t->chars + wanted > TITLE_WORDS)
        return false;
    if (wanted == 2) {
        t->word = t->len;
        t->to[t->len++] = ' ';
    }
    memcpy(t->to + t->len, s, len);
    t->len += len;
    t->chars += wanted;
    t->space = false;
    return true;
}

/* Behind the last whole word; a word that is too long alone is cut itself. */
static void cut(struct title *t)
{
    bool fits = t->space && t->chars < TITLE_WORDS;
    if (!fits && t->word > 0)
        t->len = t->word;
    else if (!fits)
        while (t->len > 0 && ((unsigned char)t->to[--t->len] & 0xc0) == 0x80)
            ;
    memcpy(t->to + t->len, CUT, sizeof CUT);
}

bool title_of_text(const char *text, size_t len, char title[TITLE_SIZE])
{
    struct title t = {.to = title};
    size_t n;
    title[0] = '\0';
    for (size_t at = 0; at < len; at += n) {
        n = utf8_char(text + at, len - at);
        if (n == 0)
            n = 1; /* not there in what came over the wire */
        else if (text[at] == '\n' && t.len > 0)
            break;
        else if (is_space_or_control(text + at, n))
            t.space = true;
        else if (!add(&t, text + at, n)) {
            cut(&t);
            return true;
        }
    }
    title[t.len] = '\0';
    return t.len > 0;
}

static bool title_of_message(const struct message *m, char title[TITLE_SIZE])
{
    for (size_t i = m->n_parts; i > 0; i--) /* what is attached stands before the prompt */
        if (m->parts[i - 1].kind == PART_TEXT && title_of_text(m->parts[i - 1].text, m->parts[i - 1].text_len, title))
            return true;
    return false;
}

bool title_of_messages(const struct message *messages, size_t n, char title[TITLE_SIZE])
{
    for (size_t i = 0; i < n; i++)
        if (messages[i].role == ROLE_USER && title_of_message(&messages[i], title))
            return true;
    for (size_t i = 0; i < n; i++)
        if (title_of_message(&messages[i], title))
            return true;
    title[0] = '\0';
    return false;
}
