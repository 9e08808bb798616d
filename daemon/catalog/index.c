#include "daemon/catalog/index.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* By bytes, group first. name needs no NUL. */
static int compare(const struct index_entry *e, const char *group, const char *name, size_t len)
{
    int order = strcmp(e->group, group);

    if (order == 0)
        order = strncmp(e->name, name, len);
    if (order == 0)
        order = e->name[len] != '\0';
    return order;
}

static int compare_entries(const void *a, const void *b)
{
    const struct index_entry *x = a, *y = b;
    int order = compare(x, y->group, y->name, strlen(y->name));

    if (order == 0)
        order = ((uintptr_t)x->value > (uintptr_t)y->value) - ((uintptr_t)x->value < (uintptr_t)y->value);
    return order;
}

void index_sort(struct index_entry *entries, size_t n)
{
    if (n > 0)
        qsort(entries, n, sizeof(*entries), compare_entries);
}

const struct index_entry *index_find(const struct index_entry *entries, size_t n, const char *group, const char *name,
                                     size_t len)
{
    size_t low = 0, high = n;

    if (memchr(name, '\0', len)) /* no name holds one, and the comparison would end there */
        return NULL;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&entries[middle], group, name, len) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && compare(&entries[low], group, name, len) == 0 ? &entries[low] : NULL;
}

const struct index_entry *index_twice(const struct index_entry *entries, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (strcmp(entries[i - 1].group, entries[i].group) == 0 && strcmp(entries[i - 1].name, entries[i].name) == 0)
            return &entries[i - 1];
    return NULL;
}
