/* A gap in a text: how an API is asked for what goes there, where it has a form for that. A form is a row; gap.c asks
 * by it, and its grammar, in gap_parse.c or the API's own, reads the answer. What has no form, or whose server refuses
 * it, is asked in words like any chat: the messages of such a question are that. */
#ifndef ASKD_PROVIDER_GAP_H
#define ASKD_PROVIDER_GAP_H

#include "daemon/provider/build.h"

struct gap_form {
    const char *models; /* pattern of the shell, of those that have it; NULL ends a list */
    const char *path;   /* as a base URL stands before it; NULL: these models have none */
    const char *above;  /* what the base URL may end with and the path does not stand behind, as "/v1"; NULL: nothing */
    const char *prefix; /* the member that it goes into */
    const char *suffix; /* likewise; NULL: into the same one as the prefix, by marks */
    const char *marks[3];       /* before the prefix, between the two, and behind */
    const char *no_suffix;      /* what is sent where there is none; NULL: nothing */
    const char *nest;           /* the member that the options go into; NULL: the body itself */
    struct option_names option; /* what they are called */
    bool include_usage;         /* stream_options: {include_usage: true} is sent */
    const struct grammar *grammar;
};

/* The form for that model; NULL: it is asked in words. dialect: as in struct provider_target. */
const struct gap_form *provider_gap_form(const struct provider_ops *ops, const char *dialect, const char *model);

/* The question for r->gap in the form t->gap. Fills *x as ops->build does. */
enum error_code provider_build_gap(const struct provider_ops *ops, const struct provider_target *t,
                                   const struct chat_request *r, struct exchange *x, struct error *err);

/* Lists of forms, for the rows of dialects and adapters. */
extern const struct gap_form openai_gaps[], deepseek_gaps[], mistral_gaps[], qwen_gaps[], llama_cpp_gaps[],
    ollama_layer_gaps[], marked_gaps[], ollama_gaps[];

/* Their grammars: a text in `choices`, the lines of /api/generate, the events of /infill. */
extern const struct grammar openai_text_grammar, ollama_text_grammar, infill_grammar;

#endif
