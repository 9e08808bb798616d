/* An answer to a gap, parsed in the form that it was asked in and cut to the gap: whole and in pieces it must come to
 * the same. First byte: the form, or none, and how long the text around the gap is, which stands first; second: size of
 * the pieces. */
#include "daemon/provider/gap.h"
#include "daemon/provider/gap_cut.h"
#include "lib/base/utf8.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    struct buf text;
    unsigned done;
};

static void require(bool truth)
{
    if (!truth)
        abort();
}

static void sink(void *data, const struct chat_event *ev)
{
    struct seen *s = data;

    require(s->done == 0);
    require(utf8_valid(ev->text.data, ev->text.len));
    if (ev->kind == EVENT_TEXT)
        buf_append(&s->text, ev->text.data, ev->text.len);
    s->done += ev->kind == EVENT_DONE;
}

static void cut(void *data, const struct chat_event *ev)
{
    gap_cut_feed(data, ev);
}

static void parse(const struct chat_gap *g, unsigned form, const uint8_t *data, size_t size, size_t piece,
                  struct seen *s)
{
    static const struct {
        const char *api, *dialect, *model;
    } forms[] = {
        {"openai-chat", "deepseek", "m"},  {"openai-chat", "mistral", "codestral-latest"},
        {"openai-chat", "llama.cpp", "m"}, {"ollama", NULL, "m"},
        {"openai-chat", "generic", "m"},
    };
    size_t n = form % (sizeof forms / sizeof *forms);
    const struct provider_ops *ops = provider_find(forms[n].api);
    struct response_head head = {.status = 200, .retry_after = -1, .should_retry = -1};
    struct provider_target t = {.base_url = "http://h", .dialect = forms[n].dialect, .model = forms[n].model};
    struct error err = ERROR_INIT;

    buf_init(&s->text, 8u << 20);
    s->done = 0;
    t.gap = provider_gap_form(ops, t.dialect, t.model);
    struct gap_cut *c = gap_cut_new(g, !t.gap, sink, s);
    struct provider_parser *p = provider_parser_new(ops, &t, &head, cut, c);
    for (size_t at = 0; at < size && !gap_cut_over(c); at += piece)
        provider_feed(p, data + at, size - at < piece ? size - at : piece, &err);
    bool ended = gap_cut_over(c) || provider_finish(p, true, &err) == ERR_NONE;
    require((ended || gap_cut_over(c)) == (s->done == 1)); /* the last event may fill the gap, and no end follow */
    provider_parser_free(p);
    gap_cut_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen whole, pieces;

    if (size < 3)
        return 0;
    unsigned form = data[0] & 7;
    size_t around = (size_t)(data[0] >> 3), piece = data[1] ? data[1] : 1;
    around = around < size - 2 ? around : size - 2;
    size_t prefix = around / 2;
    const char *text = (const char *)data + 2;
    if (!utf8_valid(text, prefix) || !utf8_valid(text + prefix, around - prefix))
        return 0;
    struct chat_gap *g =
        chat_gap_new((struct gap_text){text, prefix}, (struct gap_text){text + prefix, around - prefix}, "c");
    parse(g, form, data + 2 + around, size - 2 - around, size, &whole);
    parse(g, form, data + 2 + around, size - 2 - around, piece, &pieces);
    require(whole.done == pieces.done);
    if (whole.done)
        require(whole.text.len == pieces.text.len &&
                (whole.text.len == 0 || memcmp(whole.text.data, pieces.text.data, whole.text.len) == 0));
    buf_done(&whole.text);
    buf_done(&pieces.text);
    chat_gap_free(g);
    return 0;
}
