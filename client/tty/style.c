#include "client/tty/style.h"

enum { BOLD = 1, DIM = 2, ITALIC = 4, UNDERLINE = 8 };
enum { DEFAULT, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN }; /* black and white vanish in one theme or the other */

struct look {
    unsigned char weights, colour;
};

static const struct look looks[STYLES] = {
    [STYLE_TITLE] = {BOLD | UNDERLINE, DEFAULT},
    [STYLE_HEADING] = {BOLD, CYAN},
    [STYLE_SUBHEADING] = {BOLD, DEFAULT},
    [STYLE_EMPHASIS] = {ITALIC, DEFAULT},
    [STYLE_STRONG] = {BOLD, DEFAULT},
    [STYLE_STRUCK] = {DIM, DEFAULT},
    [STYLE_CODE] = {0, YELLOW},
    [STYLE_LINK] = {UNDERLINE, DEFAULT},
    [STYLE_ADDRESS] = {DIM, DEFAULT},
    [STYLE_MARKER] = {0, CYAN},
    [STYLE_FRAME] = {DIM, DEFAULT},
    [STYLE_HTML] = {DIM, DEFAULT},
    [STYLE_COMMENT] = {DIM | ITALIC, DEFAULT},
    [STYLE_STRING] = {0, GREEN},
    [STYLE_NUMBER] = {0, MAGENTA},
    [STYLE_KEYWORD] = {BOLD, BLUE},
    [STYLE_NAME] = {0, CYAN},
    [STYLE_ADDED] = {0, GREEN},
    [STYLE_REMOVED] = {0, RED},
    [STYLE_HUNK] = {0, CYAN},
    [STYLE_REASONING] = {DIM, DEFAULT},
    [STYLE_STATUS] = {DIM, DEFAULT},
    [STYLE_PROMPT] = {BOLD, GREEN},
    [STYLE_WARNING] = {0, YELLOW},
    [STYLE_ERROR] = {BOLD, RED},
};

/* All weights of the set, and the colour of its last. */
static struct look look_of(style_set set)
{
    struct look all = {0, DEFAULT};
    for (unsigned i = 0; set != 0; i++, set >>= 1) {
        if ((set & 1) == 0)
            continue;
        all.weights |= looks[i].weights;
        if (looks[i].colour != DEFAULT)
            all.colour = looks[i].colour;
    }
    return all;
}

static void open_look(struct buf *b, struct look look)
{
    static const char codes[] = "1234"; /* in the order of the weights */
    (void)buf_puts(b, "\x1b[0");
    for (unsigned i = 0; codes[i] != '\0'; i++)
        if ((look.weights >> i & 1) != 0)
            (void)buf_append(b, (const char[]){';', codes[i]}, 2);
    if (look.colour != DEFAULT)
        (void)buf_append(b, (const char[]){';', '3', (char)('0' + look.colour)}, 3);
    (void)buf_putc(b, 'm');
}

void style_move(struct buf *b, style_set from, style_set to)
{
    if (from == to)
        return;
    const struct look old = look_of(from), new = look_of(to);
    if (old.weights != new.weights || old.colour != new.colour)
        open_look(b, new);
}

void style_puts(struct buf *b, bool colour, enum style style, const char *harmless)
{
    const style_set set = colour ? STYLE_SET(style) : 0;
    style_move(b, 0, set);
    (void)buf_puts(b, harmless);
    style_move(b, set, 0);
}
