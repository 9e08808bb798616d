/* askctl keys: the keys of providers. What is imported lies in the user's folder of keys, which the daemon reads; no
 * key, nor a part of one, is ever printed. */
#include "client/common/field.h"
#include "client/ctl/ctl.h"
#include "client/ctl/hidden.h"
#include "client/ctl/key_file.h"
#include "client/ctl/key_secret.h"
#include "lib/base/fd.h"
#include "lib/base/key_folder.h"
#include "lib/base/secret.h"
#include "lib/base/usual_keys.h"
#include "lib/proto/mp.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FIELD_SIZE = 256,
    CHANGED_MAX = 64, /* more than there are usual variables */
    PARAMS_MAX = 4096,
    MARKER_SIZE = KEY_FOLDER_NAME_MAX + sizeof(KEY_FOLDER_MARKER)
};

static int fail(const struct ctl *c, const struct error *err)
{
    exit_print(c->program, "%s", err->message);
    return err->code == ERR_PERMISSION_DENIED ? EXIT_DENIED : EXIT_OTHER;
}

static bool check_name(const struct ctl *c, const char *name)
{
    if (key_folder_name_valid(name))
        return true;
    exit_print(c->program, "'%.60s' is no name of a provider: askctl keys list shows those there are", name);
    return false;
}

/* -- list -- */

static void print_key(struct ctl *c, const msgpack_object_map *p)
{
    char name[FIELD_SIZE], state[FIELD_SIZE], source[FIELD_SIZE];
    (void)field_line(p, "name", name, FIELD_SIZE);
    (void)field_line(p, "key_source", source, FIELD_SIZE);
    if (strcmp(field_line(p, "state", state, FIELD_SIZE), "local") == 0)
        return; /* it wants none */
    ctl_printf(c, "%-12s %-8s %s\n", name, strcmp(state, "no_key") == 0 ? "no key" : state,
               source[0] != '\0' ? source : "-");
}

static int print_keys(struct ctl *c, msgpack_object *status)
{
    msgpack_object_map map, p;
    msgpack_object_array providers;
    if (c->json) {
        const msgpack_object *list = mp_map(status, &map) ? mp_get(&map, "providers") : NULL;
        return ctl_print_json(c, list != NULL ? list : status);
    }
    if (mp_map(status, &map) && field_array(&map, "providers", &providers))
        for (uint32_t i = 0; i < providers.size; i++)
            if (mp_map(&providers.ptr[i], &p))
                print_key(c, &p);
    return ctl_flush(c);
}

static int list(struct ctl *c)
{
    return ctl_ask(c, "status", NULL, print_keys);
}

/* -- what the daemon makes of a change -- */

struct change {
    const char *names[CHANGED_MAX]; /* of providers, borrowed */
    size_t n;
    const char *folder;
    bool removed;
};

static bool find_provider(const msgpack_object *status, const char *name, msgpack_object_map *ret)
{
    msgpack_object_map map;
    msgpack_object_array providers;
    char found[FIELD_SIZE];
    if (!mp_map(status, &map) || !field_array(&map, "providers", &providers))
        return false;
    for (uint32_t i = 0; i < providers.size; i++)
        if (mp_map(&providers.ptr[i], ret) && strcmp(field_line(ret, "name", found, FIELD_SIZE), name) == 0)
            return true;
    return false;
}

/* Does the daemon's key come from what lies in our folder? */
static bool is_ours(const struct change *change, const char *name, const char *source)
{
    char file[PATH_MAX + FIELD_SIZE], shown[FIELD_SIZE];
    int n = snprintf(file, sizeof(file), "file %s/%s", change->folder, name);
    error_text(shown, sizeof(shown), file, n > 0 ? strlen(file) : 0);
    return strcmp(source, shown) == 0 || strncmp(source, "secret service", 14) == 0;
}

static void tell_of(struct ctl *c, const struct change *change, const char *name, const msgpack_object *status)
{
    msgpack_object_map p;
    char source[FIELD_SIZE] = "";
    bool known = find_provider(status, name, &p);
    if (known)
        (void)field_line(&p, "key_source", source, FIELD_SIZE);
    if (source[0] != '\0' && !is_ours(change, name, source))
        ctl_printf(c, "%s: the daemon goes on with the key from %s, which comes first\n", name, source);
    else if (change->removed)
        ctl_printf(c, "%s: the daemon has no key any more\n", name);
    else if (source[0] != '\0')
        ctl_printf(c, "%s: the daemon has it\n", name);
    else if (known)
        ctl_printf(c, "%s: the daemon does not see it, since its configuration lies elsewhere\n", name);
    else
        ctl_printf(c, "%s: the daemon knows no such provider; give it a section [provider \"%s\"] in askd.conf\n", name,
                   name);
}

static int tell_all(struct ctl *c, struct ask *a, const struct change *change)
{
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    int status = ctl_call(c, a, "status", NULL, &reply);
    for (size_t i = 0; status == EXIT_OK && i < change->n; i++)
        tell_of(c, change, change->names[i], &reply.data);
    msgpack_unpacked_destroy(&reply);
    return status;
}

/* A daemon that runs reads its keys anew. One is not started for that. */
static int reload(struct ctl *c, const struct change *change)
{
    int status = ctl_flush(c);
    struct ask *a = status == EXIT_OK ? ctl_open_running(c, &status) : NULL;
    if (a == NULL) {
        if (status == EXIT_OK && !c->json && !change->removed)
            ctl_printf(c, "no daemon runs; the next one has %s\n", change->n == 1 ? "it" : "them");
        return status == EXIT_OK ? ctl_flush(c) : status;
    }
    status = ctl_call_once(c, a, "config.reload", NULL);
    if (status == EXIT_OK && !c->json)
        status = tell_all(c, a, change);
    ask_close(a);
    return status == EXIT_OK ? ctl_flush(c) : status;
}

/* -- import -- */

static int marker_of(char marker[MARKER_SIZE], const char *name)
{
    return snprintf(marker, MARKER_SIZE, "%s" KEY_FOLDER_MARKER, name);
}

static enum error_code store_in_file(const struct key_folder *folder, const char *name, const char *key, size_t len,
                                     struct error *err)
{
    char marker[MARKER_SIZE];
    bool removed;
    (void)marker_of(marker, name);
    enum error_code code = key_file_write(folder, name, key, len, err);
    return code == ERR_NONE ? key_file_remove(folder, marker, &removed, err) : code;
}

static enum error_code store_in_service(const struct key_folder *folder, const char *name, const char *key, size_t len,
                                        struct error *err)
{
    char marker[MARKER_SIZE];
    bool removed;
    (void)marker_of(marker, name);
    enum error_code code = key_secret_set(name, key, len, err);
    if (code == ERR_NONE)
        code = key_file_write(folder, marker, "", 0, err);
    return code == ERR_NONE ? key_file_remove(folder, name, &removed, err) : code;
}

static int store(struct ctl *c, struct change *change, const struct key_folder *folder, const char *name,
                 const char *key, size_t len)
{
    struct error err = ERROR_INIT;
    if (((c->given & CTL_SECRET_SERVICE) != 0 ? store_in_service : store_in_file)(folder, name, key, len, &err) !=
        ERR_NONE)
        return fail(c, &err);
    if (!c->json && (c->given & CTL_SECRET_SERVICE) != 0)
        ctl_printf(c, "%s: stored in the secret service\n", name);
    else if (!c->json)
        ctl_printf(c, "%s: stored in %s/%s\n", name, folder->path, name);
    change->names[change->n++] = name;
    return EXIT_OK;
}

/* Of a word alone. What else comes in is no key, and would go to the provider in a header. */
static bool trim_key(const char **key, size_t *len)
{
    while (*len > 0 && strchr(" \t\r\n", (*key)[*len - 1]) != NULL)
        (*len)--;
    while (*len > 0 && strchr(" \t\r\n", **key) != NULL) {
        (*key)++;
        (*len)--;
    }
    for (size_t i = 0; i < *len; i++)
        if ((unsigned char)(*key)[i] <= ' ' || (*key)[i] == 0x7f)
            return false;
    return *len > 0 && *len <= KEY_FOLDER_KEY_MAX;
}

static int store_checked(struct ctl *c, struct change *change, const struct key_folder *folder, const char *name,
                         const char *key, size_t len)
{
    if (trim_key(&key, &len))
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
static int import_one(struct ctl *c, struct change *change, const struct key_folder *folder, const char *name)
{
    char text[KEY_FOLDER_KEY_MAX + 3], prompt[FIELD_SIZE]; /* one byte more than a key and a line's end may have */
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

static int import_all(struct ctl *c, struct change *change, const struct key_folder *folder)
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

static int import(struct ctl *c)
{
    struct key_folder folder;
    struct error err = ERROR_INIT;
    const char *name = c->n_args > 0 ? c->args[0] : NULL;
    struct change change = {.folder = folder.path};
    if (name != NULL && !check_name(c, name))
        return EXIT_USAGE;
    if (name == NULL && !any_is_set()) {
        exit_print(c->program, "no usual variable such as %s is set here: askctl keys import PROVIDER reads a key",
                   usual_keys[0].env);
        return EXIT_OTHER;
    }
    if (key_folder_open(&folder, true, &err) != ERR_NONE)
        return fail(c, &err);
    int status = name != NULL ? import_one(c, &change, &folder, name) : import_all(c, &change, &folder);
    key_folder_close(&folder);
    int told = change.n > 0 ? reload(c, &change) : EXIT_OK;
    return status != EXIT_OK ? status : told;
}

/* -- rm -- */

/* From the file, and from the secret service where that has it. The marker goes last, so that it can be tried again. */
static enum error_code remove_key(const struct key_folder *folder, const char *name, bool *removed, struct error *err)
{
    char marker[MARKER_SIZE];
    bool marked = false;
    (void)marker_of(marker, name);
    enum error_code code = key_file_remove(folder, name, removed, err);
    if (code == ERR_NONE && faccessat(folder->fd, marker, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        code = key_secret_remove(name, err);
    if (code == ERR_NONE)
        code = key_file_remove(folder, marker, &marked, err);
    *removed = *removed || marked;
    return code;
}

static int rm(struct ctl *c)
{
    struct key_folder folder;
    struct error err = ERROR_INIT;
    const char *name = c->args[0];
    bool removed = false;
    if (!check_name(c, name))
        return EXIT_USAGE;
    enum error_code code = key_folder_open(&folder, false, &err);
    if (code == ERR_NONE)
        code = remove_key(&folder, name, &removed, &err);
    key_folder_close(&folder);
    if (code != ERR_NONE && code != ERR_NOT_FOUND)
        return fail(c, &err);
    if (!removed) {
        exit_print(c->program, "there is no key of %s in %s: askctl keys list shows where keys come from", name,
                   folder.path);
        return EXIT_OTHER;
    }
    if (!c->json)
        ctl_printf(c, "%s: removed from %s\n", name, folder.path);
    return reload(c, &(struct change){.names = {name}, .n = 1, .folder = folder.path, .removed = true});
}

/* -- test -- */

static bool print_tested(struct ctl *c, const msgpack_object_map *k)
{
    char name[FIELD_SIZE], source[FIELD_SIZE], code[FIELD_SIZE] = "ok", message[FIELD_SIZE] = "", latency[32] = "-";
    msgpack_object_map error;
    int64_t ms;
    bool failed = field_map(k, "error", &error);
    if (failed) {
        (void)field_line(&error, "code", code, FIELD_SIZE);
        (void)field_line(&error, "message", message, FIELD_SIZE);
    }
    if (field_int(k, "latency_ms", &ms))
        (void)snprintf(latency, sizeof(latency), "%" PRId64 " ms", ms);
    ctl_printf(c, "%-12s %-16s %9s  %s\n", field_line(k, "provider", name, FIELD_SIZE), code, latency,
               failed ? message : field_line(k, "source", source, FIELD_SIZE));
    return !failed;
}

static int print_all_tested(struct ctl *c, msgpack_object *reply)
{
    msgpack_object_array list_of;
    msgpack_object_map k, error;
    bool good = true;
    if (!mp_array(reply, &list_of) || list_of.size == 0) {
        exit_print(c->program, "no provider has a key: askctl keys import PROVIDER gives it one");
        return EXIT_UNAVAILABLE;
    }
    for (uint32_t i = 0; i < list_of.size; i++)
        if (mp_map(&list_of.ptr[i], &k))
            good = (c->json ? !field_map(&k, "error", &error) : print_tested(c, &k)) && good;
    int status = c->json ? ctl_print_json(c, reply) : ctl_flush(c);
    return status == EXIT_OK && !good ? EXIT_OTHER : status;
}

static int test(struct ctl *c)
{
    struct buf params;
    int status = EXIT_USAGE;
    buf_init(&params, PARAMS_MAX);
    mp_put_map(&params, c->n_args > 0 ? 1 : 0);
    if (c->n_args > 0)
        mp_put_entry(&params, "provider", c->args[0]);
    if (params.failed)
        (void)check_name(c, c->args[0]);
    else
        status = ctl_ask(c, "keys.test", &params, print_all_tested);
    buf_done(&params);
    return status;
}

const struct ctl_verb cmd_keys_verbs[] = {
    {"import", "[PROVIDER]", "give the daemon a key, or all of this environment", .max_args = 1, .run = import,
     .takes = CTL_SECRET_SERVICE},
    {"list", "", "show where the keys come from", .run = list},
    {"rm", "PROVIDER", "take an imported key away", 1, 1, .run = rm},
    {"test", "[PROVIDER]", "ask providers whether they take their keys", .max_args = 1, .run = test},
    {0},
};
