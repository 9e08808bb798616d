#include "daemon/rpc/methods_models.h"
#include "daemon/rpc/shapes.h"

const struct schema_field models_list_params[] = {
    {"provider", STR, NULL, "only this provider's"},
    {"tag", STR, NULL, "only models with this tag"},
    {0},
};

const struct schema_field models_get_params[] = {
    {"model", STR | NEEDED, NULL, "as in `chat`; of an alias, its first model"},
    {0},
};

#define MODEL_FIELDS                                                                                                   \
    {"id", STR | NEEDED, NULL, "the catalogue's; of a model that it does not have, `provider/name`"},                  \
        {"provider", STR | NEEDED, NULL, "who has it; `\"\"` where nobody is known to"},                               \
        {"name", STR | NEEDED, NULL, "the provider's own name of it"},                                                 \
        {"model", STR | NEEDED, NULL, "`provider/name`: what `chat` takes for this one at this provider"},             \
        {"title", STR, NULL, "for people"}, {"context_window", INT, NULL, "tokens"},                                   \
        {"max_output", INT, NULL, "tokens"},                                                                           \
        {"modalities_in", LIST(STR), NULL, "of `text`, `image`, `audio`, `video`, `file`"},                            \
        {"modalities_out", LIST(STR), NULL, "likewise, and `embedding`"},                                              \
        {"price_input", NUMBER, NULL, "for a million tokens, now, for a short prompt"},                                \
        {"price_output", NUMBER, NULL, "likewise"}, {"price_cached_input", NUMBER, NULL, "likewise"},                  \
        {"price_cache_write", NUMBER, NULL, "likewise"}, {"currency", STR, NULL, "of the prices"},                     \
        {"since", NUMBER, NULL, "when they began to hold"},                                                            \
        {"premium_multiplier", NUMBER, NULL,                                                                           \
         "premium requests that a prompt counts for, now; there, else at Copilot"},                                    \
        {"reasoning", BOOL, NULL, "it can reason before it answers"}, {"tools", BOOL, NULL, "it can call tools"},      \
        {"scores", MAP | NEEDED, NULL, "leaderboard to score"},                                                        \
        {"aliases", LIST(STR) | NEEDED, NULL, "the aliases that hold it"},                                             \
        {"tags", LIST(STR) | NEEDED, NULL, "words about it; `retired`: it is out of service"},                         \
    {                                                                                                                  \
        "available", BOOL | NEEDED, NULL, "it could be asked now, with the keys at hand"                               \
    }

static const struct schema_field model_fields[] = {MODEL_FIELDS, {0}};

static const struct schema_field model_prices[] = {
    {"at", STR, NULL, "the provider that it holds at; absent: the first of `names`"},
    {"since", NUMBER, NULL, "when it begins to hold"},
    {"until", NUMBER, NULL, "when it ends"},
    {"above_tokens", INT, NULL, "it holds for prompts of more tokens"},
    {"hours", STR, NULL, "of the day, UTC: `16:30-00:30`"},
    {"input", NUMBER, NULL, "for a million tokens"},
    {"cached_input", NUMBER, NULL, "likewise"},
    {"cache_write", NUMBER, NULL, "likewise"},
    {"output", NUMBER, NULL, "likewise"},
    {"request", NUMBER, NULL, "for each request"},
    {"image", NUMBER, NULL, "for each image"},
    {"input_audio", NUMBER, NULL, "for a million tokens of sound"},
    {"output_audio", NUMBER, NULL, "likewise"},
    {"currency", STR | NEEDED, NULL, "of these"},
    {"source", STR, NULL, "where it was read"},
    {0},
};

static const struct schema_field model_premiums[] = {
    {"multiplier", NUMBER | NEEDED, NULL, "premium requests that a prompt counts for"},
    {"at", STR, NULL, "the provider that it holds at; absent: `copilot`"},
    {"since", NUMBER, NULL, "when it begins to hold"},
    {"until", NUMBER, NULL, "when it ends"},
    {"source", STR, NULL, "where it was read"},
    {0},
};

static const struct schema_field model_score_rows[] = {
    {"board", STR | NEEDED, NULL, "`aider` (per cent), `lmarena` (Elo)"},
    {"value", NUMBER | NEEDED, NULL, "as that board counts"},
    {"on", STR, NULL, "the day that it was read on"},
    {"source", STR, NULL, "where it was read"},
    {0},
};

static const struct schema_field model_speeds[] = {
    {"tokens_per_second", NUMBER | NEEDED, NULL, "as published"},
    {"at", STR, NULL, "the provider; absent: the first of `names`"},
    {"on", STR, NULL, "the day that it was read on"},
    {"source", STR, NULL, "where it was read"},
    {0},
};

static const struct schema_field model_all_fields[] = {
    MODEL_FIELDS,
    {"first_token_ms", NUMBER, NULL, "as measured here within `speed_memory`"},
    {"family", STR | NEEDED, NULL, "of tokenizers, for estimates"},
    {"names", LIST(STR), NULL, "`provider/name` at each provider that has it"},
    {"prices", LIST(MAP), model_prices, "all rows, past ones too"},
    {"premiums", LIST(MAP), model_premiums, "likewise"},
    {"score_rows", LIST(MAP), model_score_rows, "the scores, with where they come from"},
    {"speeds", LIST(MAP), model_speeds, "how fast it writes"},
    {"released", STR, NULL, "a day"},
    {"retired", STR, NULL, "the day of its end, past or to come"},
    {"serve", STR, NULL, "how to serve it oneself"},
    {0},
};

const struct schema_field models_refresh_params[] = {
    {"provider", STR, NULL, "only this one; absent: all that are ready, and OpenRouter, whose list needs no key"},
    {0},
};

static const struct schema_field refreshed_provider[] = {
    {"provider", STR | NEEDED, NULL, "who was asked"},
    {"models", INT | NEEDED, NULL, "how many it lists; 0 where it failed"},
    {"cut", BOOL, NULL, "where it did not: its list is longer than the bounds, and the rest of it left out"},
    {"error", MAP, shape_error, "why it failed; what was known of its list stays"},
    {0},
};

static const struct schema_field refreshed_fields[] = {
    {"providers", LIST(MAP) | NEEDED, refreshed_provider, "one for each that was asked"},
    {0},
};

const struct schema_field models_refresh_reply[] = {{"a map", MAP, refreshed_fields, NULL}, {0}};
static const struct schema_field alias_fields[] = {
    {"alias", STR | NEEDED, NULL, "what `chat` takes as `model`"},
    {"policy", STR | NEEDED, NULL, "`fallback`, `cheapest`, `fastest`, `best` or `race`"},
    {"models", LIST(STR) | NEEDED, NULL, "as they stand in the configuration"},
    {"candidates", LIST(STR) | NEEDED, NULL,
     "`provider/name`, in the order in which a question of which nothing is known would ask them now"},
    {"race_delay_ms", INT, NULL, "of a race: how long the second waits"},
    {"board", STR, NULL, "of `best`: whose scores it goes by"},
    {"error", MAP, shape_error, "why nobody can be asked now"},
    {0},
};

const struct schema_field models_aliases_reply[] = {{"a list of maps", LIST(MAP), alias_fields, NULL}, {0}};
const struct schema_field models_list_reply[] = {{"a list of maps", LIST(MAP), model_fields, NULL}, {0}};
const struct schema_field models_get_reply[] = {{"a map", MAP, model_all_fields, NULL}, {0}};
