/* What config.c (the result and its files), config_read.c (lines), config_merge.c (sections, keys), config_value.c and
 * config_change.c share. */
#ifndef ASKD_CORE_CONFIG_INTERNAL_H
#define ASKD_CORE_CONFIG_INTERNAL_H

#include "daemon/core/config.h"
#include "lib/base/secret.h"

#define uthash_fatal(msg) abort()
#include <stdlib.h>
#include <uthash.h>

enum {
    CONFIG_LINE_MAX = 198,      /* bytes of a line without its end: inih's buffer */
    CONFIG_WORD_MAX = 49,       /* of a key, and of what stands between the brackets of a section: inih's too */
    CONFIG_NAME_MAX = 40,       /* of the name in [section "name"] */
    CONFIG_VALUE_MAX = 16384,   /* of a value with all its continuation lines */
    CONFIG_FILE_MAX = 1 << 20,  /* of one file */
    CONFIG_DROPINS_MAX = 1024,  /* files of one drop-in folder */
    CONFIG_SECTIONS_MAX = 1024, /* in all files */
};

/* One option's value: what the room's struct points into, and where it came from. */
struct config_value {
    char *text; /* as it was written; NULL where there is none, for a secret and for a list */
    char **list;
    unsigned *list_lines; /* of each element */
    size_t list_len;
    struct secret *secret;
    size_t file; /* index into config.files plus one; 0: the default */
    unsigned line;
};

/* One room's part of a section. */
struct config_block {
    const struct config_room *room;
    void *data;                  /* the room's struct */
    struct config_value *values; /* one for each option, in the same order */
};

/* A [section] or a [section "name"], with a block for each room that shares it. */
struct config_section {
    char *name;    /* NULL for an unnamed one */
    size_t file;   /* of its first header, as in config_value; 0 where it has none */
    unsigned line; /* of that */
    struct config_block *blocks;
    size_t block_count;
    struct config_section *next; /* in the order of first mention */
    UT_hash_handle hh;           /* in its kind, by its name */
};

/* The sections whose header begins with the same word. */
struct config_kind {
    struct config_section *plain;  /* the one without a name, NULL where there is none */
    struct config_section **named; /* in the order of first mention */
    size_t n;
    struct config_section *by_name; /* the same, hashed */
};

struct config {
    const struct config_room **rooms; /* NULL-ended */
    struct config_kind *kinds;        /* as many; a kind is that of the first of its rooms */
    struct config_section *sections, **sections_end;
    size_t section_count;
    char **files; /* of those that were read */
    size_t file_count;
};

/* Files on their way into a config. */
struct config_merge {
    struct config *config;
    const char *path; /* of the file being read */
    size_t file;      /* as in config_value */
    char exposed[96]; /* why the file must not hold a secret, "" if it may */
    unsigned line;    /* being read, counted from 1 */

    struct config_section *section; /* where keys go, NULL before the first header */
    struct config_block *block;     /* the key whose value is being gathered, NULL for none */
    size_t option;                  /* its index there */
    unsigned key_line;
};

/* config.c. Fills err with "PATH:LINE: ...", without the line where it is 0, and returns code. */
enum error_code config_error(const char *path, unsigned line, enum error_code code, struct error *err, const char *fmt,
                             ...) __attribute__((format(printf, 5, 6)));
struct config_kind *config_kind_of(const struct config *c, const char *section); /* NULL if no room has such */
struct config_section *config_find(const struct config *c, const char *section, const char *name); /* NULL if none */
/* Reads one file that is open already, called `path` in errors; its owner and mode are not looked at. */
enum error_code config_load_stream(const struct config_room *const *rooms, FILE *f, const char *path,
                                   struct config **ret, struct error *err);

/* config_read.c: feeds the lines of f to the functions below. */
enum error_code config_read(struct config_merge *m, FILE *f, struct error *err);

/* config_merge.c */
void merge_defaults(struct config *c); /* makes the sections that have no name */
enum error_code merge_section(struct config_merge *m, const char *text, size_t len, struct error *err);
enum error_code merge_key(struct config_merge *m, const char *key, struct error *err);
enum error_code merge_value(struct config_merge *m, const char *text, size_t len,
                            struct error *err); /* of the last key */
void merge_end_file(struct config_merge *m);    /* settles what the file as a whole decides */
bool merge_knows_section(const struct config_merge *m, const char *section, size_t len);
bool merge_knows_key(const struct config_merge *m, const char *key, size_t len); /* in the section being read */
enum error_code merge_check(const struct config *c, struct error *err); /* what can be told only after the last file */

/* config_value.c */
enum value_outcome {
    VALUE_OK,
    VALUE_MALFORMED,
    VALUE_RANGE,
};
/* Makes text, which came from a file (0: a default) and line, the value of an option. */
enum value_outcome value_put(struct config_block *b, size_t option, const char *text, size_t len, size_t file,
                             unsigned line);
/* What the row wants, as in "retries must be ...". */
void value_describe(const struct config_option *o, enum value_outcome outcome, char *out, size_t size);
void value_drop(struct config_value *v);
/* As if no file had given it; of an option without a default. */
void value_clear(struct config_block *b, size_t option);

#endif
