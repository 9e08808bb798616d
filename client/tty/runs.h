/* A text with its styles and links: what stands in a paragraph, a heading or a table's cells before it is put into
 * lines. What is put in is made harmless (cell_put). Of controls the text holds only RUNS_BREAK, where a line has to
 * end, and RUNS_JOIN, where it ended in the source. */
#ifndef CLIENT_TTY_RUNS_H
#define CLIENT_TTY_RUNS_H

#include "client/tty/style.h"

enum { RUNS_BREAK = '\n', RUNS_JOIN = '\r', RUNS_ADDRESS_MAX = 2048, RUNS_TEXT_MAX = 4 << 20 };

struct runs {
    struct buf text;
    struct buf runs;      /* struct run */
    struct buf addresses; /* each with a NUL, the first empty */
    style_set styles;     /* of what is put next */
    uint32_t link;        /* where its address begins, 0 for none */
    wchar_t before;       /* the last character */
};

/* From `at` on, to where the next begins. */
struct run {
    uint32_t at;
    style_set styles;
    uint32_t link;
};

void runs_init(struct runs *r);
void runs_done(struct runs *r);
void runs_clear(struct runs *r);

void runs_put(struct runs *r, const char *s, size_t len);
void runs_puts(struct runs *r, const char *s); /* ours */
void runs_mark(struct runs *r, char mark);     /* RUNS_BREAK or RUNS_JOIN */

/* What is put next leads to this address, or nowhere where it is NULL. The address is one that runs_address takes. */
void runs_link(struct runs *r, const char *address, size_t len);

/* May a terminal be handed this address? http, https or mailto, of printable ASCII, and not too long. */
bool runs_address(const char *address, size_t len);

bool runs_failed(const struct runs *r);
size_t runs_count(const struct runs *r);
const struct run *runs_at(const struct runs *r, size_t i);
const char *runs_link_of(const struct runs *r, uint32_t link);

#endif
