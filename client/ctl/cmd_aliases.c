/* askctl aliases: the user's own names for models, and who would be asked by them now. */
#include "client/common/field.h"
#include "client/ctl/table.h"
#include <string.h>

enum { WORDS_MAX = 64 << 10 };

/* "openai/gpt-4.1, local/qwen": of that list all but the first `skip`. */
static void put_from(struct table *t, const msgpack_object_map *alias, const char *field, uint32_t skip)
{
    msgpack_object_array names;
    struct buf words;
    const char *s;
    size_t len;
    if (!field_array(alias, field, &names) || names.size <= skip)
        return;
    buf_init(&words, WORDS_MAX);
    for (uint32_t i = skip; i < names.size; i++) {
        if (!mp_str(&names.ptr[i], &s, &len))
            continue;
        (void)buf_puts(&words, words.len > 0 ? ", " : "");
        (void)buf_append(&words, s, len);
    }
    table_cell(t, words.len > 0 ? (const char *)words.data : "", words.len);
    buf_done(&words);
}

static void put_list(struct table *t, const msgpack_object_map *alias, const char *field)
{
    put_from(t, alias, field, 0);
}

static void put_rest(struct table *t, const msgpack_object_map *alias, const char *field)
{
    put_from(t, alias, field, 1);
}

/* Who is asked first; or why nobody is. */
static void put_now(struct table *t, const msgpack_object_map *alias, const char *field)
{
    msgpack_object_map error;
    msgpack_object_array names;
    const char *s;
    size_t len;
    if (field_array(alias, field, &names) && names.size > 0 && mp_str(&names.ptr[0], &s, &len))
        table_cell(t, s, len);
    else if (field_map(alias, "error", &error) && field_str(&error, "message", &s, &len))
        table_printf(t, "nobody: %.*s", (int)len, s);
}

static const struct table_column columns[] = {
    {.name = "ALIAS", .put = table_put_str, .field = "alias", .trunc = true, .width = 16},
    {.name = "POLICY", .put = table_put_str, .field = "policy"},
    {.name = "ASKED NOW", .put = put_now, .field = "candidates", .trunc = true, .width = 24},
    {.name = "THEN", .put = put_rest, .field = "candidates", .trunc = true, .width = 12, .drop = 2},
    {.name = "MODELS", .put = put_list, .field = "models", .trunc = true, .width = 12, .drop = 1},
};

static int show(struct ctl *c, msgpack_object *reply)
{
    return table_show_or_say(c, reply, columns, sizeof(columns) / sizeof(columns[0]),
                             "no alias is configured: an [alias \"NAME\"] section in askd.conf makes one");
}

int cmd_aliases(struct ctl *c)
{
    return ctl_ask(c, "models.aliases", NULL, show);
}
