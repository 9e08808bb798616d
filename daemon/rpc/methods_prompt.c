#include "daemon/rpc/methods_prompt.h"
#include "daemon/rpc/shapes.h"

static const struct schema_field variable_fields[] = {
    {"name", STR | NEEDED, NULL, "as in `vars`"},
    {"default", STR, NULL, "absent: it needs a value"},
    {0},
};

#define PROMPT_FIELDS                                                                                                  \
    {"name", STR | NEEDED, NULL, "as in `template`"}, {"description", STR, NULL, "what it is for"},                    \
        {"variables", LIST(MAP) | NEEDED, variable_fields, "in the order in which they stand in it"},                  \
        {"needs_input", BOOL | NEEDED, NULL, "it asks nothing without an input"},                                      \
        {"path", STR | NEEDED, NULL, "of its file"},                                                                   \
    {                                                                                                                  \
        "error", MAP, shape_error, "why it cannot be used; absent: it can"                                             \
    }

#define ASKED_WITH                                                                                                     \
    {"model", STR, NULL, "what it is asked with, as its file says"}, {"temperature", NUMBER, NULL, "likewise"},        \
    {                                                                                                                  \
        "reasoning", STR | INT, NULL, "likewise"                                                                       \
    }

const struct schema_field prompt_get_params[] = {
    {"name", STR | NEEDED, NULL, "as `prompt.list` shows it"},
    {0},
};

const struct schema_field prompt_render_params[] = {
    {"name", STR | NEEDED, NULL, "as `prompt.list` shows it"},
    {"vars", MAP, NULL, "variable to value, a string or a number"},
    {"input", STR, NULL, "what it is about; an empty one is none"},
    {0},
};

static const struct schema_field listed_fields[] = {PROMPT_FIELDS, {0}};

const struct schema_field prompt_list_reply[] = {
    {"a list of maps, by name", LIST(MAP), listed_fields, NULL},
    {0},
};

static const struct schema_field get_fields[] = {
    PROMPT_FIELDS,
    ASKED_WITH,
    {"system", STR, NULL, "the text of its system.md, where it is a folder; places are not filled in"},
    {"prompt", STR, NULL, "likewise the question: of its file, or of its user.md"},
    {0},
};

const struct schema_field prompt_get_reply[] = {{"a map", MAP, get_fields, NULL}, {0}};

static const struct schema_field rendered_fields[] = {
    {"system", STR, NULL, "instructions, where it has any"},
    {"prompt", STR | NEEDED, NULL, "the question"},
    ASKED_WITH,
    {0},
};

const struct schema_field prompt_render_reply[] = {
    {"a map, which may be given to `chat` as it is", MAP, rendered_fields, NULL},
    {0},
};
