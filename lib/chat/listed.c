#include "lib/chat/listed.h"
#include <stdlib.h>
#include <string.h>

static const struct {
    unsigned bit;
    const char *name;
} modalities[] = {
#define X(code, bit, name) {code, name},
    MODALITY_MAP(X)
#undef X
};
#define COUNT (sizeof(modalities) / sizeof(modalities[0]))

unsigned modality_from_name(const char *name, size_t len)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strlen(modalities[i].name) == len && memcmp(modalities[i].name, name, len) == 0)
            return modalities[i].bit;
    return 0;
}

void modality_each(unsigned set, void (*each)(void *data, const char *name), void *data)
{
    for (size_t i = 0; i < COUNT; i++)
        if (set & modalities[i].bit)
            each(data, modalities[i].name);
}

void listed_done(struct listed *l)
{
    free(l->id);
    free(l->title);
    for (size_t i = 0; i < l->n_prices; i++)
        price_done(&l->prices[i]);
    free(l->prices);
    *l = (struct listed){.tools = KNOWN_NOT, .reasoning = KNOWN_NOT};
}
