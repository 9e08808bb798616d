/* Splits <think>…</think> at the very start of a text off as reasoning, at any chunking. What it hands on may be less
 * than it got, while a tag could still be coming, but never half a character. */
#ifndef ASKD_PROVIDER_THINK_H
#define ASKD_PROVIDER_THINK_H

#include <stdbool.h>
#include <stddef.h>

enum think_state {
    THINK_START,  /* nothing but blanks and perhaps the beginning of <think> so far */
    THINK_INSIDE, /* between the tags */
    THINK_AFTER,  /* behind </think>, blank lines are dropped */
    THINK_PLAIN,  /* text, for good */
};

struct think {
    enum think_state state;
    char held[16]; /* blanks and the beginning of a tag, not handed on yet */
    size_t held_len;
};

typedef void (*think_sink)(void *data, bool reasoning, const char *text, size_t len);

void think_init(struct think *t, bool split); /* split false: everything is text */
void think_feed(struct think *t, const char *text, size_t len, think_sink sink, void *data);
void think_end(struct think *t, think_sink sink, void *data); /* hands on what was held */

#endif
