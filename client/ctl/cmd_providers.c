/* askctl providers: who can be asked, and how each is reached. */
#include "client/common/field.h"
#include "client/ctl/provider_mend.h"
#include "client/ctl/table.h"
#include <inttypes.h>

enum { PARAMS_MAX = 1024, TEXT_SIZE = 300 };

static void put_count(struct table *t, const msgpack_object_map *row, const char *field)
{
    int64_t n;
    if (field_int(row, field, &n))
        table_printf(t, "%" PRId64, n);
}

/* "12 ms" for people, a bare number for programs. */
static void put_ms(struct table *t, const msgpack_object_map *row, const char *field)
{
    double ms;
    if (field_double(row, field, &ms))
        table_printf(t, t->for_people ? "%.*f ms" : "%.*f", ms < 10 ? 1 : 0, ms);
}

/* -- list -- */

/* Its models that are not asked for a while, because they failed too often. */
static void put_resting(struct table *t, const msgpack_object_map *row, const char *field)
{
    msgpack_object_array models;
    msgpack_object_map model;
    char text[TEXT_SIZE] = "", name[128], state[16];
    size_t used = 0;
    if (!field_array(row, field, &models))
        return;
    for (uint32_t i = 0; i < models.size && used < sizeof(text); i++) {
        if (!mp_map(&models.ptr[i], &model) ||
            strcmp(field_line(&model, "breaker", state, sizeof(state)), "closed") == 0)
            continue;
        (void)field_line(&model, "model", name, sizeof(name));
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used > 0 ? ", " : "", name);
    }
    if (used > 0)
        table_cell(t, text, strlen(text));
}

static const struct table_column list_columns[] = {
    {.name = "provider", .put = table_put_str, .field = "name", .trunc = true, .width = 12},
    {.name = "state", .put = table_put_str, .field = "state"},
    {.name = "latency", .put = put_ms, .field = "latency_ms", .right = true},
    {.name = "protocol", .put = table_put_str, .field = "protocol", .drop = 2},
    {.name = "active", .put = put_count, .field = "connections", .right = true},
    {.name = "waiting", .put = put_count, .field = "waiting", .right = true},
    {.name = "opened", .put = put_count, .field = "opened", .right = true, .drop = 4},
    {.name = "reused", .put = put_count, .field = "reused", .right = true, .drop = 4},
    {.name = "resting", .put = put_resting, .field = "models", .trunc = true, .width = 12, .drop = 1},
    {.name = "key", .put = table_put_str, .field = "key_source", .trunc = true, .width = 20, .drop = 3},
};

static int print_list(struct ctl *c, msgpack_object *status)
{
    msgpack_object_map map;
    const msgpack_object *providers = mp_map(status, &map) ? mp_get(&map, "providers") : NULL;
    if (providers == NULL)
        return ctl_flush(c);
    return table_show(c, providers, list_columns, sizeof(list_columns) / sizeof(list_columns[0]));
}

static int list(struct ctl *c)
{
    return ctl_ask(c, "status", NULL, print_list);
}

/* -- test -- */

static void put_result(struct table *t, const msgpack_object_map *row, const char *field)
{
    msgpack_object_map error;
    if (field_map(row, field, &error))
        table_put_str(t, &error, "code");
    else
        table_cell(t, "ok", 2);
}

static void put_message(struct table *t, const msgpack_object_map *row, const char *field)
{
    msgpack_object_map error;
    if (field_map(row, field, &error))
        table_put_str(t, &error, "message");
}

static void put_mend(struct table *t, const msgpack_object_map *row, const char *field)
{
    char text[PROVIDER_MEND_SIZE];
    (void)field;
    if (provider_mend(row, text))
        table_cell(t, text, strlen(text));
}

/* On a terminal what is wrong stands below: the last two are for programs. */
enum { WRONG_COLUMNS = 2 };
static const struct table_column test_columns[] = {
    {.name = "provider", .put = table_put_str, .field = "provider", .trunc = true, .width = 12},
    {.name = "result", .put = put_result, .field = "error"},
    {.name = "latency", .put = put_ms, .field = "latency_ms", .right = true},
    {.name = "connect", .put = put_ms, .field = "connect_ms", .right = true, .drop = 3},
    {.name = "handshake", .put = put_ms, .field = "tls_ms", .right = true, .drop = 3},
    {.name = "TLS", .put = table_put_str, .field = "tls"},
    {.name = "protocol", .put = table_put_str, .field = "http", .drop = 1},
    {.name = "address", .put = table_put_str, .field = "address", .trunc = true, .width = 15, .drop = 4},
    {.name = "key", .put = table_put_str, .field = "source", .trunc = true, .width = 20, .drop = 2},
    {.name = "error", .put = put_message, .field = "error"},
    {.name = "mend", .put = put_mend, .field = "error"},
};

/* "openai: it refused the key", and below it what mends that. */
static void print_wrong(struct ctl *c, const msgpack_object_map *row)
{
    msgpack_object_map error;
    char name[64], message[512], mend[PROVIDER_MEND_SIZE];
    if (!field_map(row, "error", &error))
        return;
    ctl_printf(c, "\n%s: %s\n", field_line(row, "provider", name, sizeof(name)),
               field_line(&error, "message", message, sizeof(message)));
    if (provider_mend(row, mend))
        ctl_printf(c, "    %s\n", mend);
}

static bool all_good(const msgpack_object_array *tested)
{
    msgpack_object_map row, error;
    for (uint32_t i = 0; i < tested->size; i++)
        if (mp_map(&tested->ptr[i], &row) && field_map(&row, "error", &error))
            return false;
    return true;
}

static int print_tested(struct ctl *c, msgpack_object *reply)
{
    const size_t n = sizeof(test_columns) / sizeof(test_columns[0]) - (c->out->terminal ? WRONG_COLUMNS : 0);
    msgpack_object_array tested;
    msgpack_object_map row;
    if (!mp_array(reply, &tested) || tested.size == 0) {
        exit_print(c->program, "no provider has a key, and no local server is there: askctl keys import PROVIDER gives "
                               "one a key");
        return EXIT_UNAVAILABLE;
    }
    int status = table_show(c, reply, test_columns, n);
    for (uint32_t i = 0; !c->json && c->out->terminal && i < tested.size; i++)
        if (mp_map(&tested.ptr[i], &row))
            print_wrong(c, &row);
    if (status == EXIT_OK)
        status = ctl_flush(c);
    return status == EXIT_OK && !all_good(&tested) ? EXIT_OTHER : status;
}

static int test(struct ctl *c)
{
    struct buf params;
    int status = EXIT_USAGE;
    buf_init(&params, PARAMS_MAX);
    mp_put_map(&params, c->n_args > 0 ? 2 : 1);
    mp_put_cstr(&params, "local");
    mp_put_bool(&params, true);
    if (c->n_args > 0)
        mp_put_entry(&params, "provider", c->args[0]);
    if (params.failed)
        exit_print(c->program, "no provider has a name as long as that: askctl providers lists all");
    else
        status = ctl_ask_long(c, "keys.test", &params, "asking providers", print_tested);
    buf_done(&params);
    return status;
}

const struct ctl_verb cmd_providers_verbs[] = {
    {"list", "", "show who can be asked, and how that went so far", .run = list, .takes = CTL_PAGED},
    {"test", "[PROVIDER]", "ask them now: latency, TLS, HTTP version, key", .max_args = 1, .run = test},
    {0},
};
