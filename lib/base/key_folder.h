/* The folder in which imported keys lie, beside the configuration: written by askctl, read by the daemon. Key NAME is
 * the file NAME, mode 0600; an empty file NAME.secret-service says that the secret service has it, from which the
 * program ask-secret fetches it. */
#ifndef ASKD_BASE_KEY_FOLDER_H
#define ASKD_BASE_KEY_FOLDER_H

#include <stdbool.h>

#define KEY_FOLDER "keys"
#define KEY_FOLDER_MARKER ".secret-service"
#define KEY_FOLDER_HELPER "ask-secret"
#define KEY_FOLDER_NAME_MAX 64  /* bytes of a provider's name */
#define KEY_FOLDER_KEY_MAX 4096 /* bytes of a key */

/* May a provider of that name have a file there? Not where it would be hidden, lie elsewhere or look like a marker. */
bool key_folder_name_valid(const char *name);

#endif
