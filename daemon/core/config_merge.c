/* Sections and keys: what a line means by the rows of the rooms, and which file's word counts. */
#include "daemon/core/config_internal.h"
#include "lib/base/alloc.h"
#include "lib/base/exchange.h"
#include "lib/base/grow.h"
#include <assert.h>
#include <string.h>

#define FAIL(m, code, ...) config_error((m)->path, (m)->line, (code), __VA_ARGS__)

enum error_code merge_value(struct config_merge *m, const char *text, size_t len, struct error *err)
{
    const struct config_option *o = &m->block->room->options[m->option];
    enum value_outcome outcome = value_put(m->block, m->option, text, len, m->file, m->key_line);
    const struct config_value *v = &m->block->values[m->option];
    char want[256];

    if (outcome == VALUE_OK && *m->exposed && (o->flags & CONFIG_HEADER) &&
        exchange_header_is_secret(v->list[v->list_len - 1]))
        return config_error(m->path, m->key_line, ERR_PERMISSION_DENIED, err,
                            "this '%s' carries a secret, and the file %s", o->key, m->exposed);
    if (outcome == VALUE_OK)
        return ERR_NONE;
    value_describe(o, outcome, want, sizeof(want));
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
        enum value_outcome outcome = value_put(b, i, def, strlen(def), 0, 0);
        assert(outcome == VALUE_OK); /* a row whose default does not fit the row */
        (void)outcome;
    }
}

static void add_to_kind(struct config_kind *kind, struct config_section *s)
{
    if (!s->name) {
        kind->plain = s;
        return;
    }
    kind->named = grow_one(kind->named, kind->n, sizeof(struct config_section *));
    kind->named[kind->n++] = s;
    HASH_ADD_KEYPTR(hh, kind->by_name, s->name, strlen(s->name), s);
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
    add_to_kind(config_kind_of(c, section), s);
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
            if (strncmp(options[k].key, key, len) == 0 && options[k].key[len] == '\0') {
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
    m->section->file = m->file;
    m->section->line = m->line;
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

/* -- after each file -- */

/* Which of the flags the file gives something of. */
static unsigned flags_given(const struct config_section *s, size_t file)
{
    unsigned flags = 0;

    for (size_t i = 0; i < s->block_count; i++)
        for (size_t k = 0; s->blocks[i].room->options[k].key; k++)
            if (s->blocks[i].values[k].file == file)
                flags |= s->blocks[i].room->options[k].flags;
    return flags;
}

static void clear_earlier(struct config_section *s, size_t file, unsigned flags)
{
    for (size_t i = 0; i < s->block_count; i++)
        for (size_t k = 0; s->blocks[i].room->options[k].key; k++) {
            size_t origin = s->blocks[i].values[k].file;
            if ((s->blocks[i].room->options[k].flags & flags) && origin != 0 && origin != file)
                value_clear(&s->blocks[i], k);
        }
}

void merge_end_file(struct config_merge *m)
{
    for (struct config_section *s = m->config->sections; s; s = s->next) {
        unsigned given = flags_given(s, m->file);
        if (given & CONFIG_KEY_SOURCE)
            clear_earlier(s, m->file, given & CONFIG_ADDRESS ? CONFIG_DESTINATION : CONFIG_KEY_SOURCE);
    }
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
