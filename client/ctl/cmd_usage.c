/* askctl usage: what was used and what it cost, by the daemon's ledger. */
#include "client/common/field.h"
#include "client/common/figures.h"
#include "client/ctl/options.h"
#include "client/ctl/progress.h"
#include "client/ctl/usage.h"
#include "client/ctl/watch.h"
#include <inttypes.h>
#include <stdio.h>

enum { PARAMS_MAX = 4096 };

/* -- which view -- */

static int show(struct ctl *c, const struct usage_query *q, const msgpack_object *reply)
{
    msgpack_object_map map;
    msgpack_object_array rows = {0};
    if (c->json)
        return ctl_print_json(c, reply);
    if (mp_map(reply, &map))
        (void)field_array(&map, "rows", &rows);
    if ((c->given & CTL_CSV) != 0)
        return usage_csv(c, q, &rows);
    return (c->given & CTL_PLOT) != 0 ? usage_plot(c, q, &rows) : usage_table(c, q, &rows);
}

static int call_and_show(struct ctl *c, struct ask *a, const struct usage_query *q,
                         int (*shown)(struct ctl *c, const struct usage_query *q, const msgpack_object *reply),
                         const char *method)
{
    struct buf params;
    msgpack_unpacked reply;
    buf_init(&params, PARAMS_MAX);
    msgpack_unpacked_init(&reply);
    usage_query_put(&params, q);
    int status = ctl_call(c, a, method, &params, &reply);
    if (c->progress != NULL)
        progress_end(c->progress);
    if (status == EXIT_OK)
        status = shown(c, q, &reply.data);
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    return status;
}

static int report(struct ctl *c, struct ask *a, const struct usage_query *q)
{
    return call_and_show(c, a, q, show, "usage.report");
}

static int view(struct ctl *c, struct ask *a, const void *q)
{
    return report(c, a, q);
}

/* -- --reprice -- */

static void print_sums(struct ctl *c, const msgpack_object_map *reply, const char *field)
{
    msgpack_object_array sums = {0};
    msgpack_object_map sum;
    (void)field_array(reply, field, &sums);
    ctl_printf(c, "%-9s", field);
    for (uint32_t i = 0; i < sums.size; i++) {
        char amount[FIGURE_LEN], currency[16];
        if (!mp_map(&sums.ptr[i], &sum))
            continue;
        figures_nano(amount, usage_figure(&sum, "cost_nano"));
        usage_currency(currency, &sum);
        ctl_printf(c, "%s%s %s", i > 0 ? ", " : "", amount, currency);
    }
    ctl_printf(c, "%s\n", sums.size == 0 ? "-" : "");
}

/* "120 answers, 31 of them at another cost than before" and the two sums. */
static int show_repriced(struct ctl *c, const struct usage_query *q, const msgpack_object *reply)
{
    msgpack_object_map map;
    (void)q;
    if (c->json)
        return ctl_print_json(c, reply);
    if (mp_map(reply, &map)) {
        const int64_t rows = usage_figure(&map, "rows"), changed = usage_figure(&map, "changed");
        ctl_printf(c, "%" PRId64 " row%s of the ledger, %" PRId64 " of them at another cost than before\n", rows,
                   rows == 1 ? "" : "s", changed);
        print_sums(c, &map, "before");
        print_sums(c, &map, "after");
    }
    return ctl_flush(c);
}

static int reprice(struct ctl *c, struct ask *a, const struct usage_query *q)
{
    struct progress p;
    progress_begin(&p, "working past cost out again");
    c->progress = &p;
    const int status = call_and_show(c, a, q, show_repriced, "usage.reprice");
    c->progress = NULL;
    return status;
}

/* -- the verb -- */

/* Two options of which each would say what is printed. */
static bool agree(const struct ctl *c)
{
    static const ctl_options exclusive[][2] = {
        {CTL_PLOT, CTL_BY},      {CTL_PLOT, CTL_CSV},    {CTL_PLOT, CTL_JSON},
        {CTL_CSV, CTL_JSON},     {CTL_CSV, CTL_WATCH},   {CTL_REPRICE, CTL_BY},
        {CTL_REPRICE, CTL_PLOT}, {CTL_REPRICE, CTL_CSV}, {CTL_REPRICE, CTL_WATCH},
    };
    for (size_t i = 0; i < sizeof(exclusive) / sizeof(exclusive[0]); i++) {
        if ((c->given & exclusive[i][0]) == 0 || (c->given & exclusive[i][1]) == 0)
            continue;
        exit_print(c->program, "--%s and --%s exclude each other: see askctl usage --help",
                   options_name(exclusive[i][0]), options_name(exclusive[i][1]));
        return false;
    }
    return true;
}

int cmd_usage(struct ctl *c)
{
    struct usage_query q;
    int status = agree(c) ? usage_query_read(&q, c) : (int)EXIT_USAGE;
    if (status != EXIT_OK)
        return status;
    if ((c->given & CTL_WATCH) != 0)
        return watch_run(c, view, &q);
    struct ask *a = ctl_open(c, &status);
    if (a == NULL)
        return status;
    status = (c->given & CTL_REPRICE) != 0 ? reprice(c, a, &q) : report(c, a, &q);
    ask_close(a);
    return status;
}
