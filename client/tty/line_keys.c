/* The keys of the line editor that libedit does not have, or has otherwise. */
#include "client/tty/line_open.h"
#include "client/tty/line_state.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* What libedit's own function that ends a line is bound to: C1 controls are never typed. */
#define ACCEPT_KEY L"\x9d"
#define ACCEPT_BOUND L"\\235"

static const wchar_t paste_end[] = L"\x1b[201~";

static size_t length(EditLine *el)
{
    const LineInfoW *line = el_wline(el);
    return (size_t)(line->lastchar - line->buffer);
}

static void to_end(EditLine *el)
{
    const LineInfoW *line = el_wline(el);
    (void)el_cursor(el, (int)(line->lastchar - line->cursor));
}

/* -- more than one line -- */

static unsigned char on_new_line(EditLine *el, int c)
{
    (void)c;
    return length(el) < LINE_CHARS_MAX && el_winsertstr(el, L"\n") == 0 ? CC_REFRESH : CC_ERROR;
}

static unsigned char on_enter(EditLine *el, int c)
{
    const LineInfoW *line = el_wline(el);
    switch (line_open(line->buffer, length(el))) {
    case LINE_CLOSED: break;
    case LINE_OPEN_FENCE: return on_new_line(el, c);
    case LINE_OPEN_BACKSLASH:
        to_end(el);
        el_deletestr(el, 1);
        return on_new_line(el, c);
    }
    el_wpush(el, ACCEPT_KEY);
    return CC_NORM;
}

/* -- pasting -- */

struct paste {
    struct buf text; /* characters, as wide ones */
    bool returned;   /* the last one was \r: "\r\n" is one end of a line */
};

/* Controls but tabs and ends of lines are left out: keys that somebody else chose are not to be pressed. */
static void take_pasted(struct paste *p, wchar_t c)
{
    const bool again = c == L'\n' && p->returned;
    p->returned = c == L'\r';
    if (p->returned)
        c = L'\n';
    if (!again && (c == L'\t' || c == L'\n' || (c >= L' ' && c != 0x7f)))
        (void)buf_append(&p->text, &c, sizeof(c));
}

/* All up to its end; false where the reading ended. */
static bool read_paste(EditLine *el, struct paste *p)
{
    size_t seen = 0; /* of what marks the end */
    wchar_t c;
    while (paste_end[seen] != L'\0') {
        if (el_wgetc(el, &c) != 1)
            return false;
        if (c == paste_end[seen]) {
            seen++;
            continue;
        }
        for (size_t i = 0; i < seen; i++)
            take_pasted(p, paste_end[i]);
        seen = c == paste_end[0];
        if (seen == 0)
            take_pasted(p, c);
    }
    return true;
}

static unsigned char on_paste(EditLine *el, int c)
{
    (void)c;
    const wchar_t end = L'\0';
    const size_t has = length(el);
    struct paste p = {.returned = false};
    buf_init(&p.text, (LINE_CHARS_MAX - (has < LINE_CHARS_MAX ? has : LINE_CHARS_MAX) + 1) * sizeof(end));
    unsigned char done = CC_NORM;
    struct line *l = line_of(el);
    l->pasting = true;
    const bool all = read_paste(el, &p);
    l->pasting = false;
    if (all) {
        const bool whole = !p.text.failed && buf_append(&p.text, &end, sizeof(end));
        if (whole && p.text.len > sizeof(end))
            done = el_winsertstr(el, (const wchar_t *)p.text.data) == 0 ? CC_REFRESH : CC_ERROR;
        else if (!whole)
            done = CC_ERROR;
    }
    buf_done(&p.text);
    return done;
}

/* -- history -- */

static void replace(EditLine *el, const wchar_t *text)
{
    to_end(el);
    el_deletestr(el, (int)length(el));
    if (text[0] != L'\0')
        (void)el_winsertstr(el, text);
}

static wchar_t *copy_line(EditLine *el)
{
    const LineInfoW *line = el_wline(el);
    const size_t n = length(el);
    wchar_t *copy = calloc(n + 1, sizeof(*copy));
    if (copy != NULL)
        (void)wmemcpy(copy, line->buffer, n);
    return copy;
}

/* The input so many back; 0 is the one that is being typed, kept here: libedit would keep its first 1024 characters. */
static unsigned char go_back(struct line *l, unsigned back)
{
    const wchar_t *text = back > 0 ? line_history_back(l->history, back) : l->typed;
    if (text == NULL)
        return CC_ERROR;
    if (l->back == 0) {
        free(l->typed);
        l->typed = copy_line(l->el);
        if (l->typed == NULL)
            return CC_ERROR;
    }
    replace(l->el, text);
    l->back = back;
    return CC_REFRESH;
}

/* Moves the cursor a line up or down within the text; false where there is none. */
static bool move_line(EditLine *el, bool up)
{
    const LineInfoW *line = el_wline(el);
    const wchar_t *begin = line->cursor, *to;
    while (begin > line->buffer && begin[-1] != L'\n')
        begin--;
    const ptrdiff_t column = line->cursor - begin;
    if (up) {
        if (begin == line->buffer)
            return false;
        to = begin - 1;
        while (to > line->buffer && to[-1] != L'\n')
            to--;
    } else {
        to = wmemchr(line->cursor, L'\n', (size_t)(line->lastchar - line->cursor));
        if (to == NULL)
            return false;
        to++;
    }
    for (ptrdiff_t i = 0; i < column && to < line->lastchar && *to != L'\n'; i++)
        to++;
    (void)el_cursor(el, (int)(to - line->cursor));
    return true;
}

static unsigned char on_up(EditLine *el, int c)
{
    (void)c;
    struct line *l = line_of(el);
    return move_line(el, true) ? CC_CURSOR : go_back(l, l->back + 1);
}

static unsigned char on_down(EditLine *el, int c)
{
    (void)c;
    struct line *l = line_of(el);
    if (move_line(el, false))
        return CC_CURSOR;
    return l->back > 0 ? go_back(l, l->back - 1) : CC_ERROR;
}

/* -- completion -- */

static unsigned columns(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* What the word and all its candidates go on with. */
static bool insert_common(EditLine *el, const struct complete *c, size_t word)
{
    char more[512];
    wchar_t wide[sizeof(more)];
    const char *first = complete_next(c, NULL);
    const size_t common = complete_common(c);
    if (common < word || common - word >= sizeof(more) - 1)
        return false;
    size_t n = common - word;
    memcpy(more, first + word, n);
    if (c->n == 1 && common > 0 && first[common - 1] != '/')
        more[n++] = ' ';
    more[n] = '\0';
    return n > 0 && mbstowcs(wide, more, sizeof(more)) != (size_t)-1 && el_winsertstr(el, wide) == 0;
}

static void list(struct line *l, const struct complete *c)
{
    struct buf out;
    buf_init(&out, COMPLETE_BYTES_MAX);
    complete_list(c, columns(), &out);
    line_pass(l);
    (void)fwrite(out.data, 1, out.len, stdout);
    line_show(l);
    buf_done(&out);
}

static unsigned char complete_in(struct line *l, const char *text, size_t cursor)
{
    struct complete c;
    unsigned char done = CC_ERROR;
    complete_init(&c);
    l->hooks.complete(l->hooks.data, text, cursor, &c);
    complete_sort(&c);
    if (c.n > 0 && insert_common(l->el, &c, cursor - c.from)) {
        done = CC_REFRESH;
    } else if (c.n > 1) {
        list(l, &c);
        done = CC_NORM;
    }
    complete_done(&c);
    return done;
}

static unsigned char on_tab(EditLine *el, int c)
{
    (void)c;
    const LineInfoW *line = el_wline(el);
    struct buf text;
    buf_init(&text, LINE_BYTES_MAX);
    line_narrow(line->buffer, (size_t)(line->cursor - line->buffer), &text);
    const char *s = buf_cstr(&text);
    const unsigned char done = text.failed ? CC_ERROR : complete_in(line_of(el), s, text.len);
    buf_done(&text);
    return done;
}

/* -- all of them -- */

static const struct {
    const wchar_t *name, *help;
    unsigned char (*run)(EditLine *el, int c);
} functions[] = {
    {L"ask-enter", L"End the input, or go on with another line of it", on_enter},
    {L"ask-new-line", L"Go on with another line", on_new_line},
    {L"ask-paste", L"Take in what is pasted", on_paste},
    {L"ask-up", L"A line up, or an input back", on_up},
    {L"ask-down", L"A line down, or an input forward", on_down},
    {L"ask-complete", L"Complete the word", on_tab},
};

static const struct {
    const wchar_t *key, *function;
} keys[] = {
    {ACCEPT_BOUND, L"ed-newline"},
    {L"\\012", L"ask-enter"},
    {L"\\015", L"ask-enter"},
    {L"\\033\\012", L"ask-new-line"},
    {L"\\033\\015", L"ask-new-line"},
    {L"\\033[200~", L"ask-paste"},
    {L"\\033[A", L"ask-up"},
    {L"\\033OA", L"ask-up"},
    {L"\\020", L"ask-up"}, /* Ctrl-P */
    {L"\\033[B", L"ask-down"},
    {L"\\033OB", L"ask-down"},
    {L"\\016", L"ask-down"}, /* Ctrl-N */
    {L"\\011", L"ask-complete"},
    {L"\\022", L"em-inc-search-prev"}, /* Ctrl-R */
    {L"\\033[H", L"ed-move-to-beg"},
    {L"\\033[1~", L"ed-move-to-beg"},
    {L"\\033[F", L"ed-move-to-end"},
    {L"\\033[4~", L"ed-move-to-end"},
    {L"\\033[3~", L"ed-delete-next-char"},
    {L"\\033[1;5C", L"em-next-word"},
    {L"\\033[1;5D", L"ed-prev-word"},
};

void line_keys_bind(struct line *l)
{
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
        (void)el_wset(l->el, EL_ADDFN, functions[i].name, functions[i].help, functions[i].run);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        (void)el_wset(l->el, EL_BIND, keys[i].key, keys[i].function, NULL);
}
