#include "client/ask/dry_run.h"
#include "client/common/age.h"
#include "client/common/call.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/common/figures.h"
#include "client/common/json_print.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_SIZE = 256, LINE_SIZE = 1024 };

static void print(struct out *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void print(struct out *out, const char *fmt, ...)
{
    char line[LINE_SIZE];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    if (n > 0)
        (void)out_text(out, line, strlen(line));
}

static void print_tokens(struct out *out, const msgpack_object_map *est)
{
    int64_t tokens = 0;
    (void)field_int(est, "input_tokens", &tokens);
    print(out, "input     about %" PRId64 " token%s\n", tokens, tokens == 1 ? "" : "s");
    if (field_int(est, "max_output_tokens", &tokens))
        print(out, "output    at most %" PRId64 " token%s\n", tokens, tokens == 1 ? "" : "s");
    else
        print(out, "output    no bound is known\n");
}

/* "0.0025 to 0.0681 USD" */
static void print_cost(struct out *out, const msgpack_object_map *est)
{
    char low[FIGURE_LEN], high[FIGURE_LEN], currency[TEXT_SIZE];
    double cost;
    if (!field_double(est, "cost_low", &cost)) {
        print(out, "cost      no price is known\n");
        return;
    }
    figures_amount(low, cost);
    (void)field_line(est, "currency", currency, TEXT_SIZE);
    if (field_double(est, "cost_high", &cost)) {
        figures_amount(high, cost);
        print(out, "cost      %s to %s %s\n", low, high, currency);
    } else {
        print(out, "cost      %s %s for the input; with the output more, without a bound\n", low, currency);
    }
}

static void print_cached(struct out *out, const msgpack_object_map *est)
{
    char age[AGE_LEN];
    double seconds;
    if (!field_true(est, "cached")) {
        print(out, "cache     has no answer to it that would be taken\n");
        return;
    }
    bool known = field_double(est, "age", &seconds);
    age_text(age, known ? seconds : 0);
    print(out, "cache     has the answer%s%s%s: nothing would be asked or paid\n", known ? ", " : "", known ? age : "",
          known ? " old" : "");
}

/* -- budgets -- */

static bool find_budget(const msgpack_object *list, const char *s, size_t len, msgpack_object_map *ret)
{
    msgpack_object_array budgets = {0};
    const char *name;
    size_t name_len;
    (void)mp_array(list, &budgets);
    for (uint32_t i = 0; i < budgets.size; i++)
        if (mp_map(&budgets.ptr[i], ret) && field_str(ret, "name", &name, &name_len) && name_len == len &&
            memcmp(name, s, len) == 0)
            return true;
    return false;
}

/* "budget    pocket money: 12.34 of 20.00 USD left, for 3d" */
static void print_budget(struct out *out, const msgpack_object *budgets, const char *s, size_t len)
{
    char name[TEXT_SIZE], unit[TEXT_SIZE], left[FIGURE_LEN] = "", limit[FIGURE_LEN] = "", age[AGE_LEN];
    msgpack_object_map budget;
    double v;
    error_text(name, sizeof(name), s, len);
    if (!find_budget(budgets, s, len, &budget)) {
        print(out, "budget    %s\n", name);
        return;
    }
    if (field_double(&budget, "left", &v))
        figures_quantity(left, v);
    if (field_double(&budget, "limit", &v))
        figures_quantity(limit, v);
    print(out, "budget    %s: %s of %s %s left", name, left, limit, field_line(&budget, "unit", unit, TEXT_SIZE));
    if (field_double(&budget, "resets", &v)) {
        age_text(age, v - (double)clock_wall_us() / 1e6);
        print(out, ", for %s", age);
    }
    print(out, "\n");
}

static int print_budgets(const char *program, struct ask *a, struct out *out, const msgpack_object_map *est)
{
    msgpack_object_array names = {0};
    msgpack_unpacked reply;
    const char *s;
    size_t len;
    (void)field_array(est, "budgets", &names);
    if (names.size == 0) {
        print(out, "budget    none that it would count in\n");
        return EXIT_OK;
    }
    msgpack_unpacked_init(&reply);
    int status = call_run(program, a, "budget.get", NULL, &reply);
    for (uint32_t i = 0; status == EXIT_OK && i < names.size; i++)
        if (mp_str(&names.ptr[i], &s, &len))
            print_budget(out, &reply.data, s, len);
    msgpack_unpacked_destroy(&reply);
    if (status == EXIT_OK && field_true(est, "refused"))
        print(out, "budget    it would be refused now: that is more than is left\n");
    return status;
}

/* -- all of it -- */

/* The reply's strings are gone with the next call, so the budgets' names are taken before it: the whole map is. */
static int print_for_people(const char *program, struct ask *a, struct out *out, const msgpack_object *reply)
{
    char model[TEXT_SIZE], provider[TEXT_SIZE];
    msgpack_object_map est;
    struct buf kept;
    msgpack_unpacked copy;
    size_t at = 0;
    int status = EXIT_OK;
    buf_init(&kept, 1 << 20);
    msgpack_unpacked_init(&copy);
    mp_put_object(&kept, reply);
    if (!kept.failed && msgpack_unpack_next(&copy, (const char *)kept.data, kept.len, &at) == MSGPACK_UNPACK_SUCCESS &&
        mp_map(&copy.data, &est)) {
        (void)field_line(&est, "provider", provider, TEXT_SIZE);
        print(out, "model     %s%s%s\n", field_line(&est, "model", model, TEXT_SIZE), provider[0] != '\0' ? " at " : "",
              provider);
        print_tokens(out, &est);
        print_cost(out, &est);
        print_cached(out, &est);
        status = print_budgets(program, a, out, &est);
    }
    msgpack_unpacked_destroy(&copy);
    buf_done(&kept);
    return status;
}

int dry_run(const char *program, struct ask *a, const struct buf *params, bool json, struct out *out)
{
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    int status = call_run(program, a, "answer.estimate", params, &reply);
    if (status == EXIT_OK && json) {
        (void)json_print(out, &reply.data);
        (void)out_puts(out, "\n");
    } else if (status == EXIT_OK) {
        status = print_for_people(program, a, out, &reply.data);
    }
    msgpack_unpacked_destroy(&reply);
    if (status != EXIT_OK || out_flush(out))
        return status;
    if (out->error != EPIPE)
        exit_print(program, "cannot write what it would come to: %s: choose another place for it",
                   strerror(out->error));
    return out->error == EPIPE ? EXIT_PIPE : EXIT_IO;
}
