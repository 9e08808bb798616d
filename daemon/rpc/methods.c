/* Every method, one row each: what it takes, what it replies, and what the protocol page says about it. `hello`, the
 * page and the tests' idea of a good reply are made from this table. The fields of
 * conversation.* are in methods_conversation.c, those of models.* in methods_models.c, of prompt.* in methods_prompt.c,
 * of usage.* and budget.* in methods_usage.c. */
#include "daemon/rpc/handlers.h"
#include "daemon/rpc/methods_conversation.h"
#include "daemon/rpc/methods_log.h"
#include "daemon/rpc/methods_models.h"
#include "daemon/rpc/methods_prompt.h"
#include "daemon/rpc/methods_usage.h"
#include "daemon/rpc/shapes.h"

static const struct schema_field none[] = {{0}};

/* Results: each a table of what may be replied, named as the page says it. */
static const struct schema_field empty_reply[] = {
    {"an empty map", MAP, none, NULL},
    {0},
};

static const struct schema_field answer_reply[] = {
    {"the answer map as it stands", MAP, shape_answer, NULL},
    {0},
};

static const struct schema_field one_answer[] = {
    {"answer", STR | NEEDED, NULL, "the answer's id"},
    {0},
};

static const struct schema_field cancel[] = {
    {"answer", STR, NULL, "the answer's id"},
    {"request", INT, NULL, "instead: msgid of a `chat` or `compare` of this connection, whose answers all end"},
    {0},
};

/* -- the service -- */

static const struct schema_field hello[] = {
    {"client", STR, NULL, "the program's name"},
    {"version", STR, NULL, "the program's version"},
    {"protocol", INT, NULL, "1; another one is `invalid_request`"},
    {"errors", STR, NULL, "`\"map\"` (default) or `\"text\"`: how errors are sent on this connection, from this on"},
    {"context", MAP, shape_context, "where the client runs; what `chat` goes by that has no `context` of its own"},
    {0},
};

static const struct schema_field hello_fields[] = {
    {"server", STR | NEEDED, NULL, "`\"askd\"`"},
    {"version", STR | NEEDED, NULL, "the daemon's"},
    {"protocol", INT | NEEDED, NULL, "1"},
    {"methods", LIST(STR) | NEEDED, NULL, "all that this daemon has"},
    {"uid", INT | NEEDED, NULL, "the caller's, as askd sees it"},
    {"autostarted", BOOL | NEEDED, NULL, "a client started the daemon, so it ends when idle"},
    {0},
};

static const struct schema_field hello_reply[] = {{"a map", MAP, hello_fields, NULL}, {0}};

static const struct schema_field status_limits[] = {
    {"model", STR | NEEDED, NULL, "the provider's own name of it"},
    {"kind", STR | NEEDED, NULL, "`requests`, `tokens`, `input_tokens` or `output_tokens`"},
    {"limit", INT, NULL, "so many in its span"},
    {"remaining", INT, NULL, "by now"},
    {"reset", NUMBER, NULL, "seconds until it is full again"},
    {0},
};

static const struct schema_field status_models[] = {
    {"model", STR | NEEDED, NULL, "the provider's own name of it"},
    {"breaker", STR | NEEDED, NULL,
     "`closed`; `open`: it failed too often and is not asked; `half-open`: one tries it"},
    {"retry_in", NUMBER, NULL, "seconds until one may try it, where the breaker is not closed"},
    {"first_token_ms", NUMBER, NULL, "usual time to the first token, measured within `speed_memory`"},
    {0},
};

static const struct schema_field status_providers[] = {
    {"name", STR | NEEDED, NULL, "as in `[provider \"name\"]`"},
    {"state", STR | NEEDED, NULL, "`ready`, `no_key`, or `local`: a local server, looked for when it is asked"},
    {"connections", INT | NEEDED, NULL, "requests under way"},
    {"waiting", INT | NEEDED, NULL, "those that wait for their turn"},
    {"rate_limit", LIST(MAP) | NEEDED, status_limits, "what it told of its limits, for each model; may be empty"},
    {"models", LIST(MAP) | NEEDED, status_models, "those of its models that were asked"},
    {"latency_ms", INT | NIL | NEEDED, NULL, "the last time to the first event; nil: none yet"},
    {"key_source", STR | NIL | NEEDED, NULL, "where the key came from; nil: nowhere"},
    {"protocol", STR | NIL | NEEDED, NULL, "of its host's last response, `http/1.1` or `http/2`; nil: none yet"},
    {"opened", INT | NEEDED, NULL, "connections opened to its host"},
    {"reused", INT | NEEDED, NULL, "and reused"},
    {0},
};

static const struct schema_field status_http[] = {
    {"active", INT | NEEDED, NULL, "requests to providers under way"},
    {"started", INT | NEEDED, NULL, "and begun since the start"},
    {"opened", INT | NEEDED, NULL, "connections opened"},
    {"reused", INT | NEEDED, NULL, "and reused"},
    {"warmed", INT | NEEDED, NULL, "requests that only opened a connection ahead; they are among the others"},
    {"handshakes", INT | NEEDED, NULL, "of TLS, as far as they came to an end"},
    {"resumed", INT | NEEDED, NULL, "those of them that went on with an earlier session"},
    {"http1", INT | NEEDED, NULL, "responses over HTTP/1"},
    {"http2", INT | NEEDED, NULL, "and over HTTP/2"},
    {0},
};

static const struct schema_field status_store[] = {
    {"backend", STR | NEEDED, NULL, "`sqlite`, or `null` where nothing is kept"},
    {"state", STR | NEEDED, NULL, "`opening`, `ok`, `failing` (the last write failed) or `off`"},
    {"error", STR, NULL, "why, where something is wrong"},
    {"writes", INT | NEEDED, NULL, "writes since the start"},
    {"failed", INT | NEEDED, NULL, "those of them that failed"},
    {"reads", INT | NEEDED, NULL, "reads since the start"},
    {"unstored", INT | NEEDED, NULL, "answers that have ended and are not stored yet"},
    {"waiting", INT | NEEDED, NULL, "reads and writes that wait their turn"},
    {0},
};

static const struct schema_field status_fields[] = {
    {"version", STR | NEEDED, NULL, "the daemon's"},
    {"pid", INT | NEEDED, NULL, "the daemon's"},
    {"uptime", NUMBER | NEEDED, NULL, "seconds"},
    {"connections", INT | NEEDED, NULL, "of clients"},
    {"answers", INT | NEEDED, NULL, "running ones"},
    {"retained", INT | NEEDED, NULL, "ended ones in memory"},
    {"answer_bytes", INT | NEEDED, NULL, "memory of all these"},
    {"default_model", STR | NEEDED, NULL, "`default_model`, or else `provider/name`; `\"\"` where none is known yet"},
    {"providers", LIST(MAP) | NEEDED, status_providers, "one for each provider that is known"},
    {"http", MAP | NEEDED, status_http, "what goes on towards providers"},
    {"store", MAP | NEEDED, status_store, "what keeps conversations and answers"},
    {"cache", MAP | NEEDED, shape_status_cache, "as `cache.stats`, and `hit_rate`"},
    {"today", MAP | NEEDED, status_today, "what the caller has used since midnight UTC, as far as it has ended"},
    {"requests", INT | NEEDED, NULL, "whole messages from clients since the start"},
    {0},
};

static const struct schema_field status_reply[] = {{"a map", MAP, status_fields, NULL}, {0}};

static const struct schema_field metrics_fields[] = {
    {"text", STR | NEEDED, NULL, "families of samples, each with what it means; `askctl metrics` prints it"},
    {0},
};

static const struct schema_field metrics_reply[] = {{"a map", MAP, metrics_fields, NULL}, {0}};

static const struct schema_field reload_fields[] = {
    {"changed", LIST(STR) | NEEDED, NULL,
     "what differs from before, as `section.key` or `section.name.key`; a section that came or went, without a key"},
    {"restart", LIST(STR) | NEEDED, NULL, "those of `changed` that take effect at the next start only"},
    {0},
};

static const struct schema_field reload_reply[] = {{"a map", MAP, reload_fields, NULL}, {0}};

/* -- vectors -- */

static const struct schema_field embed[] = {
    {"model", STR | NEEDED, NULL, "as in `chat`"},
    {"input", LIST(STR) | NEEDED, NULL, "the texts, at least one"},
    {"timeout", NUMBER, NULL, "seconds for all of it, retries included; over 0"},
    {0},
};

static const struct schema_field embed_fields[] = {
    {"vectors", LIST(ARRAY) | NEEDED, NULL, "of floats, one for each text, in their order"},
    {"usage", MAP | NEEDED, shape_usage, "as in the answer map"},
    {"model", STR | NEEDED, NULL, "the provider's own name of it"},
    {"provider", STR | NEEDED, NULL, "who made them"},
    {"cached", INT | NEEDED, NULL, "how many of them were known already; `usage` is that of the others"},
    {0},
};

static const struct schema_field embed_reply[] = {{"a map", MAP, embed_fields, NULL}, {0}};

/* -- keys -- */

static const struct schema_field keys_test[] = {
    {"provider", STR, NULL, "only this provider's; absent: those of all that have one"},
    {"local", BOOL, NULL, "true: providers that want no key are asked too, and local servers that are there"},
    {0},
};

static const struct schema_field key_tested_fields[] = {
    {"provider", STR | NEEDED, NULL, "whose it is"},
    {"ok", BOOL | NEEDED, NULL, "the provider took it"},
    {"latency_ms", INT | NIL | NEEDED, NULL, "until the provider had answered; nil: it did not"},
    {"source", STR | NIL | NEEDED, NULL, "where the key came from; nil: there is none"},
    {"scheme", STR | NEEDED, NULL, "`https`, or `http`, which is cleartext"},
    {"http", STR, NULL, "what the response came over: `http/1.1` or `http/2`; absent: there was none"},
    {"tls", STR, NULL, "its version, such as `TLSv1.3`; absent: none, or the connection was not made"},
    {"address", STR, NULL, "IP and port that were connected to: the provider's, or those of its proxy"},
    {"connect_ms", NUMBER, NULL, "until the connection stood: DNS and TCP; each key is tried over one of its own"},
    {"tls_ms", NUMBER, NULL, "of the TLS handshake after it"},
    {"clock_ms", NUMBER, NULL, "so far is the clock here before the provider's, by the `Date` of its answer"},
    {"error", MAP, shape_error, "what is wrong, where it is not `ok`"},
    {0},
};

static const struct schema_field keys_tested[] = {
    {"a list of maps, one for each key, or provider without", LIST(MAP), key_tested_fields, NULL}, {0}};

/* -- chat -- */

static const struct schema_field tool[] = {
    {"name", STR | NEEDED, NULL, "what the model calls it"},
    {"description", STR, NULL, "for the model"},
    {"parameters", MAP, NULL, "JSON schema of its arguments"},
    {0},
};

/* What chat takes, and compare too. */
#define CHAT_FIELDS                                                                                                    \
    {"model", STR, NULL, "a model's name (see Models); absent: the default"}, {"prompt", STR, NULL, "the question"},   \
        {"attachments", LIST(MAP), shape_part,                                                                         \
         "put before the prompt: `text`, `image`, `audio`, `file`; not with `messages`"},                              \
        {"messages", LIST(MAP), shape_message, "instead of `prompt`: all that was said so far"},                       \
        {"system", STR, NULL, "instructions"},                                                                         \
        {"conversation", STR, NULL,                                                                                    \
         "id, `\"new\"`, or `\"last\"`: question and answer are appended to it, and it is sent along (see "            \
         "Conversations)"},                                                                                            \
        {"title", STR, NULL,                                                                                           \
         "what a new conversation is called until somebody, or `title_model`, calls it otherwise; absent: the first "  \
         "words of the question, of a prompt of the library its name and those of its input"},                         \
        {"parent", STR, NULL,                                                                                          \
         "id of the message there that the question follows; absent: the head. Without `conversation`: in the one "    \
         "that "                                                                                                       \
         "it is in, as with `edit` and `regenerate`"},                                                                 \
        {"edit", STR, NULL,                                                                                            \
         "id of a message of the user's there: the question takes its place, as its sibling; asks anew"},              \
        {"regenerate", STR, NULL,                                                                                      \
         "id of an answer there, or of its question, which is answered once more, beside that answer; asks anew. "     \
         "Instead of `prompt`"},                                                                                       \
        {"store", BOOL, NULL, "false: nothing of it reaches a disk; default true"},                                    \
        {"context", MAP, shape_context, "where it is asked, for `\"last\"`; absent: that of `hello`"},                 \
        {"tools", LIST(MAP), tool, "what the model may call"},                                                         \
        {"tool_choice", STR, NULL, "`\"auto\"`, `\"none\"`, `\"required\"`, or the name of one of `tools`"},           \
        {"schema", MAP, NULL,                                                                                          \
         "JSON schema of the answer; one that does not fit it has `schema_error`, and is not cached"},                 \
        {"temperature", NUMBER, NULL, "0 to 2"}, {"top_p", NUMBER, NULL, "0 to 1"},                                    \
        {"max_tokens", INT, NULL, "bound on the output, at least 1"},                                                  \
        {"seed", INT, NULL, "for repeatable sampling, where the provider has it"},                                     \
        {"stop", STR | LIST(STR), NULL, "where the answer ends"},                                                      \
        {"reasoning", STR | INT, NULL,                                                                                 \
         "`\"off\"`, `\"low\"`, `\"medium\"`, `\"high\"`, or a budget in tokens (0: off)"},                            \
        {"stream", BOOL, NULL, "send events before the response; default false"},                                      \
        {"notify", MAP, shape_notify, "how events are sent, see Events"},                                              \
        {"timeout", NUMBER, NULL, "seconds for all of it, retries included; over 0"},                                  \
        {"detach", BOOL, NULL, "reply at once, without events; the answer outlives the connection"},                   \
        {"context_policy", STR, NULL,                                                                                  \
         "what becomes of a question that outgrows the model's window: `\"error\"`, `\"drop_oldest\"` or "             \
         "`\"summarize\"`; absent: `context_policy` in [daemon]"},                                                     \
        {"retry", STR, NULL, "`\"restart\"`: ask again even where content was shown"},                                 \
        {"extra", MAP, NULL, "merged into the provider's request body"},                                               \
        {"cache", STR, NULL,                                                                                           \
         "`\"use\"` (default): a cached answer, or that of the same question under way; `\"refresh\"`: asks anew, "    \
         "and "                                                                                                        \
         "keeps "                                                                                                      \
         "that; `\"only\"`: what is cached, else `not_found`; `\"off\"`: neither reads, keeps nor shares"},            \
        {"cache_ttl", NUMBER, NULL,                                                                                    \
         "seconds: an older answer is none, and this one is kept so long; absent: `ttl` in [cache]"},                  \
        {"template", STR, NULL,                                                                                        \
         "a prompt of the library; `prompt` is its input then, and it may be absent (see Prompts)"},                   \
    {                                                                                                                  \
        "vars", MAP, NULL, "its variables to their values, strings or numbers"                                         \
    }

static const struct schema_field chat[] = {
    CHAT_FIELDS,
    {0},
};

static const struct schema_field compare[] = {
    {"models", LIST(STR) | NEEDED, NULL, "each is asked; `model` is not looked at"},
    CHAT_FIELDS,
    {0},
};

static const struct schema_field compare_fields[] = {
    {"answers", LIST(MAP) | NEEDED, shape_answer, "one for each model, in their order, in whatever state each ended"},
    {0},
};

static const struct schema_field compare_reply[] = {
    {"a map once all have ended; with `detach` at once, as they stand; an error where none could begin", MAP,
     compare_fields, NULL},
    {0},
};

static const struct schema_field chat_reply[] = {
    {"the answer map once the answer is `done`, else an error", MAP, shape_answer, NULL},
    {"with `detach` a map, at once", MAP, one_answer, NULL},
    {0},
};

static const struct schema_field complete[] = {
    {"model", STR, NULL, "a model's name; absent: `complete_model` in [daemon], else the default"},
    {"prefix", STR | NEEDED, NULL, "the text before the cursor; only what is next to it is looked at"},
    {"suffix", STR, NULL, "the text behind it"},
    {"language", STR, NULL, "what it is written in, as `python`"},
    {"buffer", STR, NULL,
     "what it is for, by any name: a running completion of this connection for the same ends as `cancelled`"},
    {"max_tokens", INT, NULL, "bound on the output, at least 1; absent: `complete_max_tokens` in [daemon]"},
    {"stream", BOOL, NULL, "send events before the response; default false"},
    {"notify", MAP, shape_notify, "how events are sent, see Events"},
    {"timeout", NUMBER, NULL, "seconds for all of it, retries included; over 0"},
    {0},
};

static const struct schema_field complete_reply[] = {
    {"the answer map once the answer is `done`, else an error", MAP, shape_answer, NULL},
    {0},
};

/* -- answers -- */

static const struct schema_field attach[] = {
    {"answer", STR | NEEDED, NULL, "the answer's id"},
    {"from", INT, NULL, "the first sequence number wanted, default 0"},
    {"stream", BOOL, NULL, "send events; default true"},
    {"notify", MAP, shape_notify, "how events are sent, see Events"},
    {0},
};

static const struct schema_field attach_reply[] = {
    {"the answer map, or an error, as `chat` gives it", MAP, shape_answer, NULL},
    {0},
};

static const struct schema_field answer_list[] = {
    {"state", STR, NULL, "only those that are `running`, `done`, `failed`, `cancelled` or `interrupted`"},
    {0},
};

static const struct schema_field answer_item[] = {
    {"answer", STR | NEEDED, NULL, "its id"},
    {"state", STR | NEEDED, NULL, "as in the answer map"},
    {"model", STR | NEEDED, NULL, "likewise"},
    {"started", NUMBER | NEEDED, NULL, "when it was asked"},
    {"preview", STR | NEEDED, NULL, "the first 80 bytes of the question"},
    {"readers", INT | NEEDED, NULL, "how many read it now"},
    {"conversation", STR, NULL, "the conversation that it belongs to"},
    {"error", MAP, shape_error, "as in the answer map"},
    {0},
};

static const struct schema_field answers_reply[] = {{"a list of maps, newest first", LIST(MAP), answer_item, NULL},
                                                    {0}};

static const struct schema_field estimate_fields[] = {
    {"model", STR | NEEDED, NULL, "the provider's own name of whom it would go to first"},
    {"provider", STR | NEEDED, NULL, "`\"\"` where a local server would have to be looked for"},
    {"input_tokens", INT | NEEDED, NULL, "all that would be sent; how good that is, `doc/tokens.md` says"},
    {"conversation", STR, NULL, "the id of the one that it would be asked in, also of `\"last\"`"},
    {"max_output_tokens", INT, NULL, "the question's bound, or else the model's; absent: none is known"},
    {"cost_low", NUMBER, NULL, "of the input alone; absent: no price is known"},
    {"cost_high", NUMBER, NULL, "with all the output; absent: no price, or no bound"},
    {"currency", STR, NULL, "of these"},
    {"cached", BOOL | NEEDED, NULL, "it would be answered from the cache"},
    {"age", NUMBER, NULL, "of that answer, in seconds"},
    {"budgets", LIST(STR) | NEEDED, NULL, "the names of those that it would count in"},
    {"refused", BOOL, NULL, "true: one of them would refuse it as it stands; absent: none would"},
    {0},
};

static const struct schema_field estimate_reply[] = {{"a map", MAP, estimate_fields, NULL}, {0}};

/* -- cache -- */

static const struct schema_field cache_stats_reply[] = {{"a map", MAP, shape_cache, NULL}, {0}};

static const struct schema_field cache_lookup[] = {
    {"key", STR, NULL, "64 hex digits: the `key` of an answer map; absent: what `chat` takes, which is:"},
    CHAT_FIELDS,
    {0},
};

static const struct schema_field cache_looked[] = {
    {"key", STR, NULL,
     "what the answer is kept under, or would be if the first model that is asked gave it; absent: it is not to be "
     "cached, or it is not known yet whom it goes to"},
    {"hit", BOOL | NEEDED, NULL, "an answer is kept, of that one or of another that may be asked"},
    {"age", NUMBER, NULL, "how old it is, in seconds"},
    {0},
};

static const struct schema_field cache_lookup_reply[] = {
    {"a kept answer", MAP, shape_kept, NULL},
    {"with the parameters of `chat` a map", MAP, cache_looked, NULL},
    {0},
};

static const struct schema_field cache_list[] = {
    {"after", STR, NULL, "the `after` of the last page; absent: from the start"},
    {"limit", INT, NULL, "about so many, up to 1000; default 100"},
    {0},
};

static const struct schema_field cache_item[] = {
    {"key", STR | NEEDED, NULL, "64 hex digits"},
    {"kind", STR | NEEDED, NULL, "`answer`, or `vector` of a text"},
    {"provider", STR | NEEDED, NULL, "who gave it"},
    {"model", STR | NEEDED, NULL, "the provider's own name of what did"},
    {"created", NUMBER | NEEDED, NULL, "when"},
    {"expires", NUMBER | NEEDED, NULL, "when it is as good as gone"},
    {"bytes", INT | NEEDED, NULL, "what it takes"},
    {"answer", MAP, shape_kept,
     "of an `answer`, unless the page held 8 MiB of them already: `cache.lookup` has it then"},
    {0},
};

static const struct schema_field cache_page[] = {
    {"items", LIST(MAP) | NEEDED, cache_item, "maybe none, though more pages follow"},
    {"after", STR, NULL, "where the next page begins; absent: this is the last"},
    {0},
};

static const struct schema_field cache_list_reply[] = {{"a map", MAP, cache_page, NULL}, {0}};

static const struct schema_field cache_clear[] = {
    {"key", STR, NULL, "only what is kept under it"},
    {"model", STR, NULL, "only what this one gave: the provider's own name of it, or `provider/name`"},
    {"older_than", NUMBER, NULL, "only what is older than so many seconds"},
    {0},
};

static const struct schema_field cache_cleared[] = {
    {"removed", INT | NEEDED, NULL, "how many"},
    {0},
};

static const struct schema_field cache_clear_reply[] = {{"a map", MAP, cache_cleared, NULL}, {0}};

/* -- the table -- */

const struct method methods[] = {
    {"hello", m_hello, hello, hello_reply, 0,
     "Says who the client is and learns what the daemon can do. Optional. A moment later connections to the provider "
     "that is asked by default and to the next one are opened, where there are none and no question has opened them."},
    {"status", m_status, none, status_reply, 0, "The daemon's state, from memory: asks nobody and waits for nothing."},
    {"metrics.get", m_metrics_get, none, metrics_reply, METHOD_ADMIN,
     "What the daemon counts, in Prometheus' text format 0.0.4. From memory: waits for nothing."},
    {"models.list", m_models_list, models_list_params, models_list_reply, 0,
     "The models that are known: those of the catalogue, each at every provider that has it and could have a key, and "
     "what else the providers' own lists held when they were last asked. Asks nobody."},
    {"models.get", m_models_get, models_get_params, models_get_reply, 0,
     "All that is known of one model. Of a catalogue id, at the first provider where it is available."},
    {"models.aliases", m_models_aliases, none, models_aliases_reply, 0,
     "The aliases, in the order of the configuration, each with who would be asked by it now. Asks nobody."},
    {"models.refresh", m_models_refresh, models_refresh_params, models_refresh_reply, METHOD_ADMIN | METHOD_LATER,
     "Asks the providers for their lists of models, and keeps what they say over the catalogue: names, windows, and "
     "where they tell them, prices."},
    {"keys.test", m_keys_test, keys_test, keys_tested, METHOD_ADMIN | METHOD_LATER,
     "Tries keys: asks each one's provider for its list of models. A key that is refused is `unauthenticated`, and the "
     "message says where it came from."},
    {"chat", m_chat, chat, chat_reply, METHOD_LATER | METHOD_TEMPLATE,
     "Asks a model. One of `prompt`, `messages` and `template` must be there. A field of `extra` that askd writes "
     "itself or that "
     "would evade accounting is `invalid_request` with `param: \"extra.X\"`: `model`, `messages`, `system`, `n`, "
     "`stream`, `store`, `background`, `service_tier`, `tools`, `max_tokens` and the like."},
    {"compare", m_compare, compare, compare_reply, METHOD_LATER | METHOD_TEMPLATE,
     "Asks several models at once. Each has an answer of its own, whose id its events carry, and `arm` of its `start` "
     "tells which model's it is; `answer.cancel` ends one alone, and a failure of one changes nothing for the others. "
     "In a conversation the question is appended once, and "
     "each answer below it."},
    {"complete", m_complete, complete, complete_reply, METHOD_LATER,
     "What is missing at a cursor, as text that can be put in there. Asked of a model that was made to fill gaps in "
     "the form that it has for that, else in words, with what is no part of the gap cut from the answer. Nothing of "
     "it is stored, and it can be found by `answer.*` while it runs only. See Completion."},
    {"embed", m_embed, embed, embed_reply, METHOD_LATER,
     "Texts to vectors, with retries and aliases as in `chat`; with a race's models in their order. Each text's vector "
     "is "
     "cached by itself; what is not known is asked for at once."},
    {"answer.estimate", m_estimate, chat, estimate_reply, METHOD_LATER | METHOD_TEMPLATE,
     "What `chat` with these parameters would come to. Asks nobody; a conversation's messages count."},
    {"answer.get", m_answer_get, one_answer, answer_reply, 0,
     "The answer map in whatever state. Never an error for how the answer ended."},
    {"answer.attach", m_answer_attach, attach, attach_reply, METHOD_LATER,
     "Events from a sequence number on, then what `chat` gives. Beyond the end it waits where the answer runs, and "
     "ends "
     "at once where it has ended. So a client that lost its connection goes on at the last `seq` plus one. Any number "
     "may read one answer."},
    {"answer.cancel", m_answer_cancel, cancel, empty_reply, METHOD_NOTIFY,
     "The answer ends as `cancelled`, its text is kept. One that has ended is left as it is. `request` ends those that "
     "no event has told of yet too, and is replied to at once: that they have ended the call itself tells."},
    {"answer.list", m_answer_list, answer_list, answers_reply, METHOD_LATER,
     "The caller's running and retained answers."},
    {"conversation.list", m_conversation_list, conversation_list_params, conversation_list_reply, METHOD_LATER,
     "The caller's conversations."},
    {"conversation.search", m_conversation_search, conversation_search_params, conversation_search_reply, METHOD_LATER,
     "The caller's conversations that hold some words, the best first. What was just stored is found; a database from "
     "before there was a search is made findable bit by bit after the first start, its newest messages first."},
    {"conversation.get", m_conversation_get, conversation_get_params, conversation_get_reply, METHOD_LATER,
     "A conversation and its messages, all of them or those of one branch."},
    {"conversation.create", m_conversation_create, conversation_create_params, conversation_made, METHOD_LATER,
     "Begins a conversation without asking anything; replies once it is stored."},
    {"conversation.fork", m_conversation_fork, conversation_fork_params, conversation_made, METHOD_LATER,
     "A new conversation that holds the path to a message."},
    {"conversation.rename", m_conversation_rename, conversation_rename_params, empty_reply, METHOD_LATER,
     "Gives a conversation another title."},
    {"conversation.pin", m_conversation_pin, conversation_pin_params, empty_reply, METHOD_LATER,
     "A pinned conversation stays, whatever `keep` says; or it does no longer."},
    {"conversation.tag", m_conversation_tag, conversation_tag_params, conversation_tag_reply, METHOD_LATER,
     "Puts tags on a conversation, and takes some off."},
    {"conversation.head", m_conversation_head, conversation_head_params, empty_reply, METHOD_LATER,
     "Moves the head, to another branch or back: the next question follows that message."},
    {"conversation.delete", m_conversation_delete, conversation_delete_params, empty_reply, METHOD_LATER,
     "A conversation is gone, but can be restored until `trash` in [store] is over (30 d); then, or with `purge`, with "
     "all its messages for good."},
    {"conversation.restore", m_conversation_restore, conversation_one, empty_reply, METHOD_LATER,
     "A deleted conversation is there again, as it was."},
    {"conversation.watch", m_conversation_watch, conversation_watch_params, conversation_watch_reply, METHOD_LATER,
     "From now on the connection is told what changes in the caller's conversations, see Watching; until "
     "`conversation.unwatch`, or its end."},
    {"conversation.unwatch", m_conversation_unwatch, conversation_unwatch_params, empty_reply, 0,
     "Ends a watch of this connection."},
    {"prompt.list", m_prompt_list, none, prompt_list_reply, METHOD_LATER,
     "The prompts of the library, those that cannot be used among them."},
    {"prompt.get", m_prompt_get, prompt_get_params, prompt_get_reply, METHOD_LATER, "A prompt as its file has it."},
    {"prompt.render", m_prompt_render, prompt_render_params, prompt_render_reply, METHOD_LATER,
     "The question that `chat` would ask with this prompt. Asks nobody."},
    {"conversation.export", m_conversation_export, conversation_export_params, conversation_export_reply, METHOD_LATER,
     "A conversation as a file: what `conversation.get` knows as `json`, or as `markdown` for people. Both can be "
     "imported again."},
    {"conversation.import", m_conversation_import, conversation_import_params, conversation_import_reply, METHOD_LATER,
     "Conversations from a file, in one piece or in several that follow each other on one connection, each after the "
     "reply to the one before. An entry that cannot be read is skipped, and so is one that was imported before."},
    {"cache.stats", m_cache_stats, none, cache_stats_reply, 0,
     "What the cache holds and what it was good for, of all users together. From memory: waits for nothing."},
    {"cache.lookup", m_cache_lookup, cache_lookup, cache_lookup_reply, METHOD_TEMPLATE,
     "What is kept under a key, of the caller's own: `not_found` where there is nothing, or no answer but a vector. Or "
     "whether there is something for what `chat` would be asked. Asks nobody, and counts for no question."},
    {"cache.list", m_cache_list, cache_list, cache_list_reply, METHOD_LATER,
     "The caller's entries, page by page in no told order: of the persistent tier, or of memory where there is none."},
    {"cache.clear", m_cache_clear, cache_clear, cache_clear_reply, METHOD_LATER,
     "Removes the caller's entries, or those alone that fit all that is told."},
    {"usage.report", m_usage_report, usage_report_params, usage_report_reply, METHOD_LATER,
     "What was used and what it cost, by the ledger: a row for each group and currency. Hours and days are UTC's, and "
     "what is asked counts in the hour in which it was asked."},
    {"usage.reprice", m_usage_reprice, usage_reprice_params, usage_reprice_reply, METHOD_LATER,
     "Works the cost of past answers out again, by the prices that are known now for the time when each was asked. The "
     "first figure stays in the ledger, beside the new one."},
    {"budget.get", m_budget_get, none, budget_get_reply, METHOD_LATER,
     "The budgets of the configuration, but those of other users: what is used and reserved in the window that is "
     "open. From memory, once the ledger was read after a start."},
    {"log.read", m_log_read, log_read_params, log_read_reply, METHOD_ADMIN,
     "The latest lines of the daemon's log, from memory: `log_lines` and `log_memory` say how many are there. Those of "
     "`info` are among them, whatever `log_level` is. With `follow` the connection is told the next ones by "
     "`log.line`, "
     "see The log; until `log.unwatch`, or its end."},
    {"log.unwatch", m_log_unwatch, log_unwatch_params, empty_reply, METHOD_ADMIN, "Ends a watch of this connection."},
    {"config.reload", m_reload, none, reload_reply, METHOD_ADMIN | METHOD_NOTIFY | METHOD_LATER,
     "As SIGHUP: reads the configuration anew. Where it is bad, `invalid_request` names file and line, and the one in "
     "force stays."},
    {"shutdown", m_shutdown, none, empty_reply, METHOD_ADMIN | METHOD_NOTIFY,
     "As SIGTERM: nothing new is taken, running answers get `drain_timeout`."},
    {0},
};
