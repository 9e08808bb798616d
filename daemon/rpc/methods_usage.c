#include "daemon/rpc/methods_usage.h"
#include "daemon/rpc/shapes.h"

#define WHEN_AND_WHOSE                                                                                                 \
    {"since", NUMBER, NULL, "of what was asked then or later; absent: from the beginning"},                            \
        {"until", NUMBER, NULL, "and before then; absent: up to now"},                                                 \
    {                                                                                                                  \
        "uid", INT | STR, NULL,                                                                                        \
            "whose: a user's number, or `\"all\"`; others' are for the daemon's owner and root. Absent: the caller's"  \
    }

const struct schema_field usage_report_params[] = {
    {"by", LIST(STR), NULL,
     "a row for each combination of these: `model`, `provider`, `client`, `uid`, `day`, `hour`, `directory`, "
     "`conversation`, `label`, `host`; absent or empty: for all together"},
    WHEN_AND_WHOSE,
    {0},
};

static const struct schema_field row[] = {
    {"model", STR | NIL, NULL, "where it is by this, as all down to `host`; the provider's own name of it"},
    {"provider", STR | NIL, NULL, "as in `[provider \"name\"]`"},
    {"client", STR | NIL, NULL, "as `hello` told; nil: it did not"},
    {"uid", INT, NULL, "who asked"},
    {"day", NUMBER, NULL, "when it began, in UTC"},
    {"hour", NUMBER, NULL, "likewise"},
    {"directory", STR | NIL, NULL, "where it was asked; nil: nobody told"},
    {"conversation", STR | NIL, NULL, "in which; nil: in none"},
    {"label", STR | NIL, NULL, "the project's name for what it spends; nil: none"},
    {"host", STR | NIL, NULL, "on which machine it was asked; nil: the daemon's. A directory is one of a machine"},
    {"requests", INT | NEEDED, NULL, "that went to a provider, those among them that were sent again"},
    {"answers", INT | NEEDED, NULL, "all of them, those that nobody had to be asked for too"},
    {"errors", INT | NEEDED, NULL, "those of them that failed or were interrupted"},
    {"cache_hits", INT | NEEDED, NULL, "those from the cache"},
    {"shared", INT | NEEDED, NULL, "those that were being given to somebody else already"},
    {"input_tokens", INT | NEEDED, NULL, "of what was asked of a provider; cached ones included"},
    {"cached_input_tokens", INT | NEEDED, NULL, "read from the provider's cache"},
    {"cache_write_tokens", INT | NEEDED, NULL, "written to it"},
    {"output_tokens", INT | NEEDED, NULL, "reasoning included"},
    {"reasoning_tokens", INT | NEEDED, NULL, "the reasoning's share of it"},
    {"input_audio_tokens", INT | NEEDED, NULL, "the share of the input that is sound"},
    {"output_audio_tokens", INT | NEEDED, NULL, "and of the output"},
    {"images", INT | NEEDED, NULL, "that are counted by themselves"},
    {"currency", STR | NIL | NEEDED, NULL, "what was paid in another one has a row of its own; nil: no price is known"},
    {"cost", NUMBER, NULL, "by the prices that held then, or by those of a later `usage.reprice`"},
    {"cost_nano", INT, NULL, "the same in billionths"},
    {"saved", NUMBER, NULL, "what the cached and the shared ones would have cost"},
    {"saved_nano", INT, NULL, "the same in billionths"},
    {"premium_requests", NUMBER | NEEDED, NULL, "of a subscription that is counted in these"},
    {"premium_nano", INT | NEEDED, NULL, "the same in billionths"},
    {"provider_cost_nano", INT | NEEDED, NULL, "what providers themselves say, in billionths of a US dollar"},
    {"compared_nano", INT | NEEDED, NULL, "`cost_nano` of those answers, to be compared with that"},
    {0},
};

static const struct schema_field report_fields[] = {
    {"rows", LIST(MAP) | NEEDED, row, "by time where `by` has one, then the dearest first"},
    {0},
};

const struct schema_field usage_report_reply[] = {{"a map", MAP, report_fields, NULL}, {0}};

const struct schema_field usage_reprice_params[] = {
    WHEN_AND_WHOSE,
    {0},
};

static const struct schema_field sum[] = {
    {"currency", STR | NEEDED, NULL, "each has a sum of its own"},
    {"cost", NUMBER | NEEDED, NULL, "of all rows in it"},
    {"cost_nano", INT | NEEDED, NULL, "the same in billionths"},
    {0},
};

static const struct schema_field reprice_fields[] = {
    {"rows", INT | NEEDED, NULL, "of the ledger that were looked at; sums by the hour whose rows are gone stay"},
    {"changed", INT | NEEDED, NULL, "those of them that cost something else now, or the same by another price"},
    {"before", LIST(MAP) | NEEDED, sum, "what reports said until now"},
    {"after", LIST(MAP) | NEEDED, sum, "and what they say from now on"},
    {0},
};

const struct schema_field usage_reprice_reply[] = {{"a map", MAP, reprice_fields, NULL}, {0}};

static const struct schema_field budget[] = {
    {"name", STR | NEEDED, NULL, "as in `[budget \"name\"]`"},
    {"unit", STR | NEEDED, NULL, "of all figures: a currency's code, `tokens`, `requests` or `premium`"},
    {"per", STR | NEEDED, NULL, "`hour`, `day`, `week` or `month`, of UTC"},
    {"limit", NUMBER | NEEDED, NULL, "so much in each of them"},
    {"used", NUMBER | NEEDED, NULL, "in this one"},
    {"reserved", NUMBER | NEEDED, NULL, "what answers that run may come to"},
    {"left", NUMBER | NEEDED, NULL, "of the limit; 0 where more was used"},
    {"resets", NUMBER | NEEDED, NULL, "when the next one begins"},
    {"near", BOOL | NEEDED, NULL, "`warn` per cent of the limit are used"},
    {0},
};

const struct schema_field budget_get_reply[] = {{"a list of maps, as they are configured", LIST(MAP), budget, NULL},
                                                {0}};

static const struct schema_field today_sum[] = {
    {"currency", STR | NEEDED, NULL, "each has a sum of its own"},
    {"cost", NUMBER | NEEDED, NULL, "what was paid"},
    {"cost_nano", INT | NEEDED, NULL, "the same in billionths"},
    {"saved", NUMBER | NEEDED, NULL, "what cached and shared answers would have cost"},
    {"saved_nano", INT | NEEDED, NULL, "the same in billionths"},
    {0},
};

const struct schema_field status_today[] = {
    {"requests", INT | NEEDED, NULL, "that went to providers"},
    {"answers", INT | NEEDED, NULL, "those that nobody had to be asked for too"},
    {"cache_hits", INT | NEEDED, NULL, "those of them from the cache"},
    {"shared", INT | NEEDED, NULL, "those that somebody else was being given already"},
    {"input_tokens", INT | NEEDED, NULL, "of what was asked of providers"},
    {"output_tokens", INT | NEEDED, NULL, "and answered by them"},
    {"premium_requests", NUMBER | NEEDED, NULL, "of a subscription that is counted in these"},
    {"cost", LIST(MAP) | NEEDED, today_sum, "one for each currency, by its code"},
    {"budgets", LIST(STR) | NEEDED, NULL, "the names of those of which `warn` per cent are used"},
    {0},
};
