/* The answer of the chat grammar, streamed or whole, as events.
 *
 *   SNIFF --> SSE   each payload: scan_chunk, or jsonx_parse and take_chunk
 *         --> JSON  collected; at the end jsonx_parse and take_chunk
 *   ERROR           collected; at the end provider_map_error
 *
 * `phase` is changed in conclude and fail only. */
#include "daemon/provider/error_map.h"
#include "daemon/provider/jsonx.h"
#include "daemon/provider/openai_calls.h"
#include "daemon/provider/openai_chat.h"
#include "daemon/provider/openai_dialects.h"
#include "daemon/provider/scan.h"
#include "daemon/provider/sse.h"
#include "daemon/provider/think.h"
#include "lib/base/alloc.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define ERROR_BODY_MAX (64u << 10) /* of a body with an error status; the rest is not worth reading */

enum mode { MODE_SNIFF, MODE_SSE, MODE_JSON, MODE_ERROR };
enum phase { PHASE_RUNNING, PHASE_DONE, PHASE_FAILED };

struct provider_parser {
    const struct openai_dialect *dialect;
    struct response_head head;
    event_sink sink;
    void *data;
    enum mode mode;
    enum phase phase;
    struct error error; /* for PHASE_FAILED */
    struct sse sse;
    struct buf body;    /* MODE_JSON, MODE_ERROR */
    struct buf scratch; /* an unescaped string */
    struct think think;
    struct openai_calls calls;
    struct usage usage;
    bool refused;  /* a refusal's text was emitted */
    bool finished; /* the provider gave a finish reason */
    enum finish_reason finish;
};

static enum error_code fail(struct provider_parser *p, enum error_code code, const char *message)
{
    p->phase = PHASE_FAILED;
    if (message)
        error_set(&p->error, code, "%s", message);
    return p->error.code;
}

static enum error_code fail_too_large(struct provider_parser *p)
{
    return fail(p, ERR_TOO_LARGE, "the provider's answer is larger than the daemon reads at once");
}

/* ------------------------------------------------------------------------------------------------ emitting */

static void emit_text(void *data, bool reasoning, const char *text, size_t len)
{
    struct provider_parser *p = data;
    struct chat_event ev = {.kind = reasoning ? EVENT_REASONING : EVENT_TEXT, .text = {text, len}};

    p->sink(p->data, &ev);
}

static void put_text(struct provider_parser *p, const char *text, size_t len)
{
    if (len > 0)
        think_feed(&p->think, text, len, emit_text, p);
}

static void put_reasoning(struct provider_parser *p, const char *text, size_t len)
{
    if (len > 0)
        emit_text(p, true, text, len);
}

static enum finish_reason final_reason(const struct provider_parser *p)
{
    enum finish_reason f = p->finished ? p->finish : FINISH_STOP;

    if (p->calls.n > 0 && (f == FINISH_STOP || f == FINISH_TOOL_CALLS))
        return openai_calls_well_formed(&p->calls) ? FINISH_TOOL_CALLS : FINISH_OTHER;
    return p->refused && f == FINISH_STOP ? FINISH_REFUSAL : f;
}

static enum error_code conclude(struct provider_parser *p)
{
    think_end(&p->think, emit_text, p);
    if (p->usage.cached_input_tokens > p->usage.input_tokens && p->usage.input_tokens >= 0)
        p->usage.cached_input_tokens = p->usage.input_tokens;
    if (usage_known(&p->usage)) {
        struct chat_event ev = {.kind = EVENT_USAGE, .usage = p->usage};
        p->sink(p->data, &ev);
    }
    struct chat_event ev = {.kind = EVENT_DONE, .finish = final_reason(p)};
    p->phase = PHASE_DONE;
    p->sink(p->data, &ev);
    return ERR_NONE;
}

/* ------------------------------------------------------------------------------------------------ usage, finish */

static bool read_count(const json_t *obj, const char *key, int64_t *into)
{
    int64_t n;

    if (!jsonx_integer(obj, key, &n) || n < 0)
        return false;
    *into = n;
    return true;
}

/* The last one counts: some repeat it, growing, in every chunk. */
static void take_usage(struct provider_parser *p, const json_t *u)
{
    const json_t *in = json_object_get(u, "prompt_tokens_details"),
                 *out = json_object_get(u, "completion_tokens_details");
    struct usage *to = &p->usage;
    int64_t completion, total;

    read_count(u, "prompt_tokens", &to->input_tokens);
    if (!read_count(in, "cached_tokens", &to->cached_input_tokens) &&
        !read_count(u, "prompt_cache_hit_tokens", &to->cached_input_tokens) &&
        !read_count(u, "num_cached_tokens", &to->cached_input_tokens))
        read_count(u, "cached_tokens", &to->cached_input_tokens);
    read_count(in, "cache_write_tokens", &to->cache_write_tokens);
    read_count(out, "reasoning_tokens", &to->reasoning_tokens);
    if (!read_count(u, "completion_tokens", &completion))
        return;
    to->output_tokens = completion;
    /* Where the total says so, the reasoning stands beside the completion. The bound keeps the sums in range. */
    const int64_t sane = INT64_C(1) << 60;
    if (to->reasoning_tokens > 0 && to->reasoning_tokens < sane && completion < sane && to->input_tokens >= 0 &&
        to->input_tokens < sane && read_count(u, "total_tokens", &total) &&
        total == to->input_tokens + completion + to->reasoning_tokens)
        to->output_tokens = completion + to->reasoning_tokens;
}

static void take_finish(struct provider_parser *p, const char *reason)
{
    static const struct {
        const char *name;
        enum finish_reason finish;
    } known[] = {
        {"stop", FINISH_STOP},
        {"eos", FINISH_STOP},
        {"length", FINISH_LENGTH},
        {"model_length", FINISH_LENGTH},
        {"tool_calls", FINISH_TOOL_CALLS},
        {"function_call", FINISH_TOOL_CALLS},
        {"content_filter", FINISH_CONTENT_FILTER},
    };

    if (!reason || !*reason)
        return;
    p->finished = true;
    p->finish = FINISH_OTHER;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(reason, known[i].name) == 0)
            p->finish = known[i].finish;
    }
}

/* ------------------------------------------------------------------------------------------------ images */

/* data:MIME;base64,… ; what lies elsewhere is left out: the daemon fetches nothing on its own. */
static void take_image(struct provider_parser *p, const json_t *image)
{
    size_t url_len = 0;
    const char *url = jsonx_string(json_object_get(image, "image_url"), "url", &url_len);
    static const char mark[] = ";base64,";
    const char *sep = url && strncmp(url, "data:", 5) == 0 ? strstr(url, mark) : NULL;

    if (!sep)
        return;
    const char *text = sep + strlen(mark);
    size_t len = url_len - (size_t)(text - url), pad = 0;
    while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
        pad++;
    unsigned char *bytes = malloc(len / 4 * 3 + 3);
    int n = bytes ? EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)len) : -1;
    if (n > (int)pad) {
        struct chat_event ev = {.kind = EVENT_IMAGE,
                                .mime = {url + 5, (size_t)(sep - url - 5)},
                                .data = bytes,
                                .data_len = (size_t)n - pad};
        p->sink(p->data, &ev);
    }
    free(bytes);
}

/* ------------------------------------------------------------------------------------------------ one choice */

/* A thinking part of a list: its text, or its list of texts. */
static void take_thinking(struct provider_parser *p, const json_t *part)
{
    size_t i, len;
    const char *s = jsonx_string(part, "thinking", &len);
    json_t *piece;

    if (s)
        put_reasoning(p, s, len);
    json_array_foreach(json_object_get(part, "thinking"), i, piece)
    {
        if ((s = jsonx_string(piece, "text", &len)))
            put_reasoning(p, s, len);
    }
}

static void take_content_part(struct provider_parser *p, const json_t *part)
{
    size_t len;
    const char *type = jsonx_string(part, "type", NULL), *s;

    if (type && strcmp(type, "thinking") == 0)
        take_thinking(p, part);
    else if (type && strcmp(type, "image_url") == 0)
        take_image(p, part);
    else if ((s = jsonx_string(part, "text", &len)))
        put_text(p, s, len);
}

static void take_content(struct provider_parser *p, const json_t *content)
{
    size_t i;
    json_t *part;

    if (json_is_string(content))
        put_text(p, json_string_value(content), json_string_length(content));
    json_array_foreach(content, i, part) take_content_part(p, part);
}

/* The same text often stands in several fields: the first that holds any counts. */
static void take_reasoning(struct provider_parser *p, const json_t *delta)
{
    size_t i, len;
    const char *s;
    json_t *detail;

    for (i = 0; i < 2; i++) {
        if ((s = jsonx_string(delta, p->dialect->reasoning_fields[i], &len)) && len > 0) {
            put_reasoning(p, s, len);
            return;
        }
    }
    json_array_foreach(json_object_get(delta, "reasoning_details"), i, detail)
    {
        if ((s = jsonx_string(detail, "text", &len)) || (s = jsonx_string(detail, "summary", &len)))
            put_reasoning(p, s, len);
    }
}

static void take_refusal(struct provider_parser *p, const json_t *delta)
{
    size_t len;
    const char *s = jsonx_string(delta, "refusal", &len);

    if (!s || len == 0)
        return;
    p->refused = true;
    put_text(p, s, len);
}

/* tool_calls is a list, or the one call itself. */
static enum error_code take_calls(struct provider_parser *p, const json_t *delta)
{
    const json_t *calls = jsonx_get(delta, "tool_calls"), *function = jsonx_object(delta, "function_call");
    enum error_code code = ERR_NONE;
    size_t n = json_is_array(calls) ? json_array_size(calls) : calls ? 1 : 0;

    for (size_t i = 0; i < n && code == ERR_NONE; i++)
        code = openai_calls_take(&p->calls, json_is_array(calls) ? json_array_get(calls, i) : calls, p->sink, p->data,
                                 &p->error);
    if (code == ERR_NONE && n == 0 && function)
        code = openai_calls_take_function(&p->calls, function, p->sink, p->data, &p->error);
    return code == ERR_NONE ? ERR_NONE : fail(p, code, NULL);
}

static enum error_code take_choice(struct provider_parser *p, const json_t *choice)
{
    const json_t *delta = jsonx_object(choice, "delta");
    size_t i;
    json_t *image;

    if (!delta || p->mode == MODE_JSON)
        delta = jsonx_object(choice, "message") ? jsonx_object(choice, "message") : delta;
    take_reasoning(p, delta);
    take_content(p, json_object_get(delta, "content"));
    take_refusal(p, delta);
    json_array_foreach(json_object_get(delta, "images"), i, image) take_image(p, image);
    take_finish(p, jsonx_string(choice, "finish_reason", NULL));
    return take_calls(p, delta);
}

/* ------------------------------------------------------------------------------------------------ one chunk */

/* An error inside a 200. `event: error` says so whatever the payload looks like. */
static bool is_error(const json_t *root, const char *event)
{
    if (json_is_array(root))
        root = json_array_get(root, 0);
    const json_t *error = jsonx_get(root, "error");

    if (strcmp(event, "error") == 0)
        return true;
    if (json_is_string(error) ? json_string_length(error) > 0 : error && !json_is_false(error))
        return true;
    return !json_object_get(root, "choices") && !jsonx_object(root, "usage") &&
           (jsonx_get(root, "message") || jsonx_get(root, "detail"));
}

static enum error_code take_chunk(struct provider_parser *p, const json_t *root, const char *event)
{
    enum error_code code = ERR_NONE;
    size_t i;
    json_t *choice;

    if (is_error(root, event))
        return fail(p, error_map_inside(root, &p->error), NULL);
    if (!json_is_object(root))
        return fail(p, ERR_BAD_RESPONSE, "the provider sent JSON that is not an object");
    json_array_foreach(json_object_get(root, "choices"), i, choice)
    {
        int64_t index = 0;
        if (jsonx_integer(choice, "index", &index) ? index != 0 : i > 0)
            continue;
        if ((code = take_choice(p, choice)) != ERR_NONE)
            return code;
    }
    const json_t *usage = jsonx_object(root, "usage");
    take_usage(p, usage ? usage : jsonx_object(json_object_get(root, "x_groq"), "usage"));
    return ERR_NONE;
}

/* ------------------------------------------------------------------------------------------------ a stream */

static bool is_blank(const char *s, size_t len)
{
    while (len > 0 && (s[len - 1] == ' ' || s[len - 1] == '\t' || s[len - 1] == '\n'))
        len--;
    return len == 0;
}

static bool is_done_mark(const char *s, size_t len)
{
    while (len > 0 && (s[len - 1] == ' ' || s[len - 1] == '\t'))
        len--;
    return len == 6 && memcmp(s, "[DONE]", 6) == 0;
}

static enum error_code take_scanned(struct provider_parser *p, enum scan_kind kind, struct scan_delta d)
{
    if (d.escaped) {
        buf_clear(&p->scratch);
        if (!scan_unescape(d.raw, d.len, &p->scratch))
            return fail_too_large(p);
        d.raw = (const char *)p->scratch.data;
        d.len = p->scratch.len;
    }
    if (kind == SCAN_TEXT)
        put_text(p, d.raw, d.len);
    else
        put_reasoning(p, d.raw, d.len);
    return ERR_NONE;
}

static enum error_code take_payload(struct provider_parser *p, const struct sse_event *ev)
{
    struct scan_delta d;
    enum jsonx_fault fault;
    bool plain = strcmp(ev->name, "message") == 0;
    enum scan_kind kind = plain ? scan_chunk(ev->data, ev->len, &d) : SCAN_OTHER;

    if (kind == SCAN_EMPTY || is_blank(ev->data, ev->len))
        return ERR_NONE;
    if (kind != SCAN_OTHER)
        return take_scanned(p, kind, d);
    if (is_done_mark(ev->data, ev->len))
        return conclude(p);
    json_t *root = jsonx_parse(ev->data, ev->len, &fault);
    if (!root)
        return fail(p, ERR_BAD_RESPONSE, "the provider sent what is not JSON");
    enum error_code code = take_chunk(p, root, ev->name);
    json_decref(root);
    return code;
}

static enum error_code feed_sse(struct provider_parser *p, const uint8_t *bytes, size_t len)
{
    struct sse_event ev;
    enum sse_result r = SSE_MORE;

    while (p->phase == PHASE_RUNNING && (r = sse_next(&p->sse, &bytes, &len, &ev)) == SSE_EVENT)
        take_payload(p, &ev);
    if (p->phase == PHASE_RUNNING && r == SSE_TOO_LARGE)
        return fail_too_large(p);
    return p->error.code;
}

/* ------------------------------------------------------------------------------------------------ a whole body */

/* Blank lines that keep the connection alive stand before it, perhaps for minutes; they are not kept. */
static enum error_code feed_json(struct provider_parser *p, const uint8_t *bytes, size_t len)
{
    while (p->body.len == 0 && len > 0 && strchr(" \t\r\n", *bytes) && *bytes) {
        bytes++;
        len--;
    }
    if (len > 0 && !buf_append(&p->body, bytes, len))
        return fail_too_large(p);
    return ERR_NONE;
}

static enum error_code finish_json(struct provider_parser *p)
{
    const char *text = (const char *)p->body.data;
    size_t len = p->body.len;
    enum jsonx_fault fault;

    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        len -= 3;
    }
    json_t *root = jsonx_parse(len ? text : "", len, &fault);
    if (!root && fault == JSONX_CUT)
        return fail(p, ERR_UNAVAILABLE, "the provider's answer ended too early");
    if (!root)
        return fail(p, ERR_BAD_RESPONSE, "the provider sent what is not JSON");
    enum error_code code = take_chunk(p, root, "message");
    if (code == ERR_NONE && json_array_size(json_object_get(root, "choices")) == 0)
        code = fail(p, ERR_BAD_RESPONSE, "the provider's answer holds no choices");
    json_decref(root);
    return code == ERR_NONE ? conclude(p) : code;
}

static void feed_error(struct provider_parser *p, const uint8_t *bytes, size_t len)
{
    size_t room = ERROR_BODY_MAX - p->body.len;

    buf_append(&p->body, bytes, len < room ? len : room);
}

/* ------------------------------------------------------------------------------------------------ which it is */

static enum mode mode_of(const struct response_head *head)
{
    if (head->status != 0 && (head->status < 200 || head->status > 299))
        return MODE_ERROR;
    if (strcmp(head->content_type, "text/event-stream") == 0)
        return MODE_SSE;
    return strcmp(head->content_type, "application/json") == 0 ? MODE_JSON : MODE_SNIFF;
}

/* Blank bytes and a BOM tell nothing, and neither reader needs them; the first other byte does. */
static enum error_code feed_sniff(struct provider_parser *p, const uint8_t *bytes, size_t len)
{
    while (len > 0 && memchr(" \t\r\n\xEF\xBB\xBF", *bytes, 7)) {
        bytes++;
        len--;
    }
    if (len == 0)
        return ERR_NONE;
    if (*bytes == '<')
        return fail(p, ERR_BAD_RESPONSE, "the provider sent a web page instead of an answer");
    p->mode = *bytes == '{' || *bytes == '[' ? MODE_JSON : MODE_SSE;
    return p->mode == MODE_JSON ? feed_json(p, bytes, len) : feed_sse(p, bytes, len);
}

/* ------------------------------------------------------------------------------------------------ the verbs */

struct provider_parser *openai_chat_parser_new(const struct provider_target *t, const struct response_head *head,
                                               event_sink sink, void *data)
{
    struct provider_parser *p = NEW(struct provider_parser);
    const struct openai_dialect *dialect = openai_dialect_find(t->dialect);

    p->dialect = dialect ? dialect : openai_dialect_find(NULL);
    p->head = *head;
    p->sink = sink;
    p->data = data;
    p->mode = mode_of(head);
    p->error = (struct error)ERROR_INIT;
    p->usage = (struct usage)USAGE_INIT;
    sse_init(&p->sse, PROVIDER_EVENT_MAX);
    buf_init(&p->body, PROVIDER_EVENT_MAX);
    buf_init(&p->scratch, PROVIDER_EVENT_MAX);
    think_init(&p->think, p->dialect->think_tags);
    return p;
}

static enum error_code report(const struct provider_parser *p, struct error *err)
{
    if (p->phase == PHASE_FAILED && err)
        *err = p->error;
    return p->phase == PHASE_FAILED ? p->error.code : ERR_NONE;
}

enum error_code openai_chat_feed(struct provider_parser *p, const uint8_t *bytes, size_t len, struct error *err)
{
    if (p->phase != PHASE_RUNNING || len == 0)
        return report(p, err);
    switch (p->mode) {
    case MODE_SNIFF: feed_sniff(p, bytes, len); break;
    case MODE_SSE: feed_sse(p, bytes, len); break;
    case MODE_JSON: feed_json(p, bytes, len); break;
    case MODE_ERROR: feed_error(p, bytes, len); break;
    }
    return report(p, err);
}

/* An event without its blank line counts if it is whole; half of one only shows that the stream was cut. */
static void finish_sse(struct provider_parser *p, bool clean)
{
    struct sse_event ev;
    enum jsonx_fault fault;

    if (sse_end(&p->sse, &ev) == SSE_EVENT) {
        json_t *root = is_done_mark(ev.data, ev.len) ? json_null() : jsonx_parse(ev.data, ev.len, &fault);
        if (root)
            take_payload(p, &ev);
        json_decref(root);
    }
    if (p->phase != PHASE_RUNNING)
        return;
    if (p->finished && clean)
        conclude(p);
    else
        fail(p, ERR_UNAVAILABLE, "the provider's stream ended before the answer did");
}

enum error_code openai_chat_finish(struct provider_parser *p, bool clean, struct error *err)
{
    if (p->phase != PHASE_RUNNING)
        return report(p, err);
    switch (p->mode) {
    case MODE_SNIFF: fail(p, ERR_UNAVAILABLE, "the provider sent an empty answer"); break;
    case MODE_SSE: finish_sse(p, clean); break;
    case MODE_JSON: finish_json(p); break;
    case MODE_ERROR: fail(p, provider_map_error(&p->head, p->body.data, p->body.len, &p->error), NULL); break;
    }
    return report(p, err);
}

bool openai_chat_done(const struct provider_parser *p)
{
    return p->phase == PHASE_DONE;
}

void openai_chat_parser_free(struct provider_parser *p)
{
    if (!p)
        return;
    sse_done(&p->sse);
    buf_done(&p->body);
    buf_done(&p->scratch);
    openai_calls_done(&p->calls);
    free(p);
}
