/* askctl conv search: what was found, two lines each: the conversation, and what it says. */
#include "client/common/field.h"
#include "client/ctl/conv.h"
#include <string.h>

/* What stands around each piece that was found, as conversation.search says. */
#define MARK_BEGIN 0x02
#define MARK_END 0x03

/* Bold on a terminal; for a program it is text like the rest. */
static void print_snippet(struct ctl *c, const char *s, size_t len)
{
    const char *end = s + len;
    while (s < end) {
        const char *mark = s;
        while (mark < end && *mark != MARK_BEGIN && *mark != MARK_END)
            mark++;
        (void)out_text(c->out, s, (size_t)(mark - s));
        if (mark < end && c->out->terminal)
            (void)out_puts(c->out, *mark == MARK_BEGIN ? "\033[1m" : "\033[22m");
        s = mark < end ? mark + 1 : end;
    }
}

static void print_hit(struct ctl *c, const msgpack_object_map *hit)
{
    char id[CONV_LINE], title[CONV_LINE], when[CONV_WHEN];
    const char *snippet = "";
    size_t len = 0;
    ctl_printf(c, "%s  %s  %s\n    ", conv_line(id, hit, "conversation"), conv_when(when, hit, "created"),
               conv_line(title, hit, "title"));
    (void)field_str(hit, "snippet", &snippet, &len);
    print_snippet(c, snippet, len);
    (void)out_puts(c->out, "\n");
}

static int print_hits(struct ctl *c, msgpack_object *result)
{
    msgpack_object_array hits;
    msgpack_object_map hit;
    if (c->json)
        return ctl_print_json(c, result);
    if (mp_array(result, &hits))
        for (uint32_t i = 0; i < hits.size; i++)
            if (mp_map(&hits.ptr[i], &hit))
                print_hit(c, &hit);
    return ctl_flush(c);
}

static void put_query(struct buf *b, const struct ctl *c)
{
    size_t len = (size_t)c->n_args - 1;
    for (int i = 0; i < c->n_args; i++)
        len += strlen(c->args[i]);
    mp_put_cstr(b, "query");
    mp_put_str_head(b, len);
    for (int i = 0; i < c->n_args; i++) {
        if (i > 0)
            (void)buf_putc(b, ' ');
        (void)buf_puts(b, c->args[i]);
    }
}

int conv_search(struct ctl *c)
{
    struct buf params;
    buf_init(&params, CONV_PARAMS_MAX);
    size_t at = mp_open_map(&params);
    uint32_t n = 1;
    put_query(&params, c);
    if ((c->given & CTL_LIMIT) != 0) {
        mp_put_entry_uint(&params, "limit", c->limit);
        n++;
    }
    n += conv_put_filters(&params, c);
    mp_close_map(&params, at, n);
    int status = EXIT_USAGE;
    if (params.failed)
        exit_print(c->program, "what is asked for is too long: give fewer words");
    else
        status = ctl_ask(c, "conversation.search", &params, print_hits);
    buf_done(&params);
    return status;
}
