/* Values: from what a file says to the field of a room's struct, by the option's row. */
#include "daemon/core/config_internal.h"
#include "lib/base/alloc.h"
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct unit {
    const char *name;
    int64_t factor;
    bool shown; /* in errors; those ascend */
};

static const struct unit size_units[] = {
    {"", 1, false},          {"B", 1, true},           {"K", 1ll << 10, false}, {"KiB", 1ll << 10, true},
    {"M", 1ll << 20, false}, {"MiB", 1ll << 20, true}, {"G", 1ll << 30, false}, {"GiB", 1ll << 30, true},
    {"T", 1ll << 40, false}, {"TiB", 1ll << 40, true}, {NULL, 0, false},
};

static const struct unit duration_units[] = {
    {"", 1000, false},        {"ms", 1, true},           {"s", 1000, true}, {"min", 60 * 1000, true},
    {"h", 3600 * 1000, true}, {"d", 86400 * 1000, true}, {NULL, 0, false},
};

static const struct unit no_units[] = {{"", 1, false}, {NULL, 0, false}};

static const struct unit *units_of(enum config_type type)
{
    switch (type) {
    case CONFIG_SIZE: return size_units;
    case CONFIG_DURATION: return duration_units;
    default: return no_units;
    }
}

/* Word i of the row gives -(i + 1). */
static bool parse_word(const struct config_option *o, const char *text, int64_t *ret)
{
    for (int i = 0; o->names && o->names[i]; i++)
        if (strcmp(o->names[i], text) == 0) {
            *ret = -(i + 1);
            return true;
        }
    return false;
}

/* A whole number, spaces, a unit. */
static enum value_outcome parse_number(const struct config_option *o, const char *text, int64_t *ret)
{
    const char *digits = text + (*text == '-');
    char *end;

    if (parse_word(o, text, ret))
        return VALUE_OK;
    if (*digits < '0' || *digits > '9')
        return VALUE_MALFORMED;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    bool over = errno == ERANGE;
    end += strspn(end, " \t");
    for (const struct unit *u = units_of(o->type); u->name; u++) {
        if (strcasecmp(u->name, end) != 0)
            continue;
        if (over || __builtin_mul_overflow(n, u->factor, ret) || *ret < o->min || *ret > o->max)
            return VALUE_RANGE;
        return VALUE_OK;
    }
    return VALUE_MALFORMED;
}

static const char *show_number(const struct config_option *o, int64_t n, char *out, size_t size)
{
    const struct unit *best = NULL;

    for (const struct unit *u = units_of(o->type); u->name; u++)
        if (u->shown && (!best || (n != 0 && n % u->factor == 0)))
            best = u;
    if (best)
        snprintf(out, size, "%" PRId64 " %s", n / best->factor, best->name);
    else
        snprintf(out, size, "%" PRId64, n);
    return out;
}

static enum value_outcome parse_bool(const char *text, bool *ret)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcasecmp(text, words[i]) == 0) {
            *ret = i % 2 == 1;
            return VALUE_OK;
        }
    return VALUE_MALFORMED;
}

static enum value_outcome parse_enum(const struct config_option *o, const char *text, int *ret)
{
    for (int i = 0; o->names[i]; i++)
        if (strcmp(o->names[i], text) == 0) {
            *ret = i;
            return VALUE_OK;
        }
    return VALUE_MALFORMED;
}

void value_drop(struct config_value *v)
{
    free(v->text);
    for (size_t i = 0; i < v->list_len; i++)
        free(v->list[i]);
    free(v->list);
    free(v->list_lines);
    secret_unref(v->secret);
    *v = (struct config_value){0};
}

static void list_append(struct config_value *v, const char *text, size_t len, unsigned line)
{
    v->list = xrealloc(v->list, (v->list_len + 2) * sizeof(*v->list));
    v->list_lines = xrealloc(v->list_lines, (v->list_len + 1) * sizeof(*v->list_lines));
    v->list[v->list_len] = xstrndup(text, len);
    v->list_lines[v->list_len++] = line;
    v->list[v->list_len] = NULL;
}

static void put_field(struct config_block *b, const struct config_option *o, const void *value, size_t size)
{
    assert(o->offset + size <= b->room->size);
    memcpy((char *)b->data + o->offset, value, size);
}

enum value_outcome value_put(struct config_block *b, size_t option, const char *text, size_t len, size_t file,
                             unsigned line)
{
    const struct config_option *o = &b->room->options[option];
    struct config_value *v = &b->values[option];
    enum value_outcome outcome = VALUE_OK;
    int64_t number = 0;
    bool yes = false;
    int index = 0;

    if (o->type != CONFIG_LIST || v->file != file)
        value_drop(v);
    v->file = file;
    v->line = line;
    if (o->type == CONFIG_SECRET) {
        v->secret = len > 0 ? secret_new(text, len) : NULL;
        put_field(b, o, &v->secret, sizeof(v->secret));
        return v->secret ? VALUE_OK : VALUE_MALFORMED;
    }
    if (o->type == CONFIG_LIST) {
        if (len == 0)
            return VALUE_MALFORMED;
        list_append(v, text, len, line);
        put_field(b, o, &v->list, sizeof(v->list));
        return VALUE_OK;
    }
    v->text = xstrndup(text, len);
    switch (o->type) {
    case CONFIG_BOOL:
        outcome = parse_bool(v->text, &yes);
        put_field(b, o, &yes, sizeof(yes));
        break;
    case CONFIG_INT:
    case CONFIG_SIZE:
    case CONFIG_DURATION:
        outcome = parse_number(o, v->text, &number);
        put_field(b, o, &number, sizeof(number));
        break;
    case CONFIG_ENUM:
        outcome = parse_enum(o, v->text, &index);
        put_field(b, o, &index, sizeof(index));
        break;
    case CONFIG_STRING:
    case CONFIG_SECRET:
    case CONFIG_LIST: put_field(b, o, &v->text, sizeof(v->text)); break;
    }
    return outcome;
}

void value_clear(struct config_block *b, size_t option)
{
    const struct config_option *o = &b->room->options[option];
    const void *none = NULL;

    assert(!o->def && (o->type == CONFIG_STRING || o->type == CONFIG_SECRET || o->type == CONFIG_LIST));
    value_drop(&b->values[option]);
    put_field(b, o, &none, sizeof(none));
}

/* Puts " a, b, c" behind what stands in out. */
static void describe_names(const struct config_option *o, char *out, size_t size)
{
    size_t len = strlen(out);

    for (size_t i = 0; o->names[i] && len < size; i++)
        len += (size_t)snprintf(out + len, size - len, "%s %s", i ? "," : "", o->names[i]);
}

static void describe_words(const struct config_option *o, char *out, size_t size)
{
    size_t len = strlen(out);

    if (o->type != CONFIG_DURATION || !o->names)
        return;
    snprintf(out + len, size - len, ", or one of");
    describe_names(o, out, size);
}

static void describe_range(const struct config_option *o, char *out, size_t size)
{
    char min[40], max[40];

    show_number(o, o->min, min, sizeof(min));
    if (o->max == INT64_MAX)
        snprintf(out, size, "at least %s", min);
    else
        snprintf(out, size, "%s to %s", min, show_number(o, o->max, max, sizeof(max)));
    describe_words(o, out, size);
}

void config_describe(const struct config_option *o, char *out, size_t size)
{
    out[0] = '\0';
    switch (o->type) {
    case CONFIG_BOOL: snprintf(out, size, "yes or no"); break;
    case CONFIG_INT:
    case CONFIG_SIZE:
    case CONFIG_DURATION: describe_range(o, out, size); break;
    case CONFIG_ENUM:
        snprintf(out, size, "one of");
        describe_names(o, out, size);
        break;
    case CONFIG_STRING:
    case CONFIG_LIST:
    case CONFIG_SECRET: break;
    }
}

void value_describe(const struct config_option *o, enum value_outcome outcome, char *out, size_t size)
{
    config_describe(o, out, size);
    if (outcome == VALUE_RANGE)
        return;
    switch (o->type) {
    case CONFIG_INT: snprintf(out, size, "a whole number"); break;
    case CONFIG_SIZE: snprintf(out, size, "a size (65536, 64 KiB, 64K; MiB, GiB, TiB)"); break;
    case CONFIG_DURATION:
        snprintf(out, size, "a time (10 s, 500 ms, 5 min, 1 h, 7 d)");
        describe_words(o, out, size);
        break;
    case CONFIG_BOOL:
    case CONFIG_ENUM: break;
    case CONFIG_STRING:
    case CONFIG_LIST:
    case CONFIG_SECRET: snprintf(out, size, "something"); break;
    }
}
