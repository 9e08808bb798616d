/* Names to what they stand for: a sorted array, made once and searched from then on. Borrows all that it points to. */
#ifndef ASKD_CATALOG_INDEX_H
#define ASKD_CATALOG_INDEX_H

#include <stddef.h>

struct index_entry {
    const char *group, *name; /* a name is looked for within its group; "" where there is but one */
    const void *value;
};

/* Sorts; of entries with the same name, the order is that of their values' addresses. */
void index_sort(struct index_entry *entries, size_t n);
/* The first entry of that name, NULL if there is none. */
const struct index_entry *index_find(const struct index_entry *entries, size_t n, const char *group, const char *name,
                                     size_t len);
/* The first entry, after which another of the same name follows; NULL if there is none. */
const struct index_entry *index_twice(const struct index_entry *entries, size_t n);

#endif
