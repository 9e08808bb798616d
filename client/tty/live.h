/* A region at the end of a terminal's screen that is drawn again and again: lines that may still change, below those
 * that are printed for good. Pure: bytes come out, and whoever has the terminal writes them in one piece.
 *
 * Between two pieces the cursor stands at the beginning of the line below the region and is visible, so that what
 * others print begins a line. Each line ends with \n, moves no cursor, and is closed: SGR that is reset, OSC 8 that is
 * ended. One that is wider than the terminal is reckoned with as it wraps. Widths need a locale of UTF-8. */
#ifndef CLIENT_TTY_LIVE_H
#define CLIENT_TTY_LIVE_H

#include "lib/base/buf.h"

enum {
    LIVE_MAX = 16 << 20, /* bytes of the live lines; where there are more they are drawn once, and stay */
    LIVE_COLUMNS = 80,   /* of a terminal that does not tell */
    LIVE_ROWS = 24
};

struct live {
    unsigned columns, rows;
    struct buf lines; /* the live ones, as they were given */
    size_t shown;     /* where in them begins what is on the screen: the last that fit into rows - 1 */
    size_t above;     /* rows of the screen that these take, above the cursor */
    bool stale;       /* the terminal was resized: what these rows hold now is not known */
};

/* The size of the terminal in cells, each 0 where it does not tell. */
void live_init(struct live *l, unsigned columns, unsigned rows);
void live_done(struct live *l);

/* What was drawn is taken to be wrapped anew by the terminal, as most do; the next draw brings all of it. Rows that
 * have left the screen meanwhile stay in the scrollback. */
void live_resize(struct live *l, unsigned columns, unsigned rows);

/* Others have printed since: what was drawn is out of reach, and the next draw begins where the cursor is. */
void live_lost(struct live *l);

/* Appends to out what prints the settled lines for good where the live region stood, and below them the live ones, the
 * last that fit into rows - 1. Lines that stand there already are not sent again; nothing is where nothing changed.
 * Synchronised (DEC 2026), with the cursor hidden meanwhile. */
void live_draw(struct live *l, const struct buf *settled, const struct buf *live, struct buf *out);

/* The live lines stay for good, all of them: those that did not fit are printed too. The region is empty after it. */
void live_end(struct live *l, struct buf *out);

/* What a terminal needs to hear when it was left in the middle of a piece. */
#define LIVE_RESTORE "\x1b[0m\x1b]8;;\x1b\\\x1b[?25h\x1b[?2026l"

#endif
