/* What differs between those who speak the grammars of OpenAI. A dialect is a row: adding one touches the table alone.
 * Where models of one dialect differ too, its row points to rows of models. */
#ifndef ASKD_PROVIDER_OPENAI_DIALECTS_H
#define ASKD_PROVIDER_OPENAI_DIALECTS_H

#include "daemon/provider/openai_messages.h"

/* How the wish for more or less reasoning is written; the words stand in `effort`. */
enum openai_reasoning {
    OPENAI_REASONING_NONE,     /* not at all: the server would refuse it or ignore it */
    OPENAI_REASONING_EFFORT,   /* reasoning_effort: WORD */
    OPENAI_REASONING_OBJECT,   /* reasoning: {effort: WORD | max_tokens} */
    OPENAI_REASONING_THINKING, /* thinking: {type: enabled | disabled}, and reasoning_effort where there is a word */
    OPENAI_REASONING_ENABLE,   /* enable_thinking and thinking_budget */
    OPENAI_REASONING_TEMPLATE, /* chat_template_kwargs: {enable_thinking} */
};

/* Words for reasoning off, low, medium and high; NULL: it cannot be told, and is left out. */
enum { OPENAI_OFF, OPENAI_LOW, OPENAI_MEDIUM, OPENAI_HIGH, OPENAI_EFFORTS };

struct openai_model {
    const char *pattern;     /* of the shell; NULL ends the list */
    const char *max_tokens;  /* NULL: as the dialect says */
    const char *system_role; /* likewise */
    bool no_reasoning;       /* has none: the wish is left out */
    bool no_sampling;        /* temperature and top_p are refused unless it is told not to reason at all */
    bool no_stop;
    bool cache_marks;                   /* what stays the same may be marked for its cache, as with Anthropic */
    bool encrypted;                     /* its reasoning may be had encrypted, to be sent back */
    const char *effort[OPENAI_EFFORTS]; /* all NULL: as the dialect says */
};

/* Where a usage tells what the answer cost: a number of dollars, or of a part of one. */
struct cost_form {
    const char *path; /* in the usage, as of jsonx_at */
    unsigned places;  /* decimal places of it that are read: PRICE_PLACES make dollars billionths */
    int64_t parts;    /* so many of what was read are a billionth of a dollar; 0: one is */
};

struct openai_dialect {
    const char *name;
    const char *key_header;     /* the key goes into it as it is; NULL: "Authorization: Bearer KEY" */
    const char *const *headers; /* on every request unless configured, NULL-ended; NULL if none */
    const char *max_tokens;     /* field name of the bound on the answer */
    const char *seed;           /* field name; NULL if it takes none */
    const char *required;       /* tool_choice for "some tool"; NULL if it cannot be told */
    bool named_tool;            /* tool_choice may be one tool */
    const char *system_role;    /* role of instructions */
    bool include_usage;         /* stream_options: {include_usage: true} is sent */
    bool usage_object;          /* usage: {include: true} is sent */
    struct cost_form cost;      /* without a path: it does not tell */
    bool json_schema;           /* response_format knows json_schema; else json_object is asked for */
    bool plain_thoughts;        /* while it thinks it can be held neither to JSON nor to a tool */
    bool prompt_cache_key;      /* takes it */
    bool images;
    enum openai_audio audio;
    enum openai_file file;
    size_t stop_max; /* stop sequences that it takes */
    struct id_rule tool_id;
    enum openai_reasoning reasoning;
    const char *effort[OPENAI_EFFORTS];
    const char *reasoning_fields[2];   /* in a delta or message, the first that holds text counts */
    const char *reasoning_back;        /* field that the model's earlier reasoning goes back in, NULL: left out */
    const char *reasoning_with_calls;  /* what a turn with calls has there that was not reasoned; NULL: nothing */
    bool details_back;                 /* reasoning_details go back as they came */
    bool think_tags;                   /* <think>…</think> at the start of the text is reasoning */
    const struct openai_model *models; /* NULL if they are all alike */
    const struct list_form *list;      /* NULL: its list is as that of most */
    const struct gap_form *gaps;       /* how it is asked for what goes into a gap; NULL: in words */
    const char *embed_path;            /* where it makes vectors of texts */
    const char *embed_encoding;        /* encoding_format; NULL: it takes none, or has no word for numbers as such */
    bool embed_int8;                   /* a vector in base64 is of signed bytes, not of floats */
};

/* The row of that name, NULL if there is none; a NULL name is "generic". */
const struct openai_dialect *openai_dialect_find(const char *name);

/* The name of the row at i, NULL behind the last. */
const char *openai_dialect_name(size_t i);

/* What is special about the model, by the first pattern that fits; never NULL. */
const struct openai_model *openai_model_find(const struct openai_dialect *d, const char *model);

/* Whether temperature and top_p may be told. */
bool openai_takes_sampling(const struct openai_dialect *d, const struct openai_model *m, const struct chat_request *r);

/* The word for the wish, NULL if it cannot be told. */
const char *openai_effort(const struct openai_dialect *d, const struct openai_model *m, const struct chat_request *r);

#endif
