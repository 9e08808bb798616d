#include "lib/chat/gap.h"
#include "lib/base/alloc.h"
#include <stdlib.h>
#include <string.h>

/* What is shown of a text has a bound of ours by then. */
static char *copy(struct gap_text t)
{
    char *s = xmalloc(t.len + 1);
    if (t.len > 0)
        memcpy(s, t.data, t.len);
    s[t.len] = 0;
    return s;
}

struct chat_gap *chat_gap_new(struct gap_text prefix, struct gap_text suffix, const char *language)
{
    struct chat_gap *g = NEW(struct chat_gap);
    g->prefix = copy(prefix);
    g->prefix_len = prefix.len;
    g->suffix = copy(suffix);
    g->suffix_len = suffix.len;
    g->language = xstrdup(language);
    return g;
}

struct chat_gap *chat_gap_free(struct chat_gap *g)
{
    if (!g)
        return NULL;
    free(g->prefix);
    free(g->suffix);
    free(g->language);
    free(g);
    return NULL;
}
