#include "daemon/catalog/lists.h"
#include "daemon/catalog/index.h"
#include "lib/base/alloc.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct list {
    atomic_uint refs;
    char *section;
    int64_t fetched_us;
    struct listed *models;
    size_t n;
    struct index_entry *by_id;
};

struct lists {
    struct list **list; /* a reference each */
    size_t n;
};

/* -- one list -- */

static struct list *list_new(const char *section, struct listed *models, size_t n, int64_t fetched_us)
{
    struct list *l = NEW(struct list);

    for (; n > LIST_MODELS_MAX; n--)
        listed_done(&models[n - 1]);
    atomic_init(&l->refs, 1);
    l->section = xstrdup(section);
    l->fetched_us = fetched_us;
    l->models = models;
    l->n = n;
    l->by_id = xcalloc(n + 1, sizeof(*l->by_id));
    for (size_t i = 0; i < n; i++)
        l->by_id[i] = (struct index_entry){"", models[i].id, &models[i]};
    index_sort(l->by_id, n);
    return l;
}

static struct list *list_ref(struct list *l)
{
    atomic_fetch_add_explicit(&l->refs, 1, memory_order_relaxed);
    return l;
}

static void list_unref(struct list *l)
{
    if (atomic_fetch_sub_explicit(&l->refs, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < l->n; i++)
        listed_done(&l->models[i]);
    free(l->models);
    free(l->by_id);
    free(l->section);
    free(l);
}

/* -- all of them -- */

struct lists *lists_new(void)
{
    return NEW(struct lists);
}

struct lists *lists_free(struct lists *l)
{
    if (!l)
        return NULL;
    for (size_t i = 0; i < l->n; i++)
        list_unref(l->list[i]);
    free(l->list);
    free(l);
    return NULL;
}

static const struct list *find(const struct lists *l, const char *section)
{
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->list[i]->section, section) == 0)
            return l->list[i];
    return NULL;
}

/* Which one a new list of that section takes the place of; l->n: none. */
static size_t place_of(const struct lists *l, const char *section)
{
    size_t oldest = 0;

    for (size_t i = 0; i < l->n; i++) {
        if (strcmp(l->list[i]->section, section) == 0)
            return i;
        if (l->list[i]->fetched_us < l->list[oldest]->fetched_us)
            oldest = i;
    }
    return l->n < LISTS_MAX ? l->n : oldest;
}

static struct lists *copy_of(const struct lists *l)
{
    struct lists *copy = lists_new();

    copy->n = l->n;
    copy->list = xcalloc(l->n + 1, sizeof(struct list *)); /* with room for one more */
    for (size_t i = 0; i < l->n; i++)
        copy->list[i] = list_ref(l->list[i]);
    return copy;
}

/* Takes the reference to the new one over. */
static struct lists *with(const struct lists *l, struct list *new)
{
    struct lists *copy = copy_of(l);
    size_t place = place_of(l, new->section);

    if (place < l->n)
        list_unref(copy->list[place]);
    copy->n += place == l->n;
    copy->list[place] = new;
    return copy;
}

struct lists *lists_with(const struct lists *l, const char *section, struct listed *models, size_t n,
                         int64_t fetched_us)
{
    return with(l, list_new(section, models, n, fetched_us));
}

struct lists *lists_newest(const struct lists *l, const struct lists *other)
{
    struct lists *newest = copy_of(l);

    for (size_t i = 0; i < other->n; i++) {
        const struct list *own = find(newest, other->list[i]->section);
        if (own && own->fetched_us >= other->list[i]->fetched_us)
            continue;
        struct lists *next = with(newest, list_ref(other->list[i]));
        lists_free(newest);
        newest = next;
    }
    return newest;
}

const char *lists_section(const struct lists *l, size_t i)
{
    return i < l->n ? l->list[i]->section : NULL;
}

const struct listed *lists_get(const struct lists *l, const char *section, size_t *n, int64_t *fetched_us)
{
    const struct list *list = find(l, section);

    *n = list ? list->n : 0;
    if (fetched_us)
        *fetched_us = list ? list->fetched_us : 0;
    return list ? list->models : NULL;
}

const struct listed *lists_find(const struct lists *l, const char *section, const char *id)
{
    const struct list *list = find(l, section);
    const struct index_entry *e = list ? index_find(list->by_id, list->n, "", id, strlen(id)) : NULL;

    return e ? e->value : NULL;
}
