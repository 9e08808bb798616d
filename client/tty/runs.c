#include "client/tty/runs.h"
#include "client/tty/cell.h"
#include <string.h>
#include <strings.h>

void runs_init(struct runs *r)
{
    *r = (struct runs){.styles = 0};
    buf_init(&r->text, RUNS_TEXT_MAX);
    buf_init(&r->runs, RUNS_TEXT_MAX * sizeof(struct run));
    buf_init(&r->addresses, RUNS_TEXT_MAX);
    runs_clear(r);
}

void runs_done(struct runs *r)
{
    buf_done(&r->text);
    buf_done(&r->runs);
    buf_done(&r->addresses);
}

void runs_clear(struct runs *r)
{
    buf_clear(&r->text);
    buf_clear(&r->runs);
    buf_clear(&r->addresses);
    (void)buf_putc(&r->addresses, '\0');
    r->styles = 0;
    r->link = 0;
    r->before = 0;
}

size_t runs_count(const struct runs *r)
{
    return r->runs.len / sizeof(struct run);
}

const struct run *runs_at(const struct runs *r, size_t i)
{
    return (const struct run *)(const void *)r->runs.data + i;
}

const char *runs_link_of(const struct runs *r, uint32_t link)
{
    return (const char *)r->addresses.data + link;
}

bool runs_failed(const struct runs *r)
{
    return r->text.failed || r->runs.failed || r->addresses.failed;
}

/* What follows has the styles that are asked for now. */
static void begin_run(struct runs *r)
{
    const size_t n = runs_count(r);
    const struct run *last = n > 0 ? runs_at(r, n - 1) : NULL;
    if (last != NULL && last->styles == r->styles && last->link == r->link)
        return;
    const struct run run = {(uint32_t)r->text.len, r->styles, r->link};
    (void)buf_append(&r->runs, &run, sizeof(run));
}

/* ASCII without controls, most of all text. */
static size_t plain_len(const char *s, size_t len)
{
    size_t n = 0;
    while (n < len && s[n] >= ' ' && s[n] < 0x7f)
        n++;
    return n;
}

void runs_put(struct runs *r, const char *s, size_t len)
{
    if (len == 0)
        return;
    begin_run(r);
    for (size_t n; len > 0; s += n, len -= n) {
        n = plain_len(s, len);
        if (n == 0) {
            n = cell_put(&r->text, s, len, &r->before);
        } else {
            (void)buf_append(&r->text, s, n);
            r->before = s[n - 1];
        }
    }
}

void runs_puts(struct runs *r, const char *s)
{
    runs_put(r, s, strlen(s));
}

void runs_mark(struct runs *r, char mark)
{
    begin_run(r);
    (void)buf_putc(&r->text, mark);
    r->before = 0;
}

void runs_link(struct runs *r, const char *address, size_t len)
{
    r->link = address != NULL ? (uint32_t)r->addresses.len : 0;
    if (address != NULL && buf_append(&r->addresses, address, len))
        (void)buf_putc(&r->addresses, '\0');
}

bool runs_address(const char *address, size_t len)
{
    static const char *const schemes[] = {"http://", "https://", "mailto:"};
    bool known = false;
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]) && !known; i++)
        known = len > strlen(schemes[i]) && strncasecmp(address, schemes[i], strlen(schemes[i])) == 0;
    for (size_t i = 0; i < len && known; i++)
        known = address[i] > ' ' && address[i] < 0x7f;
    return known && len <= RUNS_ADDRESS_MAX;
}
