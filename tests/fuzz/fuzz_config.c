/* A configuration file: either an error that names the file, or a config whose [daemon], printed, loads again to the
 * same. */
#include "daemon/core/config_internal.h"
#include <stdlib.h>
#include <string.h>

struct daemon_options {
    char *model;
    int level;
    int64_t bytes, wait_ms, count;
    bool quiet;
};

struct provider_options {
    char *base_url;
    struct secret *key;
    char **header;
    int64_t retries;
};

static const char *const levels[] = {"error", "warn", "debug", NULL};

#define DAEMON(field) offsetof(struct daemon_options, field)
static const struct config_option daemon_rows[] = {
    {"model", CONFIG_STRING, DAEMON(model), 0, 0, "small", NULL, 0, ""},
    {"log_level", CONFIG_ENUM, DAEMON(level), 0, 0, "warn", levels, 0, ""},
    {"max_bytes", CONFIG_SIZE, DAEMON(bytes), 0, INT64_MAX, "16 MiB", NULL, 0, ""},
    {"wait", CONFIG_DURATION, DAEMON(wait_ms), INT64_MIN, INT64_MAX, "30 s", NULL, 0, ""},
    {"count", CONFIG_INT, DAEMON(count), 1, 4096, "64", NULL, 0, ""},
    {"quiet", CONFIG_BOOL, DAEMON(quiet), 0, 0, "no", NULL, 0, ""},
    {0},
};

#define PROVIDER(field) offsetof(struct provider_options, field)
static const struct config_option provider_rows[] = {
    {"base_url", CONFIG_STRING, PROVIDER(base_url), 0, 0, NULL, NULL, CONFIG_DESTINATION | CONFIG_ADDRESS, ""},
    {"key", CONFIG_SECRET, PROVIDER(key), 0, 0, NULL, NULL, CONFIG_DESTINATION | CONFIG_KEY_SOURCE, ""},
    {"header", CONFIG_LIST, PROVIDER(header), 0, 0, NULL, NULL, CONFIG_DESTINATION, ""},
    {"retries", CONFIG_INT, PROVIDER(retries), 0, 10, "2", NULL, 0, ""},
    {0},
};

static const struct config_room daemon_room = {"daemon", false, sizeof(struct daemon_options), daemon_rows};
static const struct config_room provider_room = {"provider", true, sizeof(struct provider_options), provider_rows};
static const struct config_room *const rooms[] = {&daemon_room, &provider_room, NULL};

static struct config *load(const void *data, size_t size)
{
    struct error err = ERROR_INIT;
    struct config *c;
    FILE *in = fmemopen((void *)data, size, "r");

    if (!in)
        return NULL;
    enum error_code code = config_load_stream(rooms, in, "mem", &c, &err);
    fclose(in);
    if ((code == ERR_NONE) != (c != NULL))
        abort();
    if (code != ERR_NONE && (code != err.code || strncmp(err.message, "mem:", 4) != 0))
        abort();
    return c;
}

static bool same_daemon(const struct daemon_options *a, const struct daemon_options *b)
{
    /* A string that begins with a semicolon can be given (`model =;x`) but, printed with a space in front, reads as a
     * comment. */
    bool same_model = a->model[0] == ';' || strcmp(a->model, b->model) == 0;

    return same_model && a->level == b->level && a->bytes == b->bytes && a->wait_ms == b->wait_ms &&
           a->count == b->count && a->quiet == b->quiet;
}

/* A printed line may be longer than one that can be read; then there is nothing to compare. */
static void check_print(const struct config *c)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        return;
    config_print(c, out);
    fclose(out);
    const char *end = strstr(text, "\n\n"); /* of [daemon], which is the first */
    struct config *again = load(text, end ? (size_t)(end - text) : len);
    if (again && !same_daemon(config_get(c, &daemon_room, NULL), config_get(again, &daemon_room, NULL)))
        abort();
    config_free(again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *c = load(data, size);

    if (!c)
        return 0;
    for (size_t i = 0; config_name(c, &provider_room, i); i++) {
        const struct provider_options *p = config_get(c, &provider_room, config_name(c, &provider_room, i));
        if (!p || p->retries < 0 || p->retries > 10)
            abort();
        if (p->key && strlen(secret_reveal(p->key)) != secret_len(p->key))
            abort();
    }
    check_print(c);
    config_free(c);
    return 0;
}
