/* Keys in the user's keeping: in a file of the folder of keys, or in the secret service with a marker in that folder.
 * One place at a time: what is put into one is gone from the other, as far as the daemon looks. */
#ifndef CLIENT_CTL_KEY_STORE_H
#define CLIENT_CTL_KEY_STORE_H

#include "client/ctl/key_file.h"
#include "client/ctl/key_text.h"
#include "lib/base/key_folder.h"

enum key_place { KEY_NOWHERE, KEY_IN_FILE, KEY_IN_SERVICE };

/* place: not KEY_NOWHERE. name must be key_folder_name_valid. */
enum error_code key_store_put(const struct key_folder *folder, enum key_place place, const char *name, const char *key,
                              size_t len, struct error *err);

/* Where the key lies, and what it is, so that another one can be tried in its place. */
struct key_former {
    enum key_place place;
    size_t len;
    char key[KEY_FOLDER_KEY_MAX + 1];
};

/* key_former_done in any case. */
enum error_code key_store_look(const struct key_folder *folder, const char *name, struct key_former *ret,
                               struct error *err);
/* Makes it as it was then. */
enum error_code key_store_restore(const struct key_folder *folder, const char *name, const struct key_former *former,
                                  struct error *err);
void key_former_done(struct key_former *f); /* wipes it */

/* From the file, and from the secret service where that has it. *removed is set where there was one. */
enum error_code key_store_remove(const struct key_folder *folder, const char *name, bool *removed, struct error *err);

#endif
