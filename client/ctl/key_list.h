/* Keys of several providers as a script gives them: a line for each, "openai sk-…" or "OPENAI_API_KEY=sk-…", as it
 * stands in files of environments. Empty lines and those that begin with # are passed over. */
#ifndef CLIENT_CTL_KEY_LIST_H
#define CLIENT_CTL_KEY_LIST_H

#include "lib/base/buf.h"
#include "lib/base/error.h"
#include "lib/base/key_folder.h"

enum { KEY_LIST_MAX = 64, KEY_LIST_BYTES = 256 << 10 };

struct key_list {
    struct buf text;
    size_t n;
    struct key_given {
        char provider[KEY_FOLDER_NAME_MAX + 1];
        const char *key; /* in text; not NUL-terminated */
        size_t len;
    } keys[KEY_LIST_MAX];
};

void key_list_init(struct key_list *l);
void key_list_done(struct key_list *l); /* wipes the text */

/* Takes the lines in l->text apart; `path` is what errors call it, which never tell of a line but its number. only: the
 * provider that a line with nothing but a key is for, NULL where that is not known. */
enum error_code key_list_parse(struct key_list *l, const char *path, const char *only, struct error *err);

/* From the usual variables of the environment. */
enum error_code key_list_of_environment(struct key_list *l, struct error *err);

const struct key_given *key_list_find(const struct key_list *l, const char *provider); /* NULL: none */

#endif
