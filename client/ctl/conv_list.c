/* askctl conv list: a table of the conversations, the one that changed last first. */
#include "client/common/field.h"
#include "client/ctl/conv.h"
#include "client/ctl/table.h"
#include "lib/base/host.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LIST_DEFAULT = 50 };

/* -- columns -- */

const char *conv_when(char out[CONV_WHEN], const msgpack_object_map *map, const char *field)
{
    double seconds;
    struct tm tm;
    out[0] = '\0';
    if (!field_double(map, field, &seconds) || !(seconds >= 0 && seconds < 1e11))
        return out;
    time_t at = (time_t)seconds;
    if (localtime_r(&at, &tm) == NULL || strftime(out, CONV_WHEN, "%Y-%m-%d %H:%M", &tm) == 0)
        out[0] = '\0';
    return out;
}

static void put_when(struct table *t, const msgpack_object_map *row, const char *field)
{
    char when[CONV_WHEN];
    (void)conv_when(when, row, field);
    table_cell(t, when, strlen(when));
}

static void put_count(struct table *t, const msgpack_object_map *row, const char *field)
{
    int64_t n;
    if (field_int(row, field, &n))
        table_printf(t, "%lld", (long long)n);
}

static void put_pinned(struct table *t, const msgpack_object_map *row, const char *field)
{
    if (field_true(row, field))
        table_cell(t, "pinned", 6);
}

/* What a tag may hold, commas among it, is for JSON. */
static void put_tags(struct table *t, const msgpack_object_map *row, const char *field)
{
    msgpack_object_array tags;
    struct buf words;
    const char *s;
    size_t len;
    if (!field_array(row, field, &tags) || tags.size == 0)
        return;
    buf_init(&words, CONV_PARAMS_MAX);
    for (uint32_t i = 0; i < tags.size; i++) {
        if (!mp_str(&tags.ptr[i], &s, &len))
            continue;
        if (words.len > 0)
            (void)buf_putc(&words, ',');
        (void)buf_append(&words, s, len);
    }
    table_cell(t, (const char *)words.data, words.len);
    buf_done(&words);
}

static const struct table_column columns[] = {
    {.name = "CONVERSATION", .put = table_put_str, .field = "conversation"},
    {.name = "CHANGED", .put = put_when, .field = "updated", .drop = 4},
    {.name = "MESSAGES", .put = put_count, .field = "messages", .right = true, .drop = 5},
    {.name = "PIN", .put = put_pinned, .field = "pinned", .drop = 3},
    {.name = "MODEL", .put = table_put_str, .field = "model", .trunc = true, .width = 24, .drop = 2},
    {.name = "TAGS", .put = put_tags, .field = "tags", .trunc = true, .width = 24, .drop = 1},
    {.name = "TITLE", .put = table_put_str, .field = "title", .trunc = true, .width = 60},
};

static int print_list(struct ctl *c, msgpack_object *result)
{
    return table_show(c, result, columns, sizeof(columns) / sizeof(columns[0]));
}

/* -- filters -- */

static uint32_t put_str(struct buf *b, const char *name, const char *value)
{
    if (value == NULL)
        return 0;
    mp_put_entry(b, name, value);
    return 1;
}

static uint32_t put_true(struct buf *b, const char *name, bool given)
{
    if (!given)
        return 0;
    mp_put_cstr(b, name);
    mp_put_bool(b, true);
    return 1;
}

static uint32_t put_since(struct buf *b, const struct ctl *c)
{
    if ((c->given & CTL_SINCE) == 0)
        return 0;
    mp_put_cstr(b, "since");
    mp_put_double(b, c->since);
    return 1;
}

uint32_t conv_put_filters(struct buf *b, const struct ctl *c)
{
    char real[PATH_MAX], here[HOST_SIZE]; /* a folder is one of this machine, where no other is named */
    const char *folder = c->directory != NULL && realpath(c->directory, real) != NULL ? real : c->directory;
    const char *host = c->host == NULL && folder != NULL && host_name(here) ? here : c->host;
    return put_str(b, "model", c->model) + put_str(b, "directory", folder) + put_str(b, "host", host) + put_since(b, c);
}

int conv_list(struct ctl *c)
{
    struct buf params;
    buf_init(&params, CONV_PARAMS_MAX);
    size_t at = mp_open_map(&params);
    uint32_t n = 1;
    mp_put_entry_uint(&params, "limit", (c->given & CTL_LIMIT) != 0 ? c->limit : LIST_DEFAULT);
    n += put_str(&params, "tag", c->tag);
    n += conv_put_filters(&params, c);
    n += put_true(&params, "pinned", (c->given & CTL_PINNED) != 0);
    n += put_true(&params, "deleted", (c->given & CTL_DELETED) != 0);
    mp_close_map(&params, at, n);
    int status = EXIT_USAGE;
    if (params.failed)
        exit_print(c->program, "what is asked for is too long: give a shorter name");
    else
        status = ctl_ask(c, "conversation.list", &params, print_list);
    buf_done(&params);
    return status;
}
