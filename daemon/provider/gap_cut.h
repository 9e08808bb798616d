/* An answer cut to its gap, while it streams: events in, events out. A model that is asked for what is missing at a
 * cursor says more than that: it wraps it in a fence, says once more what stands before the cursor, goes on with what
 * stands behind it. What goes on is text that can be put in as it is. Pure; whatever the pieces are that a text comes
 * in, what goes on of it is the same.
 *
 * What may yet turn out to be no part of the gap is held back: at most GAP_CUT_HOLD bytes, but for what stands on a
 * fence's own line.
 *
 * Of every answer:
 * - reasoning is left out;
 * - a marker of the model's own ("<|endoftext|>") ends it, unless the text around the gap is about such markers;
 * - the suffix, said again, ends it: its first GAP_CUT_AGAIN bytes, or a whole line of it. At the very end of the
 * answer less of it is enough, down to one bracket that is closed twice. Of one to a question in words, besides:
 * - a fence around it is taken off, and what is said behind the fence with it; of Markdown only one that says so;
 * - what it says again of the prefix's last lines, or of a word that the cursor stands in, is left out. */
#ifndef ASKD_PROVIDER_GAP_CUT_H
#define ASKD_PROVIDER_GAP_CUT_H

#include "lib/chat/event.h"
#include "lib/chat/gap.h"

#define GAP_CUT_AGAIN 160 /* bytes */
#define GAP_CUT_HOLD 384  /* bytes */

struct gap_cut;

/* The gap is borrowed for the call alone. words: it was asked for in words. */
struct gap_cut *gap_cut_new(const struct chat_gap *gap, bool words, event_sink sink, void *data);
/* Every event of the answer, up to EVENT_DONE. The sink gets that too, or earlier an EVENT_DONE of its own, where the
 * answer goes on behind the gap: then gap_cut_over is true, and what follows is ignored. */
void gap_cut_feed(struct gap_cut *c, const struct chat_event *ev);
bool gap_cut_over(const struct gap_cut *c);
struct gap_cut *gap_cut_free(struct gap_cut *c); /* NULL is fine; always returns NULL */

#endif
