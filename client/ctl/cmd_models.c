/* askctl models: what can be asked, what it can do and what it costs. */
#include "client/common/field.h"
#include "client/common/figures.h"
#include "client/ctl/capability.h"
#include "client/ctl/models_show.h"
#include "client/ctl/table.h"
#include "lib/base/error.h"
#include <inttypes.h>
#include <string.h>

enum { PARAMS_MAX = 64 << 10 };

/* Asks with a map of up to two strings, each of which is left out where it is NULL. */
static int ask_for(struct ctl *c, const char *method, const char *const params[][2], size_t n,
                   int (*show)(struct ctl *c, msgpack_object *result))
{
    struct buf b;
    uint32_t given = 0;
    int status = EXIT_USAGE;
    buf_init(&b, PARAMS_MAX);
    size_t at = mp_open_map(&b);
    for (size_t i = 0; i < n; i++) {
        if (params[i][1] == NULL)
            continue;
        mp_put_entry(&b, params[i][0], params[i][1]);
        given++;
    }
    mp_close_map(&b, at, given);
    if (b.failed)
        exit_print(c->program, "what is asked for is too long: give a shorter name");
    else
        status = ctl_ask(c, method, &b, show);
    buf_done(&b);
    return status;
}

/* -- list: the columns -- */

static void put_tokens(struct table *t, const msgpack_object_map *model, const char *field)
{
    char text[FIGURE_LEN];
    double tokens;
    if (!field_double(model, field, &tokens))
        return;
    figures_tokens(text, tokens, t->for_people);
    table_cell(t, text, strlen(text));
}

static void put_price(struct table *t, const msgpack_object_map *model, const char *field)
{
    char text[FIGURE_LEN];
    double price;
    if (!field_double(model, field, &price))
        return;
    figures_amount(text, price);
    table_cell(t, text, strlen(text));
}

static void add_word(void *data, const char *word)
{
    struct buf *b = data;
    if (b->len > 0)
        (void)buf_putc(b, ',');
    (void)buf_puts(b, word);
}

static void put_capabilities(struct table *t, const msgpack_object_map *model, const char *field)
{
    (void)field;
    struct buf words;
    buf_init(&words, 1024);
    capability_each(capability_of(model), add_word, &words);
    table_cell(t, (const char *)words.data, words.len);
    buf_done(&words);
}

/* Of the boards in the order of their worth the first that has it. */
static void put_score(struct table *t, const msgpack_object_map *model, const char *field)
{
    static const char *const boards[] = {"lmarena", "aider"};
    msgpack_object_map scores;
    double value;
    if (!field_map(model, field, &scores))
        return;
    for (size_t i = 0; i < sizeof(boards) / sizeof(boards[0]); i++) {
        if (field_double(&scores, boards[i], &value)) {
            table_printf(t, "%s %.6g", boards[i], value);
            return;
        }
    }
}

static void put_yes_or_no(struct table *t, const msgpack_object_map *model, const char *field)
{
    table_printf(t, "%s", field_true(model, field) ? "yes" : "no");
}

static const struct table_column list_columns[] = {
    {.name = "MODEL", .put = table_put_str, .field = "model", .trunc = true, .width = 40},
    {.name = "PROVIDER", .put = table_put_str, .field = "provider", .drop = 6},
    {.name = "CONTEXT", .put = put_tokens, .field = "context_window", .right = true, .drop = 1},
    {.name = "MAX OUT", .put = put_tokens, .field = "max_output", .right = true, .drop = 5},
    {.name = "IN/M", .put = put_price, .field = "price_input", .right = true},
    {.name = "OUT/M", .put = put_price, .field = "price_output", .right = true},
    {.name = "CUR", .put = table_put_str, .field = "currency", .drop = 2},
    {.name = "CAPABILITIES", .put = put_capabilities, .trunc = true, .width = 15, .drop = 3},
    {.name = "SCORE", .put = put_score, .field = "scores", .drop = 4},
    {.name = "READY", .put = put_yes_or_no, .field = "available"},
};

/* -- list: which of them -- */

static bool can_all_that(const struct ctl *c, const msgpack_object_map *model)
{
    return (c->capabilities & ~capability_of(model)) == 0;
}

static bool is_cheap(const struct ctl *c, const msgpack_object_map *model)
{
    double price;
    return field_double(model, "price_input", &price) && price <= c->max_price;
}

static bool is_roomy(const struct ctl *c, const msgpack_object_map *model)
{
    double tokens;
    return field_double(model, "context_window", &tokens) && tokens >= c->min_context;
}

static bool is_available(const struct ctl *c, const msgpack_object_map *model)
{
    (void)c;
    return field_true(model, "available");
}

/* What the daemon does not sort out itself. What is not known does not pass. */
static const struct {
    ctl_options option;
    bool (*passes)(const struct ctl *c, const msgpack_object_map *model);
} filters[] = {
    {CTL_CAPABILITY, can_all_that},
    {CTL_MAX_PRICE, is_cheap},
    {CTL_MIN_CONTEXT, is_roomy},
    {CTL_AVAILABLE, is_available},
};

static bool passes(const struct ctl *c, const msgpack_object *item)
{
    msgpack_object_map model;
    bool ok = mp_map(item, &model);
    for (size_t i = 0; ok && i < sizeof(filters) / sizeof(filters[0]); i++)
        ok = (c->given & filters[i].option) == 0 || filters[i].passes(c, &model);
    return ok;
}

static int print_list(struct ctl *c, msgpack_object *reply)
{
    msgpack_object_array *list = &reply->via.array;
    uint32_t kept = 0;
    if (reply->type != MSGPACK_OBJECT_ARRAY)
        return EXIT_OK;
    for (uint32_t i = 0; i < list->size; i++)
        if (passes(c, &list->ptr[i]))
            list->ptr[kept++] = list->ptr[i];
    list->size = kept;
    return table_show(c, reply, list_columns, sizeof(list_columns) / sizeof(list_columns[0]));
}

static int list(struct ctl *c)
{
    const char *const params[][2] = {{"provider", c->provider}, {"tag", c->tag}};
    return ask_for(c, "models.list", params, 2, print_list);
}

/* -- show -- */

static int print_model(struct ctl *c, msgpack_object *reply)
{
    return c->json ? ctl_print_json(c, reply) : models_show(c, reply);
}

static int show(struct ctl *c)
{
    const char *const params[][2] = {{"model", c->args[0]}};
    return ask_for(c, "models.get", params, 1, print_model);
}

/* -- refresh -- */

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

static int refresh(struct ctl *c)
{
    const char *const params[][2] = {{"provider", c->n_args > 0 ? c->args[0] : NULL}};
    return ask_for(c, "models.refresh", params, 1, print_refresh);
}

const struct ctl_verb cmd_models_verbs[] = {
    {"list", "", "one line each, prices for a million tokens; the usual verb", .run = list,
     .takes = CTL_PROVIDER | CTL_TAG | CTL_CAPABILITY | CTL_MAX_PRICE | CTL_MIN_CONTEXT | CTL_AVAILABLE},
    {"show", "MODEL", "all that is known of one", 1, 1, .run = show},
    {"refresh", "[PROVIDER]", "have the providers' own lists read anew", .max_args = 1, .run = refresh},
    {0},
};
