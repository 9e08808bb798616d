/* A model as a provider's own list tells it: what is there depends on the provider. */
#ifndef ASKD_CHAT_LISTED_H
#define ASKD_CHAT_LISTED_H

#include "lib/chat/price.h"

/* bit, name in files and on the wire */
#define MODALITY_MAP(X)                                                                                                \
    X(MODALITY_TEXT, 1, "text")                                                                                        \
    X(MODALITY_IMAGE, 2, "image")                                                                                      \
    X(MODALITY_AUDIO, 4, "audio")                                                                                      \
    X(MODALITY_VIDEO, 8, "video")                                                                                      \
    X(MODALITY_FILE, 16, "file")                                                                                       \
    X(MODALITY_EMBEDDING, 32, "embedding")

enum modality {
#define X(code, bit, name) code = bit,
    MODALITY_MAP(X)
#undef X
};
unsigned modality_from_name(const char *name, size_t len); /* 0 if there is none */
/* Calls each with every name in the set, in the order of the map. */
void modality_each(unsigned set, void (*each)(void *data, const char *name), void *data);

enum known { KNOWN_NOT = -1, KNOWN_NO = 0, KNOWN_YES = 1 };

struct listed {                         /* owns what it points to */
    char *id;                           /* the provider's own name of the model */
    char *title;                        /* for people, NULL if none */
    int64_t context_window, max_output; /* tokens, 0: not told */
    unsigned input, output;             /* of enum modality, 0: not told */
    enum known tools, reasoning;
    struct price *prices;
    size_t n_prices;
};

void listed_done(struct listed *l);

#endif
