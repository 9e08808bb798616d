/* What all adapters' request builders share: JSON that remembers its first fault, attachments in base64, what is left
 * out, the address. */
#ifndef ASKD_PROVIDER_BUILD_H
#define ASKD_PROVIDER_BUILD_H

#include "daemon/provider/jsonx.h"
#include "daemon/provider/opaque.h"
#include "daemon/provider/provider.h"

/* What a request is built with. The first fault stays; later steps then do nothing that matters. */
struct builder {
    const struct provider_target *target;
    const struct chat_request *request;
    const struct openai_dialect *dialect; /* never NULL */
    char host[128];                       /* of the base URL */
    size_t max;                           /* bytes of the body, and so of any piece of it */
    struct buf *left_out;                 /* names of what the API does not take, with ", " between; may be NULL */
    const struct message *question;       /* the last message of the user: what is asked now */
    enum error_code code;
    struct error *err;
};

/* False (with b->code) for a dialect that the API does not know. */
bool build_begin(struct builder *b, const struct provider_ops *ops, const struct provider_target *t,
                 const struct chat_request *r, struct exchange *x, struct buf *left_out, struct error *err);

/* extra merged into body, and the body put into the exchange with its headers. Takes the body. reserved: fields beside
 * those that the body holds which extra may not set, NULL-ended. */
enum error_code build_end(struct builder *b, const struct provider_ops *ops, const char *path, json_t *body,
                          const char *const *reserved, struct exchange *x);

/* A member or element; takes the value. A NULL value is a fault ("has no form in JSON") unless there was one before. */
void build_set(struct builder *b, json_t *obj, const char *key, json_t *value);
void build_append(struct builder *b, json_t *array, json_t *value);
void build_set_string(struct builder *b, json_t *obj, const char *key, const char *value);

/* ERR_INVALID_REQUEST, param "messages". */
void build_refuse(struct builder *b, const char *what);
/* Notes that a field or part of the question is not sent, once each. */
void build_leave_out(struct builder *b, const char *name);
/* An attachment that the API does not take: in the question it is refused, in what was said before it is left out (and
 * noted). */
void build_no_part(struct builder *b, const struct message *m, const char *what);

json_t *build_text(const struct part *p);
/* prefix and the bytes in base64; NULL (with b->code) if they are too many. */
json_t *build_base64(struct builder *b, const char *prefix, const struct part *p);
json_t *build_data_url(struct builder *b, const struct part *p, const char *mime);
json_t *build_value(struct builder *b, const struct value *v, const char *param); /* never NULL without a fault */
/* The texts of the parts of one kind, joined; NULL if there are none. */
json_t *build_joined(struct builder *b, const struct message *m, enum part_kind kind);
/* {"type": type, key: inner} */
json_t *build_typed(struct builder *b, const char *type, const char *key, json_t *inner);

/* The arguments of a call as JSON: {} where they are empty or no object. */
json_t *build_arguments(const struct part *call);
/* Their text as it came, but {} where it is empty or no JSON, as of a call that was cut off: many refuse that. */
json_t *build_arguments_text(const struct part *call);
/* The name of the tool that a result is for: its own, else that of the call with its id; "" if unknown. */
const char *build_tool_name(const struct builder *b, const struct part *result);

/* What a provider demands of the ids of tool calls. Another's id becomes one that is made from it, the same each time.
 */
struct id_rule {
    size_t min, max;
    const char *also; /* characters beside letters and digits */
};
json_t *build_tool_id(const struct id_rule *rule, const char *id);

/* request->system and the messages of the system, joined by blank lines; NULL if there are none. */
json_t *build_system(struct builder *b);
/* The question asks for reasoning, more or less. */
bool build_reasons(const struct chat_request *r);
/* The schema of the answer in words, for who cannot be given one. */
json_t *build_schema_words(struct builder *b);
/* Appends {role, content, …} and returns it, to be added to; content is taken. */
json_t *build_add_message(struct builder *b, json_t *messages, const char *role, json_t *content);
/* The prefix up to what bears this is kept for some minutes by who knows "cache_control". */
void build_cache_mark(struct builder *b, json_t *block);
/* A text that stands for attachments that were left out, where nothing else is left of the message; NULL if it holds
 * none. */
json_t *build_placeholder(const struct message *m);
/* The tools as a list of {name, description, KEY: schema}; with wrap each is {"type": wrap, wrap: {…}}. */
json_t *build_tools(struct builder *b, const char *wrap, const char *key);
/* "auto", "none", or the API's word for "some tool"; NULL for a named one, for none told, and where it has no word. */
const char *build_tool_choice_word(const struct chat_request *r, const char *required);

/* The messages but the system's as turns of "user" and of the model: [{role, KEY: parts}]. Neighbours of one role are
 * one turn; one that stays empty is left out. add puts a message's parts into its turn. */
json_t *build_turns(struct builder *b, const char *model_role, const char *key,
                    void (*add)(struct builder *b, json_t *parts, const struct message *m));
bool build_holds(const struct message *m, enum part_kind kind);
/* Puts a tool's result into a turn: behind the results that stand there, before all else. is_result tells those. */
void build_add_result(struct builder *b, json_t *parts, json_t *result, bool (*is_result)(const json_t *part));
bool build_is_blank(const struct part *p); /* a text that shows nothing */

/* What the options are called; NULL: the API (or the model) does not take it, and it is left out. */
struct option_names {
    const char *temperature, *top_p, *max_tokens, *seed, *stop;
    size_t stop_max; /* stop sequences that are taken */
};
void build_options(struct builder *b, json_t *obj, const struct option_names *names);

/* "low", "medium", "high" or "none" for the wish; a budget is told by the nearest word. */
const char *build_effort(const struct chat_request *r);

/* A number for the wish: the budget itself, 0 for off, else by the word. */
int64_t build_budget(const struct chat_request *r);

/* Base URL and path joined, the credentials, the headers of the configuration. */
enum error_code build_address(const struct provider_ops *ops, const struct provider_target *t, const char *method,
                              const char *path, struct exchange *x, struct error *err);

#endif
