#include "daemon/rpc/shapes.h"

const struct schema_field shape_error[] = {
    {"code", STR | NEEDED, NULL, "one of the table in Errors"},
    {"message", STR | NEEDED, NULL, "a sentence for people"},
    {"param", STR, NULL, "the field at fault, such as `messages[2].content[0].type`"},
    {"provider", STR, NULL, "who was asked"},
    {"model", STR, NULL, "and for what"},
    {"status", INT, NULL, "the provider's HTTP status"},
    {"retry_after", NUMBER, NULL, "what the provider asked for, in seconds"},
    {"answer", STR, NULL,
     "where `chat` or `answer.attach` failed though there is an answer: `answer.get` shows it, with the text that "
     "came"},
    {0},
};

const struct schema_field shape_usage[] = {
    {"input_tokens", INT, NULL, "cached ones included"},
    {"output_tokens", INT, NULL, "reasoning included"},
    {"cached_input_tokens", INT, NULL, "read from the provider's cache"},
    {"cache_write_tokens", INT, NULL, "written to it"},
    {"reasoning_tokens", INT, NULL, "the reasoning's share of the output"},
    {"input_audio_tokens", INT, NULL, "the share of sound in the input"},
    {"output_audio_tokens", INT, NULL, "and in the output"},
    {"images", INT, NULL, "images that the provider counts by themselves, sent or made"},
    {"cost", NUMBER, NULL, "what it cost by the provider's own word, or else by the prices that are known"},
    {"cost_nano", INT, NULL, "the same in billionths"},
    {"currency", STR, NULL, "of both"},
    {"premium_requests", NUMBER, NULL, "what it took of a subscription that counts these"},
    {"estimated", BOOL | NEEDED, NULL, "these are not the provider's figures"},
    {0},
};

const struct schema_field shape_part[] = {
    {"type", STR | NEEDED, NULL, "`text`, `image`, `audio`, `file`, `tool_call`, `tool_result` or `reasoning`"},
    {"text", STR, NULL, "of `text`, and of `reasoning` unless it has `opaque`"},
    {"data", BIN, NULL, "of `image`, `audio`, `file`: this (not empty) or `url`"},
    {"url", STR, NULL, "of `image`, `audio`, `file`"},
    {"mime", STR, NULL, "of `image`, `audio`, `file`; may be left out"},
    {"name", STR, NULL, "of `tool_call`: the tool's; of `tool_result`, `image`, `audio`, `file` it may be left out"},
    {"id", STR, NULL, "of `tool_call` and `tool_result`: the call's"},
    {"arguments", STR, NULL, "of `tool_call`: JSON, as the model wrote it; empty: none"},
    {"content", STR, NULL, "of `tool_result`: what the tool said"},
    {"is_error", BOOL, NULL, "of `tool_result`: the tool failed; may be left out"},
    {"signature", STR, NULL, "of `reasoning`: the provider's seal on it; may be left out"},
    {"opaque", ANY, NULL, "of any part: goes back to the provider as it came; may be left out"},
    {0},
};

const struct schema_field shape_tool_call[] = {
    {"id", STR | NEEDED, NULL, "the provider's id of the call"},
    {"name", STR | NEEDED, NULL, "the tool"},
    {"arguments", STR | NEEDED, NULL, "JSON, as the model wrote it; empty: none"},
    {0},
};

const struct schema_field shape_message[] = {
    {"role", STR | NEEDED, NULL, "`system`, `user`, `assistant` or `tool`"},
    {"content", STR | LIST(MAP) | NEEDED, shape_part, "at least one part; with role `tool` all are `tool_result`"},
    {0},
};

const struct schema_field shape_notify[] = {
    {"method", STR | NEEDED, NULL, "the notification's method"},
    {"args", ARRAY, NULL, "what stands before the event in its params"},
    {0},
};

const struct schema_field shape_context[] = {
    {"cwd", STR, NULL, "the client's working directory"},
    {"terminal", STR, NULL, "a name for its terminal that no other terminal has"},
    {"host", STR, NULL, "the machine it runs on, as `uname -n` tells; absent: the daemon's"},
    {"budget", STR, NULL, "a name that its project has for what is spent: budgets with this label count it"},
    {0},
};

/* -- the answer map -- */

static const struct schema_field attempt_error[] = {
    {"code", STR | NEEDED, NULL, "as in Errors"},
    {"message", STR | NEEDED, NULL, "a sentence for people"},
    {"status", INT, NULL, "HTTP status of the provider's response"},
    {0},
};

static const struct schema_field attempts[] = {
    {"provider", STR | NEEDED, NULL, "who was asked"},
    {"model", STR | NEEDED, NULL, "for what"},
    {"error", MAP, attempt_error, "why it came to nothing"},
    {"cost", NUMBER, NULL,
     "of the slower one of a race, which a provider may bill though it was cancelled: estimated, as if it had gone on "
     "to an answer as long as the one shown; where a price is known"},
    {"cost_nano", INT, NULL, "the same in billionths"},
    {"currency", STR, NULL, "of these"},
    {0},
};

static const struct schema_field timing[] = {
    {"queued_ms", NUMBER, NULL, "until the provider was asked"},
    {"retried_ms", NUMBER, NULL, "from then until the request was begun that was answered, where that is a later one"},
    {"connect_ms", NUMBER, NULL, "from then until its connection stood: DNS, TCP, TLS; absent: one was there"},
    {"first_token_ms", NUMBER, NULL, "from the question until the first of the answer came"},
    {"provider_ms", NUMBER, NULL, "from the connection to the answer's end: what the provider took"},
    {"total_ms", NUMBER, NULL,
     "from the question to the answer's end, all of these; absent where the daemon was killed before it"},
    {0},
};

static const struct schema_field window[] = {
    {"window", INT | NEEDED, NULL, "tokens that the model takes, with its answer"},
    {"estimated", INT | NEEDED, NULL, "tokens of what was sent, about"},
    {"left_out", INT | NEEDED, NULL, "so many of the oldest messages were not sent"},
    {"summarized", BOOL | NEEDED, NULL, "a summary was sent in their place"},
    {0},
};

/* What an answer says, whoever it is for. */
#define ANSWER_SAID                                                                                                    \
    {"model", STR | NEEDED, NULL, "who answers; `\"\"` while askd looks for one"},                                     \
        {"provider", STR | NEEDED, NULL, "likewise"}, {"text", STR | NEEDED, NULL, "what was said"},                   \
        {"reasoning", STR, NULL, "what was thought"},                                                                  \
        {"content", LIST(MAP), shape_part,                                                                             \
         "only where there is more than text: it, or else `text`, and a `tool_call` part for each call are the "       \
         "assistant's `content` in the next question's `messages`"},                                                   \
        {"tool_calls", LIST(MAP) | NEEDED, shape_tool_call, "maybe none"},                                             \
        {"schema_error", STR, NULL,                                                                                    \
         "where a `schema` was asked for and `text` does not fit it: where, and why not, such as "                     \
         "`$.age: is a string, not an integer`"},                                                                      \
        {"finish_reason", STR, NULL,                                                                                   \
         "when `done`: `stop`, `length`, `tool_calls`, `content_filter`, `refusal`, `pause` or `other`"},              \
    {                                                                                                                  \
        "usage", MAP | NEEDED, shape_usage, "what the provider did not tell is absent"                                 \
    }

const struct schema_field shape_answer[] = {
    {"answer", STR | NEEDED, NULL, "its id"},
    {"state", STR | NEEDED, NULL, "`running`, `done`, `failed`, `cancelled` or `interrupted`"},
    ANSWER_SAID,
    {"error", MAP, shape_error, "why, when `failed`, `cancelled` or `interrupted`"},
    {"cached", BOOL | NEEDED, NULL, "it came from the cache: nobody was asked, and nothing was paid"},
    {"age", NUMBER, NULL, "seconds since it was first given, where it is cached"},
    {"shared", BOOL | NEEDED, NULL, "the same was being asked already, and this is that answer"},
    {"key", STR, NULL, "of the cache (`cache.lookup`); absent where it is not to be cached"},
    {"context", MAP, window, "where the question fills more than `context_warn` of the model's window, or outgrows it"},
    {"conversation", STR, NULL, "the conversation that it belongs to"},
    {"message", STR, NULL, "the id of the assistant's message there"},
    {"attempts", LIST(MAP), attempts, "who was asked, or passed over, in their order; once it has ended"},
    {"timing", MAP, timing, "from the question on, in milliseconds; what is known of it"},
    {0},
};

const struct schema_field shape_kept[] = {
    {"state", STR | NEEDED, NULL, "`done`"},
    ANSWER_SAID,
    {"cached", BOOL | NEEDED, NULL, "true"},
    {"shared", BOOL | NEEDED, NULL, "false"},
    {"age", NUMBER | NEEDED, NULL, "seconds since it was given"},
    {"key", STR | NEEDED, NULL, "what it is kept under, 64 hex digits"},
    {"attempts", LIST(MAP) | NEEDED, NULL, "empty: nobody was asked"},
    {"timing", MAP | NEEDED, NULL, "empty: nobody waited for it"},
    {0},
};

/* -- the cache -- */

static const struct schema_field cache_saved[] = {
    {"currency", STR | NEEDED, NULL, "of these"},
    {"cost", NUMBER | NEEDED, NULL, "what was not paid again"},
    {"cost_nano", INT | NEEDED, NULL, "the same in billionths"},
    {0},
};

static const struct schema_field cache_tiers[] = {
    {"name", STR | NEEDED, NULL, "`memory`, then `sqlite` or `redis` where there is one"},
    {"state", STR | NEEDED, NULL, "`opening`, `ok`, `failing` or `off`"},
    {"error", STR, NULL, "why, where something is wrong"},
    {"entries", INT, NULL, "what it holds; absent: not known"},
    {"bytes", INT, NULL, "likewise"},
    {"hits", INT | NEEDED, NULL, "lookups that found something"},
    {"misses", INT | NEEDED, NULL, "and those that did not; a question may look in several places"},
    {"evictions", INT | NEEDED, NULL, "what left because others needed its place"},
    {"failures", INT | NEEDED, NULL, "lookups, writes and attempts to connect that came to nothing"},
    {0},
};

#define CACHE_FIELDS                                                                                                   \
    {"entries", INT | NEEDED, NULL, "in the tier that has most; most are in both"},                                    \
        {"bytes", INT | NEEDED, NULL, "likewise"},                                                                     \
        {"hits", INT | NEEDED, NULL,                                                                                   \
         "questions since the start that were answered from the cache; each text of `embed` is one"},                  \
        {"misses", INT | NEEDED, NULL, "that it had nothing for"},                                                     \
        {"joins", INT | NEEDED, NULL, "that shared the answer to the same question, then under way"},                  \
        {"evictions", INT | NEEDED, NULL, "what left because others needed its place, of all tiers"},                  \
        {"saved", LIST(MAP) | NEEDED, cache_saved, "money, one for each currency; where prices are known"},            \
        {"saved_ms", INT | NEEDED, NULL, "time that providers would have taken"},                                      \
    {                                                                                                                  \
        "tiers", LIST(MAP) | NEEDED, cache_tiers, "in the order in which they are asked"                               \
    }

const struct schema_field shape_cache[] = {CACHE_FIELDS, {0}};

const struct schema_field shape_status_cache[] = {
    CACHE_FIELDS,
    {"hit_rate", NUMBER, NULL, "`hits` and `joins` of all questions, 0 to 1; absent before the first"},
    {0},
};

/* -- those on the page -- */

const struct schema_field shape_log_line[] = {
    {"seq", INT | NEEDED, NULL, "its number; numbers grow, over restarts of the daemon too"},
    {"time", NUMBER | NEEDED, NULL, "seconds since 1970"},
    {"level", STR | NEEDED, NULL, "`error`, `warn`, `notice`, `info` or `debug`"},
    {"message", STR | NEEDED, NULL, "one line; control characters and what is no UTF-8 are escaped"},
    {"answer", STR, NULL, "what it is about, as far as that is one thing; likewise:"},
    {"conversation", STR, NULL, ""},
    {"provider", STR, NULL, ""},
    {"model", STR, NULL, ""},
    {"client", STR, NULL, "who asked, as it said in `hello`"},
    {"code", STR, NULL, "of an error"},
    {0},
};

const struct schema_field shape_rows[] = {
    {"answer map", MAP, shape_answer, "An answer as it stands, or stood at its end."},
    {"kept answer", MAP, shape_kept, "An answer map out of the cache. It is nobody's answer, so it has no id."},
    {"usage", MAP, shape_usage, "What an answer took, in tokens."},
    {"tool call", MAP, shape_tool_call, "A tool that the model wants to be run."},
    {"message", MAP, shape_message, "One turn of what was said. A string is a single part `text`."},
    {"part", MAP, shape_part,
     "A piece of a message; which fields it has goes by its `type`. A `path` is `invalid_request`: the client opens it "
     "and sends `data` with `name`."},
    {"log line", MAP, shape_log_line, "A line of the daemon's log."},
    {"error", MAP, shape_error, "What went wrong."},
    {0},
};

/* -- events -- */

static const struct schema_field start[] = {
    {"model", STR | NIL | NEEDED, NULL, "who answers"},
    {"provider", STR | NIL | NEEDED, NULL, ""},
    {"cached", BOOL | NEEDED, NULL, "as in the answer map"},
    {"shared", BOOL | NEEDED, NULL, ""},
    {"request", INT | NEEDED, NULL, "msgid of the chat, also when attached later"},
    {"conversation", STR, NULL, "where the answer belongs to one"},
    {"message", STR, NULL, "the id of the assistant's message there"},
    {"arm", INT, NULL, "of a `compare`: which of its `models` answers, from 0"},
    {0},
};

static const struct schema_field text[] = {
    {"text", STR | NEEDED, NULL, ""},
    {"opaque", ANY, NULL, "what the provider wants back"},
    {0},
};

static const struct schema_field reasoning[] = {
    {"text", STR | NEEDED, NULL, ""},
    {"signature", STR, NULL, "the provider's seal"},
    {"opaque", ANY, NULL, "what the provider wants back"},
    {0},
};

static const struct schema_field tool_call[] = {
    {"index", INT | NEEDED, NULL, "which call"},           {"id", STR, NULL, "with its first fragment"},
    {"name", STR, NULL, "with its first fragment"},        {"arguments", STR | NEEDED, NULL, "to be joined"},
    {"opaque", ANY, NULL, "what the provider wants back"}, {0},
};

static const struct schema_field image[] = {
    {"mime", STR | NIL | NEEDED, NULL, "nil: not told"},
    {"data", BIN | NEEDED, NULL, "all of it"},
    {"opaque", ANY, NULL, "what the provider wants back"},
    {0},
};

static const struct schema_field progress[] = {
    {"message", STR | NIL | NEEDED, NULL, "for show"},
    {"fraction", NUMBER, NULL, "0 to 1, of a state that the next takes the place of; else it is a note that stays"},
    {0},
};

static const struct schema_field retry[] = {
    {"provider", STR | NIL | NEEDED, NULL, "who is asked next"},
    {"model", STR | NIL | NEEDED, NULL, ""},
    {"error", MAP | NEEDED, shape_error, "why"},
    {"delay", NUMBER | NEEDED, NULL, "seconds until then"},
    {0},
};

static const struct schema_field done[] = {
    {"finish_reason", STR | NEEDED, NULL, "as in the answer map"},
    {0},
};

const struct schema_field event_rows[] = {
    {"start", MAP, start, "the first event; who answers. `request` is the msgid of the chat, also when attached later"},
    {"text", MAP, text, "a piece of the text, in whole UTF-8 characters"},
    {"reasoning", MAP, reasoning, "a piece of the reasoning, likewise"},
    {"tool_call", MAP, tool_call, "a fragment: join `arguments` by `index`"},
    {"image", MAP, image, "`data` is `bin`"},
    {"progress", MAP, progress,
     "for show: what of the question was left out, that it nearly fills the model's window, and the place of one that "
     "waits its turn"},
    {"retry", MAP, retry, "`error` is why; these are asked in `delay` s; all content before it is void"},
    {"usage", MAP, shape_usage, "as in the answer map; the last one counts"},
    {"done", MAP, done, "the last event of an answer that is `done`"},
    {"error", MAP, shape_error, "the last event of any other, also of a cancelled one; what was shown stays"},
    {0},
};
