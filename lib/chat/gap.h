/* A gap in a text, as at an editor's cursor: what stands before it and behind it, as far as a model is shown it. */
#ifndef ASKD_CHAT_GAP_H
#define ASKD_CHAT_GAP_H

#include <stdbool.h>
#include <stddef.h>

struct gap_text { /* a view, UTF-8 */
    const char *data;
    size_t len;
};

struct chat_gap {          /* all owned */
    char *prefix, *suffix; /* with a NUL behind them, but may hold some */
    size_t prefix_len, suffix_len;
    bool prefix_cut, suffix_cut; /* there was more, farther away */
    char *language;              /* as the asker calls it, NULL: not told */
};

/* Copies. */
struct chat_gap *chat_gap_new(struct gap_text prefix, struct gap_text suffix, const char *language);
struct chat_gap *chat_gap_free(struct chat_gap *g); /* NULL is fine; always returns NULL */

#endif
