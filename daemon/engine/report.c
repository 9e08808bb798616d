#include "daemon/engine/report.h"
#include "daemon/core/log.h"
#include "daemon/ledger/amount.h"
#include <string.h>

void report_take(struct report_figures *f, const struct ledger_row *rows, size_t n)
{
    const struct ledger_row *own = rows;
    bool ours = own->cost_nano >= 0;
    f->known = true;
    f->input_tokens = own->usage.input_tokens;
    f->output_tokens = own->usage.output_tokens;
    f->cost_nano = ours ? own->cost_nano : own->usage.cost_nano;
    const char *currency = ours ? own->currency : own->usage.currency;
    memcpy(f->currency, *currency ? currency : USAGE_CURRENCY "\0\0\0\0", sizeof f->currency);
    for (size_t i = 1; i < n && f->cost_nano >= 0; i++)
        if (rows[i].cost_nano > 0 && strcmp(rows[i].currency, f->currency) == 0)
            f->cost_nano += rows[i].cost_nano;
}

/* -- the sentence: each cached answer has one, so it is put together by hand -- */

static char *put(char *to, const char *s)
{
    size_t len = strlen(s);
    memcpy(to, s, len);
    return to + len;
}

static char *put_int(char *to, int64_t n)
{
    char digits[20];
    size_t len = 0;
    do
        digits[len++] = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    while (len > 0)
        *to++ = digits[--len];
    return to;
}

static char *put_span(char *to, const char *before, double ms)
{
    return ms >= 0 && ms < 1e15 ? put(put_int(put(to, before), (int64_t)(ms + 0.5)), " ms") : to;
}

static char *put_figures(char *to, const struct report_figures *f)
{
    char cost[AMOUNT_TEXT];
    if (f->input_tokens >= 0 && f->output_tokens >= 0) {
        to = put_int(put(to, ", "), f->input_tokens);
        to = put(put_int(put(to, " + "), f->output_tokens), " tokens");
    }
    if (f->cost_nano < 0)
        return to;
    struct amount amount = {.unit = AMOUNT_MONEY, .value = f->cost_nano};
    memcpy(amount.currency, f->currency, sizeof amount.currency);
    amount_print(&amount, cost);
    return put(put(to, ", "), cost);
}

size_t report_text(char out[REPORT_TEXT], enum log_state state, const struct answer_facts *facts,
                   const struct report_figures *figures)
{
    char *to = put(out, facts->cached ? "from the cache" : log_state_name(state));
    if (facts->cached && facts->age_ms >= 0)
        to = put(put_int(put(to, ", "), facts->age_ms / 1000), " s old");
    if (facts->shared)
        to = put(to, ", shared");
    if (figures && figures->known && !facts->cached && !facts->shared)
        to = put_figures(to, figures);
    to = facts->times.queued >= 1 ? put_span(to, ", asked after ", facts->times.queued) : to;
    to = put_span(to, ", first token after ", facts->times.first);
    to = put_span(to, ", in all ", facts->times.total);
    *to = '\0';
    return (size_t)(to - out);
}

void report_answer(struct answer *a, const char *client, const struct report_figures *figures)
{
    const struct error *err = answer_error(a);
    bool failed = err && err->code != ERR_CANCELLED;
    char text[REPORT_TEXT];
    const struct log_fields fields = {.answer = answer_id(a),
                                      .conversation = answer_conversation(a),
                                      .provider = answer_provider(a),
                                      .model = answer_model(a),
                                      .client = client,
                                      .code = err ? error_name(err->code) : NULL};
    if (!answer_accepted(a) || !log_wants(failed ? LOG_LEVEL_NOTICE : LOG_LEVEL_INFO))
        return;
    if (!failed) {
        report_text(text, answer_state(a), answer_facts(a), figures);
        log_event(LOG_LEVEL_INFO, &fields, "answer %s: %s", fields.answer, text);
    } else if (err->provider[0]) { /* what it says may quote the question: its code tells */
        log_event(LOG_LEVEL_NOTICE, &fields, "answer %s: %s from %s (HTTP %d)", fields.answer, fields.code,
                  err->provider, err->status);
    } else {
        log_event(LOG_LEVEL_NOTICE, &fields, "answer %s: %s: %s", fields.answer, fields.code, err->message);
    }
}
