/* askctl models refresh: has the providers' own lists of models read anew. */
#include "client/common/field.h"
#include "client/ctl/models.h"
#include "lib/base/error.h"
#include <inttypes.h>

/* "openai         142 models", "groq           failed: ..."; true for the first kind. */
static bool print_refreshed(struct ctl *c, const msgpack_object_map *provider)
{
    msgpack_object_map error;
    const char *name = "?", *message = "";
    size_t name_len = 1, message_len = 0;
    int64_t models = 0;
    char text[256], why[512];
    (void)field_str(provider, "provider", &name, &name_len);
    error_text(text, sizeof(text), name, name_len);
    bool failed = field_map(provider, "error", &error);
    if (failed) {
        (void)field_str(&error, "message", &message, &message_len);
        error_text(why, sizeof(why), message, message_len);
        ctl_printf(c, "%-14s failed: %s\n", text, why);
    } else {
        (void)field_int(provider, "models", &models);
        ctl_printf(c, "%-14s %" PRId64 " model%s%s\n", text, models, models == 1 ? "" : "s",
                   field_true(provider, "cut") ? ", and more that are left out" : "");
    }
    return !failed;
}

static int print_refresh(struct ctl *c, msgpack_object *reply)
{
    msgpack_object_map map, provider;
    msgpack_object_array providers = {0};
    bool any = false;
    if (mp_map(reply, &map))
        (void)field_array(&map, "providers", &providers);
    for (uint32_t i = 0; i < providers.size; i++) {
        if (!mp_map(&providers.ptr[i], &provider))
            continue;
        any = (c->json ? mp_get(&provider, "error") == NULL : print_refreshed(c, &provider)) || any;
    }
    if (providers.size == 0)
        exit_print(c->program, "no provider is there whose list could be read: askctl status shows them");
    int status = c->json ? ctl_print_json(c, reply) : ctl_flush(c);
    return status == EXIT_OK && !any ? EXIT_OTHER : status;
}

int models_refresh(struct ctl *c)
{
    const struct ctl_param params[] = {{"provider", c->n_args > 0 ? c->args[0] : NULL}};
    return ctl_ask_with(c, "models.refresh", params, 1, "reading lists of models from the providers", print_refresh);
}
