/* What differs between two configs. */
#include "daemon/core/config_internal.h"
#include <string.h>

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_list(const struct config_value *a, const struct config_value *b)
{
    if (a->list_len != b->list_len)
        return false;
    for (size_t i = 0; i < a->list_len; i++)
        if (strcmp(a->list[i], b->list[i]) != 0)
            return false;
    return true;
}

static bool same_secret(const struct secret *a, const struct secret *b)
{
    if (!a || !b)
        return a == b;
    return secret_len(a) == secret_len(b) && memcmp(secret_reveal(a), secret_reveal(b), secret_len(a)) == 0;
}

static bool same_field(const struct config_option *o, size_t size, const struct config_block *a,
                       const struct config_block *b)
{
    return memcmp((const char *)a->data + o->offset, (const char *)b->data + o->offset, size) == 0;
}

static bool same_value(const struct config_option *o, size_t i, const struct config_block *a,
                       const struct config_block *b)
{
    switch (o->type) {
    case CONFIG_BOOL: return same_field(o, sizeof(bool), a, b);
    case CONFIG_INT:
    case CONFIG_SIZE:
    case CONFIG_DURATION: return same_field(o, sizeof(int64_t), a, b);
    case CONFIG_ENUM: return same_field(o, sizeof(int), a, b);
    case CONFIG_STRING: return same_text(a->values[i].text, b->values[i].text);
    case CONFIG_SECRET: return same_secret(a->values[i].secret, b->values[i].secret);
    case CONFIG_LIST: return same_list(&a->values[i], &b->values[i]);
    }
    return true;
}

/* A section that only one of them has. */
static void tell_section(const struct config_section *s, void (*each)(void *data, const struct config_change *change),
                         void *data)
{
    struct config_change change = {.room = s->blocks[0].room, .name = s->name, .reload = true};

    for (size_t i = 0; i < s->block_count; i++)
        for (const struct config_option *o = s->blocks[i].room->options; o->key; o++)
            change.reload = change.reload && o->flags & CONFIG_RELOAD;
    each(data, &change);
}

static void compare(const struct config_section *before, const struct config_section *after,
                    void (*each)(void *data, const struct config_change *change), void *data)
{
    for (size_t i = 0; i < after->block_count; i++) {
        const struct config_block *a = &before->blocks[i], *b = &after->blocks[i];
        for (size_t k = 0; b->room->options[k].key; k++) {
            const struct config_option *o = &b->room->options[k];
            if (!same_value(o, k, a, b))
                each(data, &(struct config_change){.room = b->room,
                                                   .name = after->name,
                                                   .key = o->key,
                                                   .after = b->data,
                                                   .reload = o->flags & CONFIG_RELOAD});
        }
    }
}

void config_changed(const struct config *before, const struct config *after,
                    void (*each)(void *data, const struct config_change *change), void *data)
{
    for (const struct config_section *s = after->sections; s; s = s->next) {
        const struct config_section *old = config_find(before, s->blocks[0].room->section, s->name);
        if (old)
            compare(old, s, each, data);
        else
            tell_section(s, each, data);
    }
    for (const struct config_section *s = before->sections; s; s = s->next)
        if (!config_find(after, s->blocks[0].room->section, s->name))
            tell_section(s, each, data);
}
