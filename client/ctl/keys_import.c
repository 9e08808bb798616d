#include "client/ctl/hidden.h"
#include "client/ctl/key_change.h"
#include "client/ctl/key_store.h"
#include "client/ctl/keys.h"
#include "lib/base/fd.h"
#include "lib/base/secret.h"
#include "lib/base/usual_keys.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int store(struct ctl *c, struct key_change *change, const struct key_folder *folder, const char *name,
                 const char *key, size_t len)
{
    struct error err = ERROR_INIT;
    const enum key_place place = (c->given & CTL_SECRET_SERVICE) != 0 ? KEY_IN_SERVICE : KEY_IN_FILE;
    if (key_store_put(folder, place, name, key, len, &err) != ERR_NONE)
        return keys_fail(c, &err);
    if (!c->json && place == KEY_IN_SERVICE)
        ctl_printf(c, "%s: stored in the secret service\n", name);
    else if (!c->json)
        ctl_printf(c, "%s: stored in %s/%s\n", name, folder->path, name);
    change->names[change->n++] = name;
    return EXIT_OK;
}

static int store_checked(struct ctl *c, struct key_change *change, const struct key_folder *folder, const char *name,
                         const char *key, size_t len)
{
    if (key_trim(&key, &len))
        return store(c, change, folder, name, key, len);
    exit_print(c->program, "what is given as the key of %s is none: it must be one word of at most %d bytes", name,
               KEY_FOLDER_KEY_MAX);
    return EXIT_DATA;
}

static const char *set_here(const struct usual_key *usual)
{
    const char *value = usual != NULL ? getenv(usual->env) : NULL;
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* The key from standard input; where nothing comes, that of the usual variable. */
static int import_one(struct ctl *c, struct key_change *change, const struct key_folder *folder, const char *name)
{
    char text[KEY_FOLDER_KEY_MAX + 3], prompt[256]; /* one byte more than a key and a line's end may have */
    const struct usual_key *usual = usual_key_find(name, strlen(name));
    const char *here = set_here(usual);
    (void)snprintf(prompt, sizeof(prompt), "Key of %s%s%s%s: ", name, here != NULL ? " (Enter: the one in " : "",
                   here != NULL ? usual->env : "", here != NULL ? ")" : "");
    ssize_t n = isatty(STDIN_FILENO) != 0 ? hidden_read(STDIN_FILENO, prompt, text, sizeof(text))
                                          : fd_read_up_to(STDIN_FILENO, text, sizeof(text));
    int status;
    if (n < 0) {
        exit_print(c->program, "cannot read the key: %s", strerror(errno));
        status = EXIT_IO;
    } else if (n == 0 && here != NULL) {
        status = store_checked(c, change, folder, name, here, strlen(here));
    } else if (n == 0) {
        exit_print(c->program, "standard input is empty: give the key of %s there", name);
        status = EXIT_DATA;
    } else {
        status = store_checked(c, change, folder, name, text, (size_t)n);
    }
    secret_wipe(text, sizeof(text));
    return status;
}

static int import_all(struct ctl *c, struct key_change *change, const struct key_folder *folder)
{
    int status = EXIT_OK;
    for (const struct usual_key *k = usual_keys; status == EXIT_OK && k->provider != NULL; k++) {
        const char *key = set_here(k);
        if (key != NULL)
            status = store_checked(c, change, folder, k->provider, key, strlen(key));
    }
    return status;
}

static bool any_is_set(void)
{
    for (const struct usual_key *k = usual_keys; k->provider != NULL; k++)
        if (set_here(k) != NULL)
            return true;
    return false;
}

int keys_import(struct ctl *c)
{
    struct key_folder folder;
    struct error err = ERROR_INIT;
    const char *name = c->n_args > 0 ? c->args[0] : NULL;
    struct key_change change = {.folder = folder.path};
    if (name != NULL && !keys_check_name(c, name))
        return EXIT_USAGE;
    if (name == NULL && !any_is_set()) {
        exit_print(c->program, "no usual variable such as %s is set here: askctl keys import PROVIDER reads a key",
                   usual_keys[0].env);
        return EXIT_OTHER;
    }
    if (key_folder_open(&folder, true, &err) != ERR_NONE)
        return keys_fail(c, &err);
    int status = name != NULL ? import_one(c, &change, &folder, name) : import_all(c, &change, &folder);
    key_folder_close(&folder);
    int told = change.n > 0 ? key_change_tell(c, &change) : EXIT_OK;
    return status != EXIT_OK ? status : told;
}
