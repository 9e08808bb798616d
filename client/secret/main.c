/* ask-secret: a key of a provider in the desktop's secret service (GNOME Keyring, KWallet, KeePassXC).
 *
 *     ask-secret get NAME     prints it
 *     ask-secret set NAME     reads it from standard input
 *     ask-secret rm NAME
 *
 * A program of its own, so that neither askd nor askctl is linked with libsecret; they run it. */
#include "lib/base/key_folder.h"
#include "lib/base/secret.h"
#include <libsecret/secret.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

enum { EXIT_NONE = 1, INPUT_SIZE = KEY_FOLDER_KEY_MAX + 2 };

static const SecretSchema schema = {
    .name = "org.askd.Key",
    .attributes = {{"provider", SECRET_SCHEMA_ATTRIBUTE_STRING}},
};

static int fail(GError *error, const char *what)
{
    (void)fprintf(stderr, "cannot %s: %s\n", what, error->message);
    g_error_free(error);
    return EX_UNAVAILABLE;
}

static int get(const char *name)
{
    GError *error = NULL;
    gchar *key = secret_password_lookup_nonpageable_sync(&schema, NULL, &error, "provider", name, NULL);
    if (error != NULL)
        return fail(error, "ask the secret service");
    if (key == NULL) {
        (void)fprintf(stderr, "the secret service has no key of %s\n", name);
        return EXIT_NONE;
    }
    /* Unbuffered: no copy stays behind in a buffer of stdio's. */
    (void)setvbuf(stdout, NULL, _IONBF, 0);
    bool good = fputs(key, stdout) >= 0 && fputs("\n", stdout) >= 0;
    secret_password_free(key);
    return good ? 0 : EX_IOERR;
}

static int store(const char *name, const char *key)
{
    GError *error = NULL;
    char label[KEY_FOLDER_NAME_MAX + 32];
    (void)snprintf(label, sizeof(label), "API key of %s for askd", name);
    (void)secret_password_store_sync(&schema, SECRET_COLLECTION_DEFAULT, label, key, NULL, &error, "provider", name,
                                     NULL);
    return error != NULL ? fail(error, "store the key in the secret service") : 0;
}

static int set(const char *name)
{
    char key[INPUT_SIZE];
    int status = EX_DATAERR;
    (void)setvbuf(stdin, NULL, _IONBF, 0);
    if (fgets(key, sizeof(key), stdin) == NULL)
        key[0] = '\0';
    key[strcspn(key, "\n")] = '\0';
    if (key[0] != '\0')
        status = store(name, key);
    else
        (void)fprintf(stderr, "there is no key on standard input\n");
    secret_wipe(key, sizeof(key));
    return status;
}

static int rm(const char *name)
{
    GError *error = NULL;
    gboolean removed = secret_password_clear_sync(&schema, NULL, &error, "provider", name, NULL);
    if (error != NULL)
        return fail(error, "remove the key from the secret service");
    return removed ? 0 : EXIT_NONE;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(const char *name);
    } verbs[] = {{"get", get}, {"set", set}, {"rm", rm}};
    for (size_t i = 0; argc == 3 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(argv[1], verbs[i].name) == 0 && key_folder_name_valid(argv[2]))
            return verbs[i].run(argv[2]);
    (void)fprintf(stderr, "usage: ask-secret get|set|rm NAME\n");
    return EX_USAGE;
}
