/* What differs between those who speak the chat grammar of OpenAI. A dialect is a row: adding one touches the table
 * alone. */
#ifndef ASKD_PROVIDER_OPENAI_DIALECTS_H
#define ASKD_PROVIDER_OPENAI_DIALECTS_H

#include <stdbool.h>

/* How the wish for more or less reasoning is written. */
enum openai_reasoning {
    OPENAI_REASONING_NONE,     /* not at all: the server would refuse it or ignore it */
    OPENAI_REASONING_EFFORT,   /* reasoning_effort: none | low | medium | high */
    OPENAI_REASONING_HIGH,     /* reasoning_effort: none | high */
    OPENAI_REASONING_OBJECT,   /* reasoning: {effort | max_tokens | enabled} */
    OPENAI_REASONING_THINKING, /* thinking: {type: enabled | disabled} and reasoning_effort */
    OPENAI_REASONING_ENABLE,   /* enable_thinking and thinking_budget */
};

struct openai_dialect {
    const char *name;
    const char *max_tokens;  /* field name of the bound on the answer */
    const char *seed;        /* field name */
    const char *required;    /* tool_choice for "some tool" */
    const char *system_role; /* role of instructions */
    bool include_usage;      /* stream_options: {include_usage: true} is sent */
    bool json_schema;        /* response_format knows json_schema; else json_object is asked for */
    enum openai_reasoning reasoning;
    const char *reasoning_fields[2]; /* in a delta or message, the first that holds text counts */
    const char *reasoning_back;      /* field that the model's earlier reasoning goes back in, NULL: left out */
    bool think_tags;                 /* <think>…</think> at the start of the text is reasoning */
};

/* The row of that name, NULL if there is none; a NULL name is "generic". */
const struct openai_dialect *openai_dialect_find(const char *name);

#endif
