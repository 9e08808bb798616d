#include "client/ctl/today_text.h"
#include "client/common/field.h"
#include "client/common/figures.h"
#include <inttypes.h>
#include <string.h>

#define LABEL 15 /* columns of a line's name */

struct line { /* what comes next in it */
    struct ctl *c;
    bool any;
};

static void begin_item(struct line *l)
{
    if (l->any)
        ctl_printf(l->c, ", ");
    else
        ctl_printf(l->c, "%*s", LABEL, "");
    l->any = true;
}

/* "0.4213 USD", "1.1000 CNY"; of what is 0 nothing. */
static void print_money(struct line *l, const msgpack_object_map *today, const char *field, const char *before)
{
    msgpack_object_array sums = {0};
    msgpack_object_map sum;
    char amount[FIGURE_LEN], currency[16];
    (void)field_array(today, "cost", &sums);
    for (uint32_t i = 0; i < sums.size; i++) {
        int64_t nano;
        if (!mp_map(&sums.ptr[i], &sum) || !field_int(&sum, field, &nano) || nano <= 0)
            continue;
        (void)field_line(&sum, "currency", currency, sizeof(currency));
        figures_nano_rounded(amount, nano);
        begin_item(l);
        ctl_printf(l->c, "%s%s %s", before, amount, currency);
        before = "";
    }
}

static void print_count(struct line *l, const msgpack_object_map *today, const char *field, const char *text)
{
    int64_t n;
    if (!field_int(today, field, &n) || n <= 0)
        return;
    begin_item(l);
    ctl_printf(l->c, "%" PRId64 " %s", n, text);
}

static void print_use(struct ctl *c, const msgpack_object_map *today, int64_t requests)
{
    char in[FIGURE_LEN], out[FIGURE_LEN];
    int64_t tokens_in = 0, tokens_out = 0;
    struct line asked = {.c = c, .any = true}, saved = {.c = c};
    (void)field_int(today, "input_tokens", &tokens_in);
    (void)field_int(today, "output_tokens", &tokens_out);
    figures_tokens(in, (double)tokens_in, true);
    figures_tokens(out, (double)tokens_out, true);
    ctl_printf(c, "%-*s%" PRId64 " request%s, %s tokens in, %s out", LABEL, "today", requests, requests == 1 ? "" : "s",
               in, out);
    print_money(&asked, today, "cost_nano", "");
    ctl_printf(c, "\n");
    print_count(&saved, today, "cache_hits", "from the cache");
    print_count(&saved, today, "shared", "shared");
    print_money(&saved, today, "saved_nano", "saved ");
    ctl_printf(c, "%s", saved.any ? "\n" : "");
}

static void print_budgets(struct ctl *c, const msgpack_object_map *today)
{
    msgpack_object_array names = {0};
    (void)field_array(today, "budgets", &names);
    for (uint32_t i = 0; i < names.size; i++) {
        const char *s = "";
        size_t len = 0;
        (void)mp_str(&names.ptr[i], &s, &len);
        ctl_printf(c, "%-*s%s%.*s", i == 0 ? LABEL : 0, i == 0 ? "budgets" : "", i == 0 ? "near their limit: " : ", ",
                   (int)(len < 64 ? len : 64), s);
    }
    ctl_printf(c, "%s", names.size > 0 ? "\n" : "");
}

void today_print(struct ctl *c, const msgpack_object_map *status)
{
    msgpack_object_map today;
    int64_t requests = 0, answers = 0;
    if (!field_map(status, "today", &today))
        return;
    (void)field_int(&today, "requests", &requests);
    (void)field_int(&today, "answers", &answers);
    if (requests > 0 || answers > 0)
        print_use(c, &today, requests);
    print_budgets(c, &today);
}
