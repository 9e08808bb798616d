#include "daemon/engine/gap_words.h"
#include "lib/base/alloc.h"
#include "lib/base/grow.h"
#include <stdlib.h>
#include <string.h>

bool gap_words_for(const struct provider *p, const char *model)
{
    for (size_t i = 0; i < p->n_in_words; i++)
        if (strcmp(p->in_words[i], model) == 0)
            return true;
    return false;
}

void gap_words_add(struct provider *p, const char *model)
{
    if (gap_words_for(p, model))
        return;
    if (p->n_in_words == GAP_WORDS_MAX) {
        free(p->in_words[0]);
        memmove(p->in_words, p->in_words + 1, --p->n_in_words * sizeof *p->in_words);
    }
    p->in_words = grow_one(p->in_words, p->n_in_words, sizeof *p->in_words);
    p->in_words[p->n_in_words++] = xstrdup(model);
}
