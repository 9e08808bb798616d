/* A conversation by its id, or by the beginning of one, which is looked for in the list of all. */
#include "client/common/field.h"
#include "client/ctl/conv.h"
#include <stdio.h>
#include <string.h>

enum {
    PAGE = 500,     /* conversations that one request lists */
    PREFIX_MIN = 8, /* characters of an id */
    TOLD_MAX = 5,   /* conversations that are named where an id's beginning is that of several */
    TOLD_SIZE = ID_LEN + CONV_WHEN + CONV_LINE
};

/* -- all of them -- */

struct listing {
    bool deleted;
    uint32_t limit;        /* of a page */
    char last[ID_LEN + 1]; /* that was seen; "": none */
    conv_listed *each;
    void *data;
};

/* One page of the list, behind the last conversation that was seen. *more: there was something on it. */
static int list_page(struct ctl *c, struct ask *a, struct listing *l, bool *more)
{
    struct buf params;
    msgpack_unpacked reply;
    msgpack_object_array list;
    msgpack_object_map item;
    buf_init(&params, CONV_PARAMS_MAX);
    msgpack_unpacked_init(&reply);
    mp_put_map(&params, l->last[0] != '\0' ? 3 : 2);
    mp_put_entry_uint(&params, "limit", l->limit);
    mp_put_cstr(&params, "deleted");
    mp_put_bool(&params, l->deleted);
    if (l->last[0] != '\0')
        mp_put_entry(&params, "before", l->last);
    int status = ctl_call(c, a, "conversation.list", &params, &reply);
    *more = status == EXIT_OK && mp_array(&reply.data, &list) && list.size > 0;
    for (uint32_t i = 0; *more && i < list.size; i++) {
        *more = mp_map(&list.ptr[i], &item) && field_copy(&item, "conversation", l->last, sizeof(l->last)) &&
                id_valid(l->last, strlen(l->last)); /* what is no list of ours has no further pages either */
        if (*more)
            l->each(l->data, &item, l->last);
    }
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    return status;
}

int conv_each_listed(struct ctl *c, struct ask *a, bool deleted, conv_listed *each, void *data)
{
    struct listing l = {.deleted = deleted, .limit = PAGE, .each = each, .data = data};
    bool more = true;
    int status = EXIT_OK;
    while (more && status == EXIT_OK)
        status = list_page(c, a, &l, &more);
    return status;
}

/* -- an id, or the beginning of one -- */

struct search {
    const char *prefix; /* "": all */
    bool deleted;
    char found[ID_LEN + 1]; /* "" for none */
    unsigned matches;
    double deleted_last; /* when what was found was deleted */
    char told[TOLD_MAX][TOLD_SIZE];
};

/* "0198…  2026-11-27 10:12  what it is called" */
static void keep_words(struct search *s, const msgpack_object_map *item, const char *id)
{
    char when[CONV_WHEN], title[CONV_LINE];
    if (s->matches < TOLD_MAX)
        (void)snprintf(s->told[s->matches], TOLD_SIZE, "%s  %s  %s", id, conv_when(when, item, "updated"),
                       conv_line(title, item, "title"));
}

/* The first that fits, or of the deleted the one that was deleted last. */
static void note(void *data, const msgpack_object_map *item, const char *id)
{
    struct search *s = data;
    double deleted = 0;
    if (strncmp(id, s->prefix, strlen(s->prefix)) != 0)
        return;
    (void)field_double(item, "deleted", &deleted);
    keep_words(s, item, id);
    if (s->matches++ == 0 || deleted > s->deleted_last) {
        memcpy(s->found, id, sizeof(s->found));
        s->deleted_last = deleted;
    }
}

static int search_all(struct ctl *c, struct ask *a, struct search *s)
{
    return conv_each_listed(c, a, s->deleted, note, s);
}

/* Which they are: whoever typed the beginning of an id can choose. */
static int tell_matches(const struct ctl *c, const struct search *s)
{
    exit_print(c->program, "the ids of %u conversations begin with '%.40s': give more of it", s->matches, s->prefix);
    for (unsigned i = 0; i < s->matches && i < TOLD_MAX; i++)
        exit_print(c->program, "  %s", s->told[i]);
    if (s->matches > TOLD_MAX)
        exit_print(c->program, "  and %u more: askctl conv list%s shows them", s->matches - TOLD_MAX,
                   s->deleted ? " --deleted" : "");
    return EXIT_OTHER;
}

static int find(struct ctl *c, struct ask *a, const char *prefix, bool deleted, char id[ID_LEN + 1])
{
    struct search s = {.prefix = prefix, .deleted = deleted};
    int status = search_all(c, a, &s);
    if (status != EXIT_OK)
        return status;
    if (s.matches == 0) {
        exit_print(c->program, "no conversation's id begins with '%.40s': askctl conv list%s shows them", prefix,
                   deleted ? " --deleted" : "");
        return EXIT_OTHER;
    }
    if (s.matches > 1)
        return tell_matches(c, &s);
    memcpy(id, s.found, sizeof(s.found));
    return EXIT_OK;
}

static int find_last(struct ctl *c, struct ask *a, char id[ID_LEN + 1])
{
    struct search s = {.prefix = ""};
    struct listing l = {.limit = 1, .each = note, .data = &s};
    bool more;
    int status = list_page(c, a, &l, &more);
    if (status == EXIT_OK && s.matches == 0) {
        exit_print(c->program, "no conversation is stored");
        return EXIT_OTHER;
    }
    memcpy(id, s.found, sizeof(s.found));
    return status;
}

/* A whole id costs no search, and one that does not exist is the daemon's to name. */
static int resolve(struct ctl *c, struct ask *a, const char *arg, bool deleted, char id[ID_LEN + 1])
{
    size_t len = strlen(arg);
    if (id_valid(arg, len)) {
        memcpy(id, arg, ID_LEN + 1);
        return EXIT_OK;
    }
    if (strcmp(arg, "last") == 0)
        return deleted ? conv_find_deleted_last(c, a, id) : find_last(c, a, id);
    if (len < PREFIX_MIN || len > ID_LEN || strspn(arg, "0123456789abcdef-") != len) {
        exit_print(c->program,
                   "'%.40s' is no conversation's id, nor %d or more characters of its beginning, nor 'last': askctl "
                   "conv list shows them",
                   arg, PREFIX_MIN);
        return EXIT_USAGE;
    }
    return find(c, a, arg, deleted, id);
}

int conv_with(struct ctl *c, conv_action *act)
{
    char id[ID_LEN + 1];
    int status;
    struct ask *a = ctl_open(c, &status);
    if (a == NULL)
        return status;
    status = resolve(c, a, c->args[0], false, id);
    if (status == EXIT_OK)
        status = act(c, a, id);
    ask_close(a);
    return status;
}

int conv_with_each(struct ctl *c, bool deleted, conv_action *act)
{
    char id[ID_LEN + 1];
    int status, first = EXIT_OK;
    struct ask *a = ctl_open(c, &status);
    if (a == NULL)
        return status;
    for (int i = 0; i < c->n_args; i++) {
        status = resolve(c, a, c->args[i], deleted, id);
        if (status == EXIT_OK)
            status = act(c, a, id);
        if (first == EXIT_OK)
            first = status;
    }
    ask_close(a);
    return first;
}

int conv_find_deleted_last(struct ctl *c, struct ask *a, char id[ID_LEN + 1])
{
    struct search s = {.prefix = "", .deleted = true};
    int status = search_all(c, a, &s);
    if (status == EXIT_OK && s.matches == 0) {
        exit_print(c->program, "no conversation was deleted that could be restored");
        return EXIT_OTHER;
    }
    memcpy(id, s.found, sizeof(s.found));
    return status;
}
