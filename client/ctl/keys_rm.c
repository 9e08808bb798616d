#include "client/ctl/key_change.h"
#include "client/ctl/key_store.h"
#include "client/ctl/keys.h"

int keys_rm(struct ctl *c)
{
    struct key_folder folder;
    struct error err = ERROR_INIT;
    const char *name = c->args[0];
    bool removed = false;
    if (!keys_check_name(c, name))
        return EXIT_USAGE;
    enum error_code code = key_folder_open(&folder, false, &err);
    if (code == ERR_NONE)
        code = key_store_remove(&folder, name, &removed, &err);
    key_folder_close(&folder);
    if (code != ERR_NONE && code != ERR_NOT_FOUND)
        return keys_fail(c, &err);
    if (!removed) {
        exit_print(c->program, "there is no key of %s in %s: askctl keys list shows where keys come from", name,
                   folder.path);
        return EXIT_OTHER;
    }
    if (!c->json)
        ctl_printf(c, "%s: removed from %s\n", name, folder.path);
    return key_change_tell(c, &(struct key_change){.names = {name}, .n = 1, .folder = folder.path, .removed = true});
}
