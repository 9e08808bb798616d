#include "daemon/ledger/budget_words.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TIME_TEXT 32

__extension__ typedef __int128 wide; /* of a percentage's product */

static void print_amount(const struct budget_rule *r, int64_t value, char out[AMOUNT_TEXT])
{
    struct amount a = r->limit;

    a.value = value;
    amount_print(&a, out);
}

static void print_time(int64_t at_us, char out[TIME_TEXT])
{
    time_t t = (time_t)(at_us / 1000000);
    struct tm tm;

    if (!gmtime_r(&t, &tm) || strftime(out, TIME_TEXT, "%Y-%m-%d %H:%M UTC", &tm) == 0)
        out[0] = '\0';
}

static enum error_code refused(struct error *err)
{
    if (err)
        error_text(err->param, sizeof(err->param), "budget", strlen("budget"));
    return ERR_BUDGET_EXCEEDED;
}

enum error_code budget_refuses(const struct budget_report *r, int64_t need, struct error *err)
{
    char limit[AMOUNT_TEXT], left[AMOUNT_TEXT], reserved[AMOUNT_TEXT], takes[AMOUNT_TEXT], when[TIME_TEXT];
    const bool held = r->reserved > 0;

    amount_print(&r->rule->limit, limit);
    print_amount(r->rule, r->left, left);
    print_amount(r->rule, r->reserved, reserved);
    print_amount(r->rule, need, takes);
    print_time(r->resets_us, when);
    error_set(err, ERR_BUDGET_EXCEEDED,
              "the budget \"%s\" has %s left of %s%s%s%s, and this may take %s; it resets at %s", r->rule->name, left,
              limit, held ? ", with " : "", held ? reserved : "", held ? " reserved for what runs" : "", takes, when);
    return refused(err);
}

enum error_code budget_cannot_tell(const struct budget_rule *r, enum need why, const struct budget_wish *w,
                                   struct error *err)
{
    const char *provider = w->subject.provider ? w->subject.provider : "",
               *model = w->subject.model ? w->subject.model : "";

    if (why == NEED_NO_RATE)
        error_set(
            err, ERR_BUDGET_EXCEEDED,
            "the budget \"%s\" is in %s, and the price of %s/%s in %s: the section [rates] has to say what one of "
            "them is worth",
            r->name, r->limit.currency, provider, model, w->price->currency);
    else
        error_set(err, ERR_BUDGET_EXCEEDED,
                  "the budget \"%s\" is in %s, and the price of %s/%s is not known; 'unpriced = allow' there lets it "
                  "pass, and counts nothing",
                  r->name, r->limit.currency, provider, model);
    return refused(err);
}

int64_t budget_share(const struct budget_report *r)
{
    const int64_t limit = r->rule->limit.value;
    const wide share = limit == 0 ? 100 : (wide)r->used * 100 / limit;

    return share > INT64_MAX ? INT64_MAX : (int64_t)share;
}

void budget_warns(const struct budget_report *r, char *text, size_t size)
{
    char limit[AMOUNT_TEXT], used[AMOUNT_TEXT], when[TIME_TEXT];

    amount_print(&r->rule->limit, limit);
    print_amount(r->rule, r->used, used);
    print_time(r->resets_us, when);
    snprintf(text, size, "%" PRId64 " %% of the budget \"%s\" is used: %s of %s; it resets at %s", budget_share(r),
             r->rule->name, used, limit, when);
}
