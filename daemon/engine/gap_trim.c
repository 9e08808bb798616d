#include "daemon/engine/gap_trim.h"
#include "lib/base/utf8.h"
#include <string.h>

#define TOKEN_BYTES_MAX 6 /* of a text that is code or prose: more of it than this for each token is not looked at */
#define TRIES 6           /* each brings the estimate nearer to the bound */

enum side { BEFORE, BEHIND };

static bool begins_character(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

/* At most so many bytes next to the gap, whole characters. */
static struct gap_text nearest(enum side side, struct gap_text t, size_t max)
{
    if (t.len <= max)
        return t;
    if (side == BEHIND)
        return (struct gap_text){t.data, utf8_whole(t.data, max)};
    const char *from = t.data + t.len - max;
    while (max > 0 && !begins_character(*from)) {
        from++;
        max--;
    }
    return (struct gap_text){from, max};
}

/* Whole lines of it, unless less than half would be left. */
static struct gap_text whole_lines(enum side side, struct gap_text t)
{
    const char *line = side == BEFORE ? memchr(t.data, '\n', t.len) : memrchr(t.data, '\n', t.len);
    size_t to = line ? (size_t)(line + 1 - t.data) : 0;
    size_t len = side == BEFORE ? t.len - to : to;
    if (!line || len < t.len / 2)
        return t;
    return (struct gap_text){side == BEFORE ? t.data + to : t.data, len};
}

/* need: of all of it. */
static struct gap_text fit(enum token_family f, enum side side, int64_t tokens, struct gap_text t, int64_t need)
{
    struct gap_text kept = t;
    int64_t n = need;
    for (int i = 1; i <= TRIES && n > tokens; i++) {
        size_t max = (size_t)((double)kept.len * (double)tokens / (double)n);
        kept = nearest(side, kept, i > TRIES / 2 ? max / 2 : max); /* a share that does not come near it is halved */
        n = tokens_of_text(f, kept.data, kept.len);
    }
    return kept.len < t.len && kept.len > 0 ? whole_lines(side, kept) : kept;
}

struct gap_trim gap_trim(enum token_family f, int64_t tokens, struct gap_text prefix, struct gap_text suffix)
{
    size_t most = (size_t)tokens * TOKEN_BYTES_MAX;
    struct gap_text before = nearest(BEFORE, prefix, most), behind = nearest(BEHIND, suffix, most);
    int64_t need_before = tokens_of_text(f, before.data, before.len);
    int64_t need_behind = tokens_of_text(f, behind.data, behind.len);
    int64_t share = tokens - tokens / 4;
    if (need_before < share)
        share = need_before;
    else if (need_behind < tokens - share)
        share = tokens - need_behind;
    before = fit(f, BEFORE, share, before, need_before);
    behind = fit(f, BEHIND, tokens - share, behind, need_behind);
    return (struct gap_trim){before, behind, before.len < prefix.len, behind.len < suffix.len};
}
