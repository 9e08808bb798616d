/* A key as text that somebody gave. Pure. */
#ifndef CLIENT_CTL_KEY_TEXT_H
#define CLIENT_CTL_KEY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Cuts the blanks around it. False where the rest is no key: none, more than a word, or over KEY_FOLDER_KEY_MAX; it
 * would go to the provider in a header. */
bool key_trim(const char **key, size_t *len);

#endif
