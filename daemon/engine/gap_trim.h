/* How much of a text around a gap is shown to a model: the parts that lie next to it, within a bound on tokens. Pure.
 *
 * Three quarters of the bound are for what stands before the gap; what one side does not need, the other may have. A
 * side is cut where a line begins, unless half of what it may have would go with that line, and never inside a
 * character. Of a text of megabytes only what could be shown is looked at. */
#ifndef ASKD_ENGINE_GAP_TRIM_H
#define ASKD_ENGINE_GAP_TRIM_H

#include "daemon/catalog/tokens.h"
#include "lib/chat/gap.h"

struct gap_trim {
    struct gap_text prefix, suffix;
    bool prefix_cut, suffix_cut;
};

/* The views point into those that are given, which are UTF-8. */
struct gap_trim gap_trim(enum token_family f, int64_t tokens, struct gap_text prefix, struct gap_text suffix);

#endif
