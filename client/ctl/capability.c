#include "client/ctl/capability.h"
#include "client/common/field.h"
#include <string.h>

/* A word, and what says so in a model's map: a field that is true, or a word of a field that is a list. */
static const struct {
    const char *word, *field, *value;
} capabilities[] = {
    {"tools", "tools", NULL},
    {"reasoning", "reasoning", NULL},
    {"image", "modalities_in", "image"},
    {"audio", "modalities_in", "audio"},
    {"video", "modalities_in", "video"},
    {"file", "modalities_in", "file"},
    {"image-out", "modalities_out", "image"},
    {"audio-out", "modalities_out", "audio"},
    {"video-out", "modalities_out", "video"},
    {"embedding", "modalities_out", "embedding"},
};
enum { CAPABILITIES = sizeof(capabilities) / sizeof(capabilities[0]) };

static bool equals(const char *s, size_t len, const char *word)
{
    return len == strlen(word) && memcmp(s, word, len) == 0;
}

static bool read_word(const char *s, size_t len, unsigned *set)
{
    for (size_t i = 0; i < CAPABILITIES; i++) {
        if (equals(s, len, capabilities[i].word)) {
            *set |= 1U << i;
            return true;
        }
    }
    return false;
}

bool capability_read(const char *text, unsigned *set)
{
    for (;;) {
        size_t len = strcspn(text, ",");
        if (!read_word(text, len, set))
            return false;
        if (text[len] == '\0')
            return true;
        text += len + 1;
    }
}

static bool holds(const msgpack_object_map *model, const char *field, const char *value)
{
    msgpack_object_array list;
    const char *s;
    size_t len;
    if (!field_array(model, field, &list))
        return false;
    for (uint32_t i = 0; i < list.size; i++)
        if (mp_str(&list.ptr[i], &s, &len) && equals(s, len, value))
            return true;
    return false;
}

unsigned capability_of(const msgpack_object_map *model)
{
    unsigned set = 0;
    for (size_t i = 0; i < CAPABILITIES; i++) {
        const char *value = capabilities[i].value;
        if (value != NULL ? holds(model, capabilities[i].field, value) : field_true(model, capabilities[i].field))
            set |= 1U << i;
    }
    return set;
}

void capability_each(unsigned set, void (*put)(void *data, const char *word), void *data)
{
    for (size_t i = 0; i < CAPABILITIES; i++)
        if ((set & 1U << i) != 0)
            put(data, capabilities[i].word);
}
