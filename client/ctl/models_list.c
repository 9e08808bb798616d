/* askctl models list: a line for each model that can be asked, prices for a million tokens. */
#include "client/common/field.h"
#include "client/common/figures.h"
#include "client/ctl/capability.h"
#include "client/ctl/models.h"
#include "client/ctl/table.h"
#include <string.h>

/* -- columns -- */

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

static const struct table_column columns[] = {
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

/* -- which of them -- */

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
    return table_show(c, reply, columns, sizeof(columns) / sizeof(columns[0]));
}

int models_list(struct ctl *c)
{
    const struct ctl_param params[] = {{"provider", c->provider}, {"tag", c->tag}};
    return ctl_ask_with(c, "models.list", params, 2, NULL, print_list);
}
