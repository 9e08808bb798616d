#include "daemon/provider/parser.h"
#include "daemon/provider/base64.h"
#include "daemon/provider/error_map.h"
#include "daemon/provider/gap.h"
#include "daemon/provider/opaque.h"
#include "daemon/provider/openai_dialects.h"
#include "lib/base/alloc.h"
#include <stdlib.h>
#include <string.h>

#define ERROR_BODY_MAX (64u << 10) /* of a body with an error status; the rest is not worth reading */

/* False if it had ended before; otherwise p->error is to tell why. */
static bool set_failed(struct provider_parser *p)
{
    if (p->phase != PHASE_RUNNING)
        return false;
    p->phase = PHASE_FAILED;
    return true;
}

void parser_fail(struct provider_parser *p, enum error_code code, const char *message)
{
    if (set_failed(p))
        error_set(&p->error, code, "%s", message);
}

void parser_fail_inside(struct provider_parser *p, const json_t *root)
{
    if (set_failed(p))
        error_map_inside(root, &p->error);
}

static void fail_too_large(struct provider_parser *p)
{
    parser_fail(p, ERR_TOO_LARGE, "the provider's answer is larger than the daemon reads at once");
}

void parser_keep(struct provider_parser *p, size_t bytes)
{
    p->kept_bytes += bytes < PROVIDER_EVENT_MAX ? bytes : PROVIDER_EVENT_MAX;
    if (p->kept_bytes > PROVIDER_EVENT_MAX)
        fail_too_large(p);
}

/* ------------------------------------------------------------------------------------------------ emitting */

static void emit(struct provider_parser *p, const struct chat_event *ev)
{
    p->spoke = true;
    p->sink(p->data, ev);
}

static void emit_text(void *data, bool reasoning, const char *text, size_t len)
{
    struct chat_event ev = {.kind = reasoning ? EVENT_REASONING : EVENT_TEXT, .text = {text, len}};

    emit(data, &ev);
}

void parser_text(struct provider_parser *p, const char *text, size_t len)
{
    if (len > 0)
        think_feed(&p->think, text, len, emit_text, p);
}

void parser_reasoning(struct provider_parser *p, const char *text, size_t len)
{
    if (len > 0)
        emit_text(p, true, text, len);
}

void parser_refusal(struct provider_parser *p, const char *text, size_t len)
{
    if (len == 0)
        return;
    p->refused = true;
    parser_text(p, text, len);
}

void parser_text_in(struct provider_parser *p, const json_t *obj, const char *key)
{
    size_t len;
    const char *s = jsonx_string(obj, key, &len);

    if (s)
        parser_text(p, s, len);
}

void parser_reasoning_in(struct provider_parser *p, const json_t *obj, const char *key)
{
    size_t len;
    const char *s = jsonx_string(obj, key, &len);

    if (s)
        parser_reasoning(p, s, len);
}

/* Packs what is opaque into the scratch buffer. Absent: nothing to keep. */
static struct event_text pack_opaque(struct provider_parser *p, json_t *opaque)
{
    if (!opaque)
        return (struct event_text){NULL, 0};
    buf_clear(&p->scratch);
    if (!opaque_pack(opaque, p->host, &p->scratch))
        return (struct event_text){NULL, 0};
    return (struct event_text){(const char *)p->scratch.data, p->scratch.len};
}

void parser_opaque_reasoning(struct provider_parser *p, const char *signature, json_t *opaque)
{
    struct chat_event ev = {.kind = EVENT_REASONING, .text = {"", 0}, .opaque = pack_opaque(p, opaque)};

    if (signature)
        ev.signature = (struct event_text){signature, strlen(signature)};
    if (ev.signature.data || ev.opaque.data)
        emit(p, &ev);
}

void parser_opaque_text(struct provider_parser *p, const char *text, size_t len, json_t *opaque)
{
    struct chat_event ev = {.kind = EVENT_TEXT, .text = {text ? text : "", text ? len : 0}};

    ev.opaque = pack_opaque(p, opaque);
    think_end(&p->think, emit_text, p);
    emit(p, &ev);
}

void parser_call(struct provider_parser *p, struct call_piece piece, json_t *opaque)
{
    piece.opaque = pack_opaque(p, opaque);
    enum error_code code = calls_take(&p->calls, &piece, p->sink, p->data, &p->error);
    if (code != ERR_NONE)
        set_failed(p);
}

void parser_image(struct provider_parser *p, const char *mime, size_t mime_len, const char *text, size_t len,
                  json_t *opaque)
{
    struct chat_event ev = {.kind = EVENT_IMAGE, .mime = {mime, mime_len}};
    uint8_t *bytes = base64_decode(text, len, &ev.data_len);

    ev.data = bytes;
    ev.opaque = pack_opaque(p, opaque);
    if (bytes)
        emit(p, &ev);
    free(bytes);
}

/* ------------------------------------------------------------------------------------------------ the end */

void parser_finish(struct provider_parser *p, const struct finish_word *words, const char *reason)
{
    if (!reason || !*reason)
        return;
    p->finished = true;
    p->finish = FINISH_OTHER;
    for (; words->name; words++) {
        if (strcmp(reason, words->name) == 0)
            p->finish = words->finish;
    }
}

bool parser_count(const json_t *obj, const char *key, int64_t *into)
{
    int64_t n;

    if (!jsonx_integer(obj, key, &n) || n < 0)
        return false;
    *into = n;
    return true;
}

static int64_t *figure_in(struct usage *u, size_t offset)
{
    return (int64_t *)(void *)((char *)u + offset);
}

void parser_usage(const json_t *usage, const struct usage_path *paths, struct usage *to)
{
    int64_t n;

    for (; paths->path; paths++)
        if (jsonx_to_integer(jsonx_at(usage, paths->path), &n) && n >= 0)
            *figure_in(to, paths->offset) = n;
}

#define COST_MAX (INT64_C(1000000) * 1000000000) /* a million dollars: a larger figure is of something else */

void parser_cost(const json_t *usage, const struct cost_form *form, struct usage *to)
{
    int64_t n;

    if (!form->path || !jsonx_to_decimal(jsonx_at(usage, form->path), form->places, &n) || n < 0)
        return;
    if (form->parts > 0)
        n = n / form->parts + (n % form->parts * 2 >= form->parts);
    if (n <= COST_MAX)
        to->cost_nano = n;
}

int64_t parser_sum(int64_t a, int64_t b)
{
    const int64_t sane = INT64_C(1) << 60;

    if (a < 0 || b < 0 || a > sane || b > sane)
        return a < 0 ? b : a;
    return a + b;
}

static enum finish_reason final_reason(const struct provider_parser *p)
{
    enum finish_reason f = p->finished ? p->finish : FINISH_STOP;

    if (p->calls.n > 0 && (f == FINISH_STOP || f == FINISH_TOOL_CALLS))
        return calls_well_formed(&p->calls) ? FINISH_TOOL_CALLS : FINISH_OTHER;
    return p->refused && f == FINISH_STOP ? FINISH_REFUSAL : f;
}

#define COUNT_MAX (INT64_C(1) << 40) /* tokens, images; more cannot be, and would overflow where they are priced */

static void bound(int64_t *n, int64_t max)
{
    *n = *n > max ? max : *n;
}

void parser_bound(struct usage *u)
{
    bound(&u->input_tokens, COUNT_MAX);
    bound(&u->output_tokens, COUNT_MAX);
    bound(&u->cached_input_tokens, u->input_tokens >= 0 ? u->input_tokens : COUNT_MAX);
    bound(&u->cache_write_tokens, COUNT_MAX);
    bound(&u->reasoning_tokens, COUNT_MAX);
    bound(&u->input_audio_tokens, u->input_tokens >= 0 ? u->input_tokens : COUNT_MAX);
    bound(&u->output_audio_tokens, u->output_tokens >= 0 ? u->output_tokens : COUNT_MAX);
    bound(&u->images, COUNT_MAX);
}

void parser_conclude(struct provider_parser *p)
{
    if (p->phase != PHASE_RUNNING)
        return;
    think_end(&p->think, emit_text, p);
    if (p->grammar->end)
        p->grammar->end(p);
    if (p->phase != PHASE_RUNNING) /* that failed */
        return;
    parser_bound(&p->usage);
    if (usage_known(&p->usage)) {
        struct chat_event ev = {.kind = EVENT_USAGE, .usage = p->usage};
        emit(p, &ev);
    }
    struct chat_event ev = {.kind = EVENT_DONE, .finish = final_reason(p)};
    p->phase = PHASE_DONE;
    emit(p, &ev);
}

/* ------------------------------------------------------------------------------------------------ a payload */

bool parser_is_error(const json_t *root, const char *event)
{
    if (json_is_array(root))
        root = json_array_get(root, 0);
    const json_t *error = jsonx_get(root, "error");

    if (strcmp(event, "error") == 0)
        return true;
    if (json_is_string(error))
        return json_string_length(error) > 0;
    return json_is_object(error) ? json_object_size(error) > 0 : error && !json_is_false(error);
}

bool grammar_is_error(const struct grammar *g, const json_t *root, const char *event)
{
    return g->is_error ? g->is_error(root, event) : parser_is_error(root, event);
}

static bool is_blank(const char *s, size_t len)
{
    while (len > 0 && strchr(" \t\r\n", s[len - 1]) && s[len - 1])
        len--;
    return len == 0;
}

static bool is_done_mark(const char *s, size_t len)
{
    while (len > 0 && (s[len - 1] == ' ' || s[len - 1] == '\t'))
        len--;
    return len == 6 && memcmp(s, "[DONE]", 6) == 0;
}

/* Where it is not the API's own and nothing before it was understood, the stream is another API's. */
static void take_done_mark(struct provider_parser *p)
{
    if (p->grammar->done_mark || p->spoke || p->finished)
        parser_conclude(p);
    else
        parser_fail(p, ERR_BAD_RESPONSE, "the provider's stream holds no answer");
}

static void take_hot(struct provider_parser *p, enum scan_kind kind, struct scan_found *found)
{
    if (found->escaped) {
        buf_clear(&p->scratch);
        if (!scan_unescape(found->raw, found->len, &p->scratch)) {
            fail_too_large(p);
            return;
        }
        found->raw = (const char *)p->scratch.data;
        found->len = p->scratch.len;
    }
    if (kind == SCAN_TEXT)
        parser_text(p, found->raw, found->len);
    else if (kind == SCAN_REASONING)
        parser_reasoning(p, found->raw, found->len);
    else if (kind == SCAN_ARGUMENTS && (!p->grammar->begun_calls || calls_known(&p->calls, found->index)))
        parser_call(p, (struct call_piece){.index = found->index, .arguments = found->raw, .arguments_len = found->len},
                    NULL);
    if (p->grammar->hot_taken)
        p->grammar->hot_taken(p, kind, found);
}

/* The member that every hot chunk must have tells one API from another. */
static void tell_apart(struct provider_parser *p, const json_t *root)
{
    const struct scan_rule *rule = p->grammar->hot;

    while (rule && rule->key && !rule->must)
        rule++;
    bool known = !rule || !rule->key || json_object_get(root, rule->key);
    p->known |= known;
    p->strange |= !known;
}

static void take_payload(struct provider_parser *p, const char *event, const char *text, size_t len)
{
    struct scan_found found;
    enum jsonx_fault fault;
    bool hot = p->grammar->hot && strcmp(event, "error") != 0;
    enum scan_kind kind = hot ? scan_chunk(p->grammar->hot, text, len, &found) : SCAN_OTHER;

    if (kind != SCAN_OTHER) {
        p->known = true;
        take_hot(p, kind, &found);
        return;
    }
    if (is_blank(text, len))
        return;
    if (is_done_mark(text, len)) {
        take_done_mark(p);
        return;
    }
    json_t *root = jsonx_parse(text, len, &fault);
    if (!root)
        parser_fail(p, ERR_BAD_RESPONSE, "the provider sent what is not JSON");
    else if (grammar_is_error(p->grammar, root, event))
        parser_fail_inside(p, root);
    else {
        tell_apart(p, root);
        p->grammar->chunk(p, event, root);
    }
    json_decref(root);
}

/* ------------------------------------------------------------------------------------------------ a stream */

static void feed_sse(struct provider_parser *p, const uint8_t *bytes, size_t len)
{
    struct sse_event ev;
    enum sse_result r = SSE_MORE;

    while (p->phase == PHASE_RUNNING && (r = sse_next(&p->sse, &bytes, &len, &ev)) == SSE_EVENT)
        take_payload(p, ev.name, ev.data, ev.len);
    if (r == SSE_TOO_LARGE)
        fail_too_large(p);
}

/* A line that lies in one piece is not copied. */
static void feed_lines(struct provider_parser *p, const uint8_t *bytes, size_t len)
{
    const uint8_t *end;

    while (p->phase == PHASE_RUNNING && (end = memchr(bytes, '\n', len))) {
        size_t n = (size_t)(end - bytes);
        bool kept = p->body.len > 0;
        if (kept && !buf_append(&p->body, bytes, n)) {
            fail_too_large(p);
            return;
        }
        take_payload(p, "message", kept ? (const char *)p->body.data : (const char *)bytes, kept ? p->body.len : n);
        buf_clear(&p->body);
        bytes = end + 1;
        len -= n + 1;
    }
    if (p->phase == PHASE_RUNNING && !buf_append(&p->body, bytes, len))
        fail_too_large(p);
}

static void feed_whole(struct provider_parser *p, const uint8_t *bytes, size_t len);

/* No event begins with a brace: an error, as JSON, that calls itself a stream. */
static bool is_no_stream(const struct provider_parser *p, const uint8_t *bytes)
{
    return !p->begun && p->grammar->framing == FRAMING_SSE && *bytes == '{';
}

static void feed_stream(struct provider_parser *p, const uint8_t *bytes, size_t len)
{
    if (is_no_stream(p, bytes)) {
        p->mode = MODE_WHOLE;
        feed_whole(p, bytes, len);
        return;
    }
    p->begun = true;
    if (p->grammar->framing == FRAMING_SSE)
        feed_sse(p, bytes, len);
    else
        feed_lines(p, bytes, len);
}

/* What stands there without its end counts if it is whole; half of it only shows that the stream was cut. */
static void take_rest(struct provider_parser *p, const char *event, const char *text, size_t len)
{
    enum jsonx_fault fault;
    json_t *root = is_done_mark(text, len) ? json_null() : jsonx_parse(text, len, &fault);

    if (root)
        take_payload(p, event, text, len);
    json_decref(root);
}

static void finish_stream(struct provider_parser *p, bool clean)
{
    struct sse_event ev;

    if (p->grammar->framing == FRAMING_SSE) {
        if (sse_end(&p->sse, &ev) == SSE_EVENT)
            take_rest(p, ev.name, ev.data, ev.len);
    } else if (p->body.len > 0) {
        take_rest(p, "message", (const char *)p->body.data, p->body.len);
    }
    if (p->finished && clean)
        parser_conclude(p);
    else if (clean && p->strange && !p->known)
        parser_fail(p, ERR_BAD_RESPONSE,
                    "the provider speaks another API than its section says; correct api or base_url");
    else
        parser_fail(p, ERR_UNAVAILABLE, "the provider's stream ended before the answer did");
}

/* ------------------------------------------------------------------------------------------------ a whole body */

/* Blank lines that keep the connection alive stand before it, perhaps for minutes; they are not kept. */
static void feed_whole(struct provider_parser *p, const uint8_t *bytes, size_t len)
{
    while (p->body.len == 0 && len > 0 && strchr(" \t\r\n", *bytes) && *bytes) {
        bytes++;
        len--;
    }
    if (len > 0 && !buf_append(&p->body, bytes, len))
        fail_too_large(p);
}

static void take_whole(struct provider_parser *p, const json_t *root)
{
    if (grammar_is_error(p->grammar, root, "message"))
        parser_fail_inside(p, root);
    else if (!json_is_object(root) && !json_is_array(root))
        parser_fail(p, ERR_BAD_RESPONSE, "the provider sent JSON that is not an object");
    else
        p->grammar->whole(p, root);
    parser_conclude(p);
}

/* Lines that called themselves JSON. */
static void finish_lines(struct provider_parser *p, bool clean)
{
    struct buf body = p->body;

    buf_init(&p->body, body.max);
    p->mode = MODE_STREAM;
    feed_stream(p, body.data, body.len);
    if (p->phase == PHASE_RUNNING)
        finish_stream(p, clean);
    buf_done(&body);
}

/* A comment of a stream may stand before the JSON, to keep the connection alive as in one. */
static void skip_comments(const char **text, size_t *len)
{
    while (*len > 0 && **text == ':') {
        const char *end = memchr(*text, '\n', *len);
        size_t n = end ? (size_t)(end - *text) + 1 : *len;
        while (n < *len && strchr("\r\n", (*text)[n]) && (*text)[n])
            n++;
        *text += n;
        *len -= n;
    }
}

static void finish_whole(struct provider_parser *p, bool clean)
{
    const char *text = (const char *)p->body.data;
    size_t len = p->body.len;
    enum jsonx_fault fault;

    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        len -= 3;
    }
    skip_comments(&text, &len);
    json_t *root = jsonx_parse(len ? text : "", len, &fault);
    if (root)
        take_whole(p, root);
    else if (fault == JSONX_CUT)
        parser_fail(p, ERR_UNAVAILABLE, "the provider's answer ended too early");
    else if (p->grammar->framing == FRAMING_LINES)
        finish_lines(p, clean);
    else
        parser_fail(p, ERR_BAD_RESPONSE, "the provider sent what is not JSON");
    json_decref(root);
}

static void feed_error(struct provider_parser *p, const uint8_t *bytes, size_t len)
{
    size_t room = ERROR_BODY_MAX - p->body.len;

    buf_append(&p->body, bytes, len < room ? len : room);
}

static void finish_error(struct provider_parser *p)
{
    if (set_failed(p))
        provider_map_error(&p->head, p->body.data, p->body.len, &p->error);
}

/* ------------------------------------------------------------------------------------------------ which it is */

static enum parser_mode mode_of(const struct grammar *g, const struct response_head *head)
{
    static const char *const streams[] = {
        [FRAMING_SSE] = "text/event-stream", [FRAMING_LINES] = "application/x-ndjson"};

    if (head->status != 0 && (head->status < 200 || head->status > 299))
        return MODE_ERROR;
    if (strcmp(head->content_type, streams[g->framing]) == 0)
        return MODE_STREAM;
    return strcmp(head->content_type, "application/json") == 0 ? MODE_WHOLE : MODE_SNIFF;
}

/* Blank bytes and a BOM tell nothing, and neither reader needs them; the first other byte does. */
static void feed_sniff(struct provider_parser *p, const uint8_t *bytes, size_t len)
{
    while (len > 0 && memchr(" \t\r\n\xEF\xBB\xBF", *bytes, 7)) {
        bytes++;
        len--;
    }
    if (len == 0)
        return;
    if (*bytes == '<') {
        parser_fail(p, ERR_BAD_RESPONSE, "the provider sent a web page instead of an answer");
        return;
    }
    bool json = *bytes == '{' || *bytes == '[';
    p->mode = json && p->grammar->framing == FRAMING_SSE ? MODE_WHOLE : MODE_STREAM;
    if (p->mode == MODE_WHOLE)
        feed_whole(p, bytes, len);
    else
        feed_stream(p, bytes, len);
}

/* ------------------------------------------------------------------------------------------------ the verbs */

struct provider_parser *provider_parser_new(const struct provider_ops *ops, const struct provider_target *t,
                                            const struct response_head *head, event_sink sink, void *data)
{
    struct provider_parser *p = NEW(struct provider_parser);
    const struct openai_dialect *dialect = openai_dialect_find(t->dialect);

    p->grammar = t->gap ? t->gap->grammar : ops->grammar;
    p->dialect = dialect ? dialect : openai_dialect_find(NULL);
    p->head = *head;
    opaque_host(t->base_url, p->host, sizeof p->host);
    p->sink = sink;
    p->data = data;
    p->mode = mode_of(p->grammar, head);
    p->error = (struct error)ERROR_INIT;
    p->usage = (struct usage)USAGE_INIT;
    for (size_t i = 0; i < sizeof p->counts / sizeof *p->counts; i++)
        p->counts[i] = -1;
    sse_init(&p->sse, PROVIDER_EVENT_MAX);
    buf_init(&p->body, PROVIDER_EVENT_MAX);
    buf_init(&p->scratch, PROVIDER_EVENT_MAX);
    think_init(&p->think, ops->dialects && !t->gap && p->dialect->think_tags);
    return p;
}

static enum error_code report(const struct provider_parser *p, struct error *err)
{
    if (p->phase == PHASE_FAILED && err)
        *err = p->error;
    return p->phase == PHASE_FAILED ? p->error.code : ERR_NONE;
}

enum error_code provider_feed(struct provider_parser *p, const uint8_t *bytes, size_t len, struct error *err)
{
    if (p->phase != PHASE_RUNNING || len == 0)
        return report(p, err);
    switch (p->mode) {
    case MODE_SNIFF: feed_sniff(p, bytes, len); break;
    case MODE_STREAM: feed_stream(p, bytes, len); break;
    case MODE_WHOLE: feed_whole(p, bytes, len); break;
    case MODE_ERROR: feed_error(p, bytes, len); break;
    }
    return report(p, err);
}

enum error_code provider_finish(struct provider_parser *p, bool clean, struct error *err)
{
    if (p->phase != PHASE_RUNNING)
        return report(p, err);
    switch (p->mode) {
    case MODE_SNIFF: parser_fail(p, ERR_UNAVAILABLE, "the provider sent an empty answer"); break;
    case MODE_STREAM: finish_stream(p, clean); break;
    case MODE_WHOLE: finish_whole(p, clean); break;
    case MODE_ERROR: finish_error(p); break;
    }
    return report(p, err);
}

bool provider_done(const struct provider_parser *p)
{
    return p->phase == PHASE_DONE;
}

void provider_parser_free(struct provider_parser *p)
{
    if (!p)
        return;
    sse_done(&p->sse);
    buf_done(&p->body);
    buf_done(&p->scratch);
    calls_done(&p->calls);
    json_decref(p->kept);
    free(p);
}
