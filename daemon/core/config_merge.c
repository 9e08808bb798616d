/* Sections, keys and values: what a line means by the rows of the rooms, and which file's word counts. */
#include "daemon/core/config_internal.h"
#include "lib/base/alloc.h"
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FAIL(m, code, ...) config_error((m)->path, (m)->line, (code), __VA_ARGS__)

/* -- values -- */

enum outcome {
    VALUE_OK,
    VALUE_MALFORMED,
    VALUE_RANGE,
};

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

/* A whole number, spaces, a unit. */
static enum outcome parse_number(const struct config_option *o, const char *text, int64_t *ret)
{
    const char *digits = text + (*text == '-');
    char *end;

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

static enum outcome parse_bool(const char *text, bool *ret)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcasecmp(text, words[i]) == 0) {
            *ret = i % 2 == 1;
            return VALUE_OK;
        }
    return VALUE_MALFORMED;
}

static enum outcome parse_enum(const struct config_option *o, const char *text, int *ret)
{
    for (int i = 0; o->names[i]; i++)
        if (strcmp(o->names[i], text) == 0) {
            *ret = i;
            return VALUE_OK;
        }
    return VALUE_MALFORMED;
}

void merge_drop_value(struct config_value *v)
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

/* Makes text, which came from a file (0: a default) and line, the value of an option. */
static enum outcome put_value(struct config_block *b, size_t option, const char *text, size_t len, size_t file,
                              unsigned line)
{
    const struct config_option *o = &b->room->options[option];
    struct config_value *v = &b->values[option];
    enum outcome outcome = VALUE_OK;
    int64_t number = 0;
    bool yes = false;
    int index = 0;

    if (o->type != CONFIG_LIST || v->file != file)
        merge_drop_value(v);
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

static void describe_enum(const struct config_option *o, char *out, size_t size)
{
    size_t len = (size_t)snprintf(out, size, "one of");

    for (size_t i = 0; o->names[i] && len < size; i++)
        len += (size_t)snprintf(out + len, size - len, "%s %s", i ? "," : "", o->names[i]);
}

/* What the row wants, as in "retries must be ...". */
static void describe(const struct config_option *o, enum outcome outcome, char *out, size_t size)
{
    char min[40], max[40];

    if (outcome == VALUE_RANGE) {
        snprintf(out, size, "%s to %s", show_number(o, o->min, min, sizeof(min)),
                 show_number(o, o->max, max, sizeof(max)));
        return;
    }
    switch (o->type) {
    case CONFIG_BOOL: snprintf(out, size, "yes or no"); break;
    case CONFIG_INT: snprintf(out, size, "a whole number"); break;
    case CONFIG_SIZE: snprintf(out, size, "a size (65536, 64 KiB, 64K; MiB, GiB, TiB)"); break;
    case CONFIG_DURATION: snprintf(out, size, "a time (10 s, 500 ms, 5 min, 1 h, 7 d)"); break;
    case CONFIG_ENUM: describe_enum(o, out, size); break;
    case CONFIG_STRING:
    case CONFIG_LIST:
    case CONFIG_SECRET: snprintf(out, size, "something"); break;
    }
}

enum error_code merge_value(struct config_merge *m, const char *text, size_t len, struct error *err)
{
    const struct config_option *o = &m->block->room->options[m->option];
    enum outcome outcome = put_value(m->block, m->option, text, len, m->file, m->key_line);
    char want[256];

    if (outcome == VALUE_OK)
        return ERR_NONE;
    describe(o, outcome, want, sizeof(want));
    if (len == 0 || o->type == CONFIG_SECRET)
        return config_error(m->path, m->key_line, ERR_INVALID_REQUEST, err, "%s must be %s, not %s", o->key, want,
                            len == 0 ? "empty" : "this long");
    return config_error(m->path, m->key_line, ERR_INVALID_REQUEST, err, "%s must be %s, not '%.*s'", o->key, want,
                        (int)(len < 60 ? len : 60), text);
}

/* -- sections -- */

static size_t option_count(const struct config_room *room)
{
    size_t n = 0;

    while (room->options[n].key)
        n++;
    return n;
}

static void block_init(struct config_block *b, const struct config_room *room)
{
    size_t n = option_count(room);

    b->room = room;
    b->data = xcalloc(1, room->size);
    b->values = xcalloc(n + 1, sizeof(*b->values));
    for (size_t i = 0; i < n; i++) {
        const char *def = room->options[i].def;
        if (!def)
            continue;
        enum outcome outcome = put_value(b, i, def, strlen(def), 0, 0);
        assert(outcome == VALUE_OK); /* a row whose default does not fit the row */
        (void)outcome;
    }
}

static struct config_section *section_new(struct config *c, const char *section, const char *name)
{
    struct config_section *s = NEW(struct config_section);

    s->name = xstrdup(name);
    for (size_t i = 0; c->rooms[i]; i++) {
        if (strcmp(c->rooms[i]->section, section) != 0)
            continue;
        s->blocks = xrealloc(s->blocks, (s->block_count + 1) * sizeof(*s->blocks));
        s->blocks[s->block_count] = (struct config_block){0};
        block_init(&s->blocks[s->block_count++], c->rooms[i]);
    }
    *c->sections_end = s;
    c->sections_end = &s->next;
    c->section_count++;
    return s;
}

void merge_defaults(struct config *c)
{
    for (size_t i = 0; c->rooms[i]; i++) {
        const struct config_room *room = c->rooms[i];
        if (!room->named && !config_find(c, room->section, NULL))
            section_new(c, room->section, NULL);
    }
}

/* -- words, known and nearly known -- */

static const struct config_room *find_room(const struct config *c, const char *section, size_t len)
{
    for (size_t i = 0; c->rooms[i]; i++)
        if (strlen(c->rooms[i]->section) == len && memcmp(c->rooms[i]->section, section, len) == 0)
            return c->rooms[i];
    return NULL;
}

bool merge_knows_section(const struct config_merge *m, const char *section, size_t len)
{
    return find_room(m->config, section, len);
}

static struct config_block *find_key(struct config_section *s, const char *key, size_t len, size_t *option)
{
    for (size_t i = 0; i < s->block_count; i++) {
        const struct config_option *options = s->blocks[i].room->options;
        for (size_t k = 0; options[k].key; k++)
            if (strlen(options[k].key) == len && memcmp(options[k].key, key, len) == 0) {
                *option = k;
                return &s->blocks[i];
            }
    }
    return NULL;
}

bool merge_knows_key(const struct config_merge *m, const char *key, size_t len)
{
    size_t option;

    return m->section && find_key(m->section, key, len, &option);
}

/* Levenshtein's, of words within the parser's bound. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[CONFIG_WORD_MAX + 1], len = strlen(b);

    if (strlen(a) > CONFIG_WORD_MAX || len > CONFIG_WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (; *a; a++) {
        size_t diagonal = row[0]++;
        for (size_t j = 1; j <= len; j++) {
            size_t best = diagonal + (*a != b[j - 1]);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[len];
}

struct nearest {
    const char *word; /* NULL: none is near */
    size_t distance;
};

/* Near is what differs in a third of the letters or less, but in at most three. */
static void consider(struct nearest *n, const char *written, const char *known)
{
    size_t distance = edit_distance(written, known), third = strlen(known) / 3;

    if (distance <= (third < 1 ? 1 : third < 3 ? third : 3) && (!n->word || distance < n->distance))
        *n = (struct nearest){known, distance};
}

/* A word that may be quoted in an error: not a piece of an API key that slid onto a line of its own. */
static bool is_quotable(const char *word)
{
    enum { LONGEST = 24 };
    size_t len = strlen(word);

    return len <= LONGEST && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == len;
}

static enum error_code unknown_section(struct config_merge *m, const char *section, struct error *err)
{
    struct nearest near = {0};

    for (size_t i = 0; m->config->rooms[i]; i++)
        consider(&near, section, m->config->rooms[i]->section);
    if (near.word)
        return FAIL(m, ERR_INVALID_REQUEST, err, "unknown section [%s]; did you mean [%s]?", section, near.word);
    if (is_quotable(section))
        return FAIL(m, ERR_INVALID_REQUEST, err, "unknown section [%s]", section);
    return FAIL(m, ERR_INVALID_REQUEST, err, "unknown section");
}

static enum error_code unknown_key(struct config_merge *m, const char *key, struct error *err)
{
    const char *section = m->section->blocks[0].room->section;
    struct nearest near = {0};

    for (size_t i = 0; i < m->section->block_count; i++)
        for (const struct config_option *o = m->section->blocks[i].room->options; o->key; o++)
            consider(&near, key, o->key);
    if (near.word)
        return FAIL(m, ERR_INVALID_REQUEST, err, "unknown key '%s' in [%s]; did you mean '%s'?", key, section,
                    near.word);
    if (is_quotable(key))
        return FAIL(m, ERR_INVALID_REQUEST, err, "unknown key '%s' in [%s]", key, section);
    return FAIL(m, ERR_INVALID_REQUEST, err, "unknown key in [%s]", section);
}

/* -- lines -- */

static bool is_name(const char *name, size_t len)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    return len >= 1 && len <= CONFIG_NAME_MAX && strspn(name, allowed) == len;
}

/* Takes `section` or `section "name"` apart in place; *name is NULL where there is none. False where it is neither. */
static bool split_section(char *text, char **section, char **name)
{
    static const char space[] = " \t";
    size_t len = strlen(text);

    while (len > 0 && strchr(space, text[len - 1]))
        text[--len] = '\0';
    *section = text += strspn(text, space);
    *name = NULL;
    char *end = text + strcspn(text, " \t\"");
    char *quote = end + strspn(end, space);
    if (end == text || (*quote && *quote != '"'))
        return false;
    if (*quote == '"') {
        char *close = strrchr(quote, '"');
        if (close == quote || close[1] != '\0')
            return false;
        *close = '\0';
        *name = quote + 1;
    }
    *end = '\0';
    return true;
}

enum error_code merge_section(struct config_merge *m, const char *text, size_t len, struct error *err)
{
    char copy[CONFIG_WORD_MAX + 1], *section, *name;

    assert(len <= CONFIG_WORD_MAX);
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (!split_section(copy, &section, &name))
        return FAIL(m, ERR_INVALID_REQUEST, err, "a section is written [section] or [section \"name\"]");
    const struct config_room *room = find_room(m->config, section, strlen(section));
    if (!room)
        return unknown_section(m, section, err);
    if (room->named && !name)
        return FAIL(m, ERR_INVALID_REQUEST, err, "[%s] needs a name: [%s \"name\"]", section, section);
    if (!room->named && name)
        return FAIL(m, ERR_INVALID_REQUEST, err, "[%s] takes no name", section);
    if (name && !is_name(name, strlen(name)))
        return FAIL(m, ERR_INVALID_REQUEST, err, "the name in [%s \"...\"] must be 1 to %d of A-Z a-z 0-9 . _ -",
                    section, CONFIG_NAME_MAX);
    m->section = config_find(m->config, section, name);
    if (m->section)
        return ERR_NONE;
    if (m->config->section_count >= CONFIG_SECTIONS_MAX)
        return FAIL(m, ERR_INVALID_REQUEST, err, "there are at most %d sections", CONFIG_SECTIONS_MAX);
    m->section = section_new(m->config, section, name);
    return ERR_NONE;
}

enum error_code merge_key(struct config_merge *m, const char *key, struct error *err)
{
    if (!m->section)
        return FAIL(m, ERR_INVALID_REQUEST, err, "a key before the first [section]");
    m->block = find_key(m->section, key, strlen(key), &m->option);
    if (!m->block)
        return unknown_key(m, key, err);
    m->key_line = m->line;
    const struct config_value *v = &m->block->values[m->option];
    enum config_type type = m->block->room->options[m->option].type;
    if (v->file == m->file && type != CONFIG_LIST)
        return FAIL(m, ERR_INVALID_REQUEST, err, "'%s' is given twice, in line %u too", key, v->line);
    if (type == CONFIG_SECRET && *m->exposed)
        return FAIL(m, ERR_PERMISSION_DENIED, err, "'%s' is a secret, and the file %s", key, m->exposed);
    return ERR_NONE;
}

/* -- after the last file -- */

struct destination {
    const char *key;
    const struct config_value *value;
};

static enum error_code refuse_mix(const struct config *c, const struct config_section *s, struct destination a,
                                  struct destination b, struct error *err)
{
    struct destination early = a.value->file < b.value->file ? a : b, late = a.value->file < b.value->file ? b : a;

    return config_error(c->files[late.value->file - 1], late.value->line, ERR_INVALID_REQUEST, err,
                        "%s of [%s%s%s%s] stands here, but its %s in %s:%u; what decides where a key goes must come "
                        "from one file",
                        late.key, s->blocks[0].room->section, s->name ? " \"" : "", s->name ? s->name : "",
                        s->name ? "\"" : "", early.key, c->files[early.value->file - 1], early.value->line);
}

static enum error_code check_destination(const struct config *c, const struct config_section *s, struct error *err)
{
    struct destination first = {0};

    for (size_t i = 0; i < s->block_count; i++) {
        const struct config_block *b = &s->blocks[i];
        for (size_t k = 0; b->room->options[k].key; k++) {
            struct destination d = {b->room->options[k].key, &b->values[k]};
            if (!(b->room->options[k].flags & CONFIG_DESTINATION) || d.value->file == 0)
                continue;
            if (!first.value)
                first = d;
            else if (first.value->file != d.value->file)
                return refuse_mix(c, s, first, d, err);
        }
    }
    return ERR_NONE;
}

enum error_code merge_check(const struct config *c, struct error *err)
{
    for (const struct config_section *s = c->sections; s; s = s->next) {
        enum error_code code = check_destination(c, s, err);
        if (code != ERR_NONE)
            return code;
    }
    return ERR_NONE;
}
