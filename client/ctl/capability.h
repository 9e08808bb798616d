/* What a model can do, in words: tools, reasoning, what it takes besides text, and what it gives, "image-out". */
#ifndef CLIENT_CTL_CAPABILITY_H
#define CLIENT_CTL_CAPABILITY_H

#include <msgpack.h>
#include <stdbool.h>

/* For help and complaints. */
#define CAPABILITY_WORDS "tools, reasoning, image, audio, video, file, image-out, audio-out, video-out, embedding"

/* Adds the words of a text, with commas between, to a set. False where one is no capability. */
bool capability_read(const char *text, unsigned *set);

unsigned capability_of(const msgpack_object_map *model); /* a row of models.list */

/* Calls put with each word in the set, in the order above. */
void capability_each(unsigned set, void (*put)(void *data, const char *word), void *data);

#endif
