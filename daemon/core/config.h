/* Configuration: INI files to structs, through rows that the rooms export.
 *
 * A *room* is a section name, a struct's size and a NULL-ended array of options; several rooms may share a section
 * ([daemon]). A named room has one struct per `[section "name"]`. config_load reads the files in order, later ones over
 * earlier ones, key by key, and checks every value against its row; an error names file and line. The result is
 * immutable: a reload is a new load, and a failed one leaves the old in force.
 *
 * Limits of the parser (inih 55): a line of 198 bytes, a section or key of 49. Longer ones are errors, never cut. */
#ifndef ASKD_CORE_CONFIG_H
#define ASKD_CORE_CONFIG_H

#include "lib/base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum config_type {
    CONFIG_BOOL,     /* bool: yes, no, true, false, on, off, 1, 0 */
    CONFIG_INT,      /* int64_t */
    CONFIG_SIZE,     /* int64_t bytes: 64 MiB, 64M, 65536 */
    CONFIG_DURATION, /* int64_t milliseconds: 10, 10 s, 500 ms, 5 min, 1 h, 7 d; a bare number is seconds. With names:
                        or one of these words, of which word i gives -(i + 1) */
    CONFIG_STRING,   /* char *, NULL if absent */
    CONFIG_ENUM,     /* int, index into names */
    CONFIG_SECRET,   /* struct secret *; never printed; a file that holds one must not be readable by others */
    CONFIG_LIST,     /* char **, NULL-ended; repeats in one file append, as for `header`; a later file's replace them */
};

enum {
    CONFIG_RELOAD = 1, /* may change while the daemon runs */
    /* Decides where a key goes: all such keys of one section must come from one file. What a later file gives of them
     * takes the place of an earlier one's as far as it is the same thing: */
    CONFIG_DESTINATION = 2,
    CONFIG_KEY_SOURCE = 4, /* a way to give the key, in place of any other way; */
    CONFIG_HEADER = 16,    /* a list of "Name: value": where the name is a key's, it is as secret as a key */
    CONFIG_ADDRESS = 8     /* and with a key source in the same file, all of the destination */
};

struct config_option {
    const char *key;
    enum config_type type;
    size_t offset;            /* of the field in the room's struct */
    int64_t min, max;         /* for INT, SIZE (bytes), DURATION (ms) */
    const char *def;          /* default as it would stand in a file, NULL: zero */
    const char *const *names; /* ENUM, NULL-ended; DURATION: the words, NULL: none */
    unsigned flags;
    /* One or two sentences for the manual; NULL: those of another option tell of it too, and it is shown where it is
     * set. */
    const char *text;
};

struct config_room {
    const char *section;
    bool named;
    size_t size;
    const struct config_option *options; /* ended by a NULL key */
};

struct config;

/* Reads paths (NULL-ended, in order; a missing one is skipped unless `required`), and beside each its drop-ins FILE.d/
 * *.conf in the order of their names. */
enum error_code config_load(const struct config_room *const *rooms, const char *const *paths, bool required,
                            struct config **ret, struct error *err);
struct config *config_free(struct config *c); /* wipes secrets; always returns NULL */

/* The room's struct; for a named room that instance's, NULL if there is none. Lives as long as the config. */
const void *config_get(const struct config *c, const struct config_room *room, const char *name);

/* Instance i of a named section in the order of first mention, NULL past the end. */
const char *config_name(const struct config *c, const struct config_room *room, size_t i);

/* The file that gave the value, and in *line (NULL is fine) where there; NULL for a default. */
const char *config_origin(const struct config *c, const struct config_room *room, const char *name, const char *key,
                          unsigned *line);

/* An error about a value that was read: "FILE:LINE: …" of `key`, or, where a file did not give it, of the section's
 * first key or else its header. Returns ERR_INVALID_REQUEST. */
enum error_code config_complain(const struct config *c, const struct config_room *room, const char *name,
                                const char *key, struct error *err, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
/* The same about one element of a list. */
enum error_code config_complain_of(const struct config *c, const struct config_room *room, const char *name,
                                   const char *key, size_t element, struct error *err, const char *fmt, ...)
    __attribute__((format(printf, 7, 8)));

/* An option's value where nobody gives one, as it would stand in a file; NULL where nothing would. */
const char *config_default(const struct config_option *o);
/* What an option may be: "64 KiB to 1 GiB", "one of a, b", "yes or no"; "" where any text will do. */
void config_describe(const struct config_option *o, char *out, size_t size);

/* What differs between two configs of the same rooms, by value: it does not matter how a file puts it. */
struct config_change {
    const struct config_room *room;
    const char *name;  /* of the section, NULL where it has none */
    const char *key;   /* NULL: the section was added or removed */
    const void *after; /* the room's new struct; NULL with a NULL key */
    bool reload;       /* the row has CONFIG_RELOAD; of a section: all its rows have */
};
void config_changed(const struct config *before, const struct config *after,
                    void (*each)(void *data, const struct config_change *change), void *data);

/* Every value in force and where it came from, one a line, as `key = value ; file:line`; secrets as `(hidden)`. */
void config_print(const struct config *c, FILE *out);

#endif
