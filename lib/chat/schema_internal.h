/* What the walk over a schema (schema_check.c) and what its keywords mean (schema_rules.c) share. */
#ifndef ASKD_CHAT_SCHEMA_INTERNAL_H
#define ASKD_CHAT_SCHEMA_INTERNAL_H

#include "lib/chat/schema_check.h"

/* A value of the answer and where it stands, as a chain on the stack. */
struct spot {
    const struct spot *up; /* NULL at the top */
    const msgpack_object *value;
    const msgpack_object_str *name; /* in its map; NULL: in an array, at index */
    uint32_t index;
};

/* The misfit that lies deepest in the answer: of several alternatives, the one that was nearest. */
struct misfit {
    unsigned depth;
    char why[SCHEMA_WHY_SIZE];
};

struct check {
    const msgpack_object *root; /* of the schema */
    struct misfit *misfit;      /* NULL: nobody wants to know */
    unsigned depth;
    size_t steps;
    char *why;    /* of an abort */
    bool aborted; /* it cannot be told, and nothing may take it for an answer */
};

struct schema_rule {
    const char *keyword;
    unsigned kinds; /* of values (enum kind) that it says something of */
    /* Whether the value at `at` fits what the keyword asks, and else says why. map: the schema that it stands in. */
    bool (*holds)(struct check *c, const msgpack_object_map *map, const msgpack_object *asked, const struct spot *at);
};

enum kind { NO_KIND = 0, NIL = 1, BOOLEAN = 2, NUMBER = 4, STRING = 8, ARRAY = 16, MAP = 32, ANY_KIND = 63 };

enum kind schema_kind(const msgpack_object *o);
int schema_shown(const msgpack_object_str *name); /* so many bytes of a text, for a "%.*s" in a message */

/* NULL for one that is not known. */
const struct schema_rule *schema_rule_find(const msgpack_object_str *keyword);

/* The order of a canonical map's names. One that is empty may have no bytes at all. */
int schema_compare(const char *a, size_t a_len, const char *b, size_t b_len);

/* The member of a canonical map, NULL if it has none of that name. */
const msgpack_object *schema_member(const msgpack_object_map *m, const char *name, size_t len);

/* Whether the value fits the schema. */
bool check_apply(struct check *c, const msgpack_object *schema, const struct spot *at);
/* The same of a schema elsewhere in the root. */
bool check_follow(struct check *c, const msgpack_object_str *ref, const struct spot *at);
/* The same, without a word. */
bool check_quietly(struct check *c, const msgpack_object *schema, const struct spot *at);

/* Counts what is done. False when it is too much. */
bool check_charge(struct check *c, size_t steps);

/* Both return false. */
bool check_fail(struct check *c, const struct spot *at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
bool check_abort(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
