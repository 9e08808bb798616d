/* askctl cache export: all that the cache has, a line of JSON for each entry. */
#include "client/common/field.h"
#include "client/common/json_print.h"
#include "client/ctl/cache.h"
#include "client/ctl/progress.h"
#include <string.h>

enum {
    PARAMS_MAX = 64 << 10,
    LINE_SIZE = 512,
    AFTER_SIZE = 2048, /* of a page's end, as the daemon names it */
    PAGE = 100         /* entries that one request asks for */
};

static bool lacks_answer(const msgpack_object_map *item)
{
    const char *kind;
    size_t len;
    return field_str(item, "kind", &kind, &len) && len == 6 && memcmp(kind, "answer", 6) == 0 &&
           mp_get(item, "answer") == NULL;
}

/* The item with one more entry, in the memory of its reply. False where there is none for it. */
static bool add_entry(msgpack_zone *zone, msgpack_object_map *item, const char *name, const msgpack_object *value)
{
    msgpack_object_kv *entries = msgpack_zone_malloc(zone, (item->size + 1) * sizeof(*entries));
    if (entries == NULL)
        return false;
    memcpy(entries, item->ptr, item->size * sizeof(*entries));
    entries[item->size].key =
        (msgpack_object){.type = MSGPACK_OBJECT_STR, .via.str = {.ptr = name, .size = (uint32_t)strlen(name)}};
    entries[item->size].val = *value;
    item->ptr = entries;
    item->size++;
    return true;
}

static void print_line(struct ctl *c, const msgpack_object_map *item)
{
    const msgpack_object o = {.type = MSGPACK_OBJECT_MAP, .via.map = *item};
    (void)json_print(c->out, &o);
    (void)out_puts(c->out, "\n");
}

/* Its answer was too much for the page. */
static int export_large(struct ctl *c, struct ask *a, msgpack_object_map *item)
{
    char key[LINE_SIZE];
    struct buf params;
    msgpack_unpacked reply;
    buf_init(&params, PARAMS_MAX);
    msgpack_unpacked_init(&reply);
    mp_put_map(&params, 1);
    mp_put_entry(&params, "key", field_line(item, "key", key, LINE_SIZE));
    int status = ctl_call(c, a, "cache.lookup", &params, &reply);
    if (status == EXIT_OK && !add_entry(reply.zone, item, "answer", &reply.data)) {
        exit_print(c->program, "out of memory");
        status = EXIT_OS;
    }
    if (status == EXIT_OK)
        print_line(c, item);
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    return status;
}

static int export_items(struct ctl *c, struct ask *a, const msgpack_object_map *page)
{
    msgpack_object_array items = {0};
    msgpack_object_map item;
    int status = EXIT_OK;
    (void)field_array(page, "items", &items);
    for (uint32_t i = 0; status == EXIT_OK && i < items.size; i++) {
        if (!mp_map(&items.ptr[i], &item))
            continue;
        if (lacks_answer(&item))
            status = export_large(c, a, &item);
        else
            print_line(c, &item);
        c->progress->done++;
    }
    if (!c->out->terminal) /* or the line would stand among them */
        progress_at(c->progress, c->progress->done, 0, "entries");
    return status == EXIT_OK ? ctl_flush(c) : status;
}

/* Where the next page begins; false where there is none, or none that can be asked for. */
static bool take_after(const msgpack_object_map *page, char after[AFTER_SIZE])
{
    const char *s;
    size_t len;
    if (!field_str(page, "after", &s, &len) || len == 0 || len >= AFTER_SIZE)
        return false;
    memcpy(after, s, len);
    after[len] = '\0';
    return true;
}

/* after: in, where the page begins, "" for the first; out, the next one. */
static int export_page(struct ctl *c, struct ask *a, char after[AFTER_SIZE], bool *more)
{
    struct buf params;
    msgpack_unpacked reply;
    msgpack_object_map page;
    buf_init(&params, PARAMS_MAX);
    msgpack_unpacked_init(&reply);
    mp_put_map(&params, after[0] != '\0' ? 2 : 1);
    mp_put_entry_int(&params, "limit", PAGE);
    if (after[0] != '\0')
        mp_put_entry(&params, "after", after);
    int status = ctl_call(c, a, "cache.list", &params, &reply);
    *more = false;
    if (status == EXIT_OK && mp_map(&reply.data, &page)) {
        status = export_items(c, a, &page);
        *more = status == EXIT_OK && take_after(&page, after);
    }
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    return status;
}

int cache_export(struct ctl *c)
{
    char after[AFTER_SIZE] = "";
    bool more = true;
    int status;
    struct progress p;
    struct ask *a = ctl_open(c, &status);
    progress_begin(&p, "exporting the cache");
    c->progress = &p;
    while (a != NULL && more)
        status = export_page(c, a, after, &more);
    c->progress = NULL;
    progress_end(&p);
    ask_close(a);
    return status;
}
