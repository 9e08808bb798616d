#include "daemon/catalog/model.h"

enum { TOKENS_MAX = 1000000000 };

static const char *const families[] = {
    "auto",
#define X(code, name) name,
    TOKEN_FAMILY_MAP(X)
#undef X
        NULL,
};

static const char *const knowns[] = {"unknown", "no", "yes", NULL};

#define AT(field) offsetof(struct model_options, field)
static const struct config_option model_option_rows[] = {
    {"title", CONFIG_STRING, AT(title), 0, 0, NULL, NULL, CONFIG_RELOAD, "Its name for people. Absent: the section's."},
    {"names", CONFIG_STRING, AT(names), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "How it is called where it can be asked, with commas between: a provider, a slash, and what the provider calls "
     "it. Two models cannot have the same name."},
    {"family", CONFIG_ENUM, AT(family), 0, 0, NULL, families, CONFIG_RELOAD,
     "The tokenizer by which tokens are estimated; auto: that which the model's name suggests."},
    {"context_window", CONFIG_INT, AT(context_window), 0, TOKENS_MAX, NULL, NULL, CONFIG_RELOAD,
     "Tokens of question and answer together; 0: not known."},
    {"max_output", CONFIG_INT, AT(max_output), 0, TOKENS_MAX, NULL, NULL, CONFIG_RELOAD,
     "Tokens of an answer; 0: not known."},
    {"input", CONFIG_STRING, AT(input), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "What it takes, with commas between: text, image, audio, video, file."},
    {"output", CONFIG_STRING, AT(output), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "What it makes, with commas between: those, or embedding."},
    {"tools", CONFIG_ENUM, AT(tools), 0, 0, NULL, knowns, CONFIG_RELOAD, "Whether it calls tools."},
    {"reasoning", CONFIG_ENUM, AT(reasoning), 0, 0, NULL, knowns, CONFIG_RELOAD,
     "Whether it reasons before it answers."},
    {"default", CONFIG_BOOL, AT(is_default), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "The first such model of a provider is asked where no model is named. It has the tag default."},
    {"released", CONFIG_STRING, AT(released), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "The day on which it came out, as in 2025-04-14."},
    {"retired", CONFIG_STRING, AT(retired), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "The day since which its maker does not serve it any more. From then on it has the tag retired."},
    {"serve", CONFIG_STRING, AT(serve), 0, 0, NULL, NULL, CONFIG_RELOAD, "How to run it oneself."},
    {"price", CONFIG_LIST, AT(prices), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "Words and values, with commas between: rates per million tokens input, cached_input, cache_write, output, "
     "input_audio, output_audio, per request and per image, with their currency; since the day on which they began to "
     "hold, until that on which they "
     "do not hold any more; at the provider, if not that of the first name; above so many tokens of question; hours of "
     "the day in UTC, as in 16:30-00:30; source. May repeat: the row with hours goes before one without, then the "
     "highest above, then the latest since."},
    {"score", CONFIG_LIST, AT(scores), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "A leaderboard and its figure, then on the day, source: aider 52.4, on 2025-04-14. May repeat, for other "
     "leaderboards."},
    {"speed", CONFIG_LIST, AT(speeds), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "Tokens a second, then at the provider, on the day, source: 90, at openai, on 2025-06-01. May repeat."},
    {"premium", CONFIG_LIST, AT(premiums), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "How many premium requests a question counts for where those are bought: multiplier, at the provider, if not "
     "copilot, since, until, source. May repeat."},
    {"tag", CONFIG_LIST, AT(tags), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "A word by which models are listed: a-z, 0-9 and -. May repeat."},
    {0},
};

const struct config_room model_room = {"model", true, sizeof(struct model_options), model_option_rows};
