/* askctl keys: the keys of providers. What is imported lies in the user's folder of keys, which the daemon reads. */
#include "client/ctl/keys.h"
#include "lib/base/key_folder.h"

int keys_fail(const struct ctl *c, const struct error *err)
{
    exit_print(c->program, "%s", err->message);
    return err->code == ERR_PERMISSION_DENIED ? EXIT_DENIED : EXIT_OTHER;
}

bool keys_check_name(const struct ctl *c, const char *name)
{
    if (key_folder_name_valid(name))
        return true;
    exit_print(c->program, "'%.60s' is no name of a provider: askctl keys list shows those there are", name);
    return false;
}

const struct ctl_verb cmd_keys_verbs[] = {
    {"import", "[PROVIDER]", "give the daemon a key, or all of this environment", .max_args = 1, .run = keys_import,
     .takes = CTL_SECRET_SERVICE},
    {"list", "", "show where the keys come from", .run = keys_list, .takes = CTL_PAGED},
    {"rm", "PROVIDER", "take an imported key away", 1, 1, .run = keys_rm},
    {"test", "[PROVIDER]", "ask providers whether they take their keys", .max_args = 1, .run = keys_test},
    {0},
};
