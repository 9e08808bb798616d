#include "daemon/prompt/set_internal.h"
#include "lib/base/alloc.h"
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
    const struct prompt *const *p = a, *const *q = b;
    return strcmp((*p)->name, (*q)->name);
}

/* Of two with one name in one folder neither is taken: whoever wrote them says which. Those from `first` on are of one
 * folder, and sorted afterwards. */
static void join_doubles(struct prompt_set *s, size_t first)
{
    size_t kept = first;
    if (s->n > first)
        qsort(s->prompts + first, s->n - first, sizeof *s->prompts, by_name);
    for (size_t i = first; i < s->n; i++) {
        struct prompt *last = kept > first ? s->prompts[kept - 1] : NULL, *p = s->prompts[i];
        if (!last || strcmp(last->name, p->name) != 0) {
            s->prompts[kept++] = p;
            continue;
        }
        free(last->error);
        last->error = NULL;
        prompt_refuse(last, "there is %s too: remove or rename one of them", p->path);
        prompt_free(p);
    }
    s->n = kept;
}

/* Those from `first` on go over those before it. */
static void put_over(struct prompt_set *s, size_t first)
{
    size_t kept = 0, n = s->n;
    for (size_t i = 0; i < first; i++) {
        const struct prompt *const key = s->prompts[i];
        if (bsearch(&key, s->prompts + first, n - first, sizeof *s->prompts, by_name))
            s->prompts[i] = prompt_free(s->prompts[i]);
    }
    for (size_t i = 0; i < n; i++)
        if (i >= first || s->prompts[i])
            s->prompts[kept++] = s->prompts[i];
    s->n = kept;
    if (s->n > 0)
        qsort(s->prompts, s->n, sizeof *s->prompts, by_name);
}

struct prompt_set *prompt_set_read(const char *const *paths)
{
    struct prompt_set *s = NEW(struct prompt_set);
    struct prompt_walk w = {.set = s};
    for (; *paths; paths++) {
        w.root = *paths;
        const size_t first = s->n;
        prompt_folder_read(&w);
        join_doubles(s, first);
        if (first < s->n)
            put_over(s, first);
    }
    if (s->n_watches > PROMPT_SET_WATCHES_MAX)
        s->unwatchable = true;
    return s;
}

struct prompt_set *prompt_set_free(struct prompt_set *s)
{
    if (!s)
        return NULL;
    for (size_t i = 0; i < s->n; i++)
        prompt_free(s->prompts[i]);
    for (size_t i = 0; i < s->n_watches; i++) {
        free(s->watches[i].path);
        free(s->watches[i].awaits);
    }
    free(s->prompts);
    free(s->watches);
    free(s->warning);
    free(s);
    return NULL;
}

const struct prompt *prompt_set_find(const struct prompt_set *s, const char *name, size_t len)
{
    size_t low = 0, high = s->n;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        int c = strncmp(s->prompts[mid]->name, name, len);
        if (c == 0)
            c = s->prompts[mid]->name[len] != '\0';
        if (c == 0)
            return s->prompts[mid];
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}
