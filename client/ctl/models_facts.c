#include "client/ctl/models_facts.h"
#include <stddef.h>

const struct fact model_facts[] = {
    {"model", "model", FACT_TEXT, ""},
    {"id", "id", FACT_TEXT, ""},
    {"title", "title", FACT_TEXT, ""},
    {"family", "family", FACT_TEXT, ""},
    {"ready", "available", FACT_FLAG, ""},
    {"context", "context_window", FACT_TOKENS, " tokens"},
    {"max output", "max_output", FACT_TOKENS, " tokens"},
    {"takes", "modalities_in", FACT_TEXT, ""},
    {"gives", "modalities_out", FACT_TEXT, ""},
    {"tools", "tools", FACT_FLAG, ""},
    {"reasoning", "reasoning", FACT_FLAG, ""},
    {"aliases", "aliases", FACT_TEXT, ""},
    {"tags", "tags", FACT_TEXT, ""},
    {"released", "released", FACT_DAY, ""},
    {"retired", "retired", FACT_DAY, ""},
    {"run it with", "serve", FACT_TEXT, ""},
    {"names", "names", FACT_TEXT, ""},
    {0},
};

static const struct fact_part now_parts[] = {
    {"price_input", "input ", FACT_AMOUNT, "/M"},
    {"price_cached_input", "cached input ", FACT_AMOUNT, "/M"},
    {"price_cache_write", "cache write ", FACT_AMOUNT, "/M"},
    {"price_output", "output ", FACT_AMOUNT, "/M"},
    {"currency", "in ", FACT_TEXT, ""},
    {"since", "since ", FACT_DAY, ""},
    {"premium_multiplier", "premium requests ", FACT_NUMBER, ""},
    {0},
};
static const struct fact_part price_parts[] = {
    {"input", "input ", FACT_AMOUNT, "/M"},
    {"cached_input", "cached input ", FACT_AMOUNT, "/M"},
    {"cache_write", "cache write ", FACT_AMOUNT, "/M"},
    {"output", "output ", FACT_AMOUNT, "/M"},
    {"request", "request ", FACT_AMOUNT, ""},
    {"image", "image ", FACT_AMOUNT, ""},
    {"input_audio", "sound in ", FACT_AMOUNT, "/M"},
    {"output_audio", "sound out ", FACT_AMOUNT, "/M"},
    {"currency", "in ", FACT_TEXT, ""},
    {"at", "at ", FACT_TEXT, ""},
    {"since", "since ", FACT_DAY, ""},
    {"until", "until ", FACT_DAY, ""},
    {"above_tokens", "above ", FACT_TOKENS, " tokens"},
    {"hours", "", FACT_TEXT, " UTC"},
    {"source", "from ", FACT_TEXT, ""},
    {0},
};
static const struct fact_part premium_parts[] = {
    {"multiplier", "", FACT_NUMBER, " a prompt"},
    {"at", "at ", FACT_TEXT, ""},
    {"since", "since ", FACT_DAY, ""},
    {"until", "until ", FACT_DAY, ""},
    {"source", "from ", FACT_TEXT, ""},
    {0},
};
static const struct fact_part score_parts[] = {
    {"value", "", FACT_NUMBER, ""},
    {"board", "at ", FACT_TEXT, ""},
    {"on", "on ", FACT_DAY, ""},
    {"source", "from ", FACT_TEXT, ""},
    {0},
};
static const struct fact_part speed_parts[] = {
    {"tokens_per_second", "", FACT_NUMBER, " tokens/s"},
    {"at", "at ", FACT_TEXT, ""},
    {"on", "on ", FACT_DAY, ""},
    {"source", "from ", FACT_TEXT, ""},
    {0},
};
const struct fact_row model_rows[] = {
    {"price now", NULL, now_parts},       {"price", "prices", price_parts}, {"premium", "premiums", premium_parts},
    {"score", "score_rows", score_parts}, {"speed", "speeds", speed_parts}, {0},
};
