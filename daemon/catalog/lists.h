/* What the providers' own lists of models said when they were last read, kept over restarts in a file of the state
 * folder. Such a file can be had again at any time: where it is damaged it is passed over, not mended.
 *
 * A struct lists is immutable. A new one shares with an old one what is the same, whichever threads have them. */
#ifndef ASKD_CATALOG_LISTS_H
#define ASKD_CATALOG_LISTS_H

#include "lib/base/error.h"
#include "lib/chat/listed.h"

enum {
    LISTS_MAX = 256,           /* providers; with one more, the list that was read longest ago goes */
    LIST_MODELS_MAX = 4096,    /* of one provider; what is beyond is left out */
    LISTS_FILE_MAX = 16 << 20, /* bytes of the file */
};

struct lists;

struct lists *lists_new(void);             /* an empty one */
struct lists *lists_free(struct lists *l); /* NULL is fine; always returns NULL */

/* A copy of l with this list of `section` in place of an older one. Takes the models over, an array from the heap. */
struct lists *lists_with(const struct lists *l, const char *section, struct listed *models, size_t n,
                         int64_t fetched_us);

/* A copy of l with those lists of `other` in place of its own that were read later. */
struct lists *lists_newest(const struct lists *l, const struct lists *other);

/* In no order that means anything; NULL past the end. */
const char *lists_section(const struct lists *l, size_t i);
/* NULL and 0 where the section's list was never read. fetched_us may be NULL. */
const struct listed *lists_get(const struct lists *l, const char *section, size_t *n, int64_t *fetched_us);
/* The first of that id in the section's list, NULL if there is none. */
const struct listed *lists_find(const struct lists *l, const char *section, const char *id);

/* lists_file.c. Both block. */
/* ERR_NOT_FOUND where there is no such file; the error says what is wrong with a damaged one. */
enum error_code lists_load(const char *path, struct lists **ret, struct error *err);
/* Writes a new file of mode 0600 beside the old one, in whose place it is put when it is whole. One at a time. */
enum error_code lists_save(const struct lists *l, const char *path, struct error *err);

#endif
