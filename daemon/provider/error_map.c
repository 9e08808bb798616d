#include "daemon/provider/error_map.h"
#include "daemon/provider/jsonx.h"
#include "daemon/provider/provider.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a body tells about its error; strings point into the JSON or the body, NULL where absent. */
struct reason {
    const char *text;
    size_t text_len;
    const char *detail;   /* what the provider behind the provider said */
    const char *names[3]; /* code, type, status, most telling first */
    const char *param;
    int number;         /* an HTTP status, 0 if none */
    double retry_after; /* seconds, -1 if none */
};

/* A name of several words ("Throttling.RateQuota") goes by the first, unless it has a row of its own. */
static const struct {
    const char *name;
    enum error_code code;
} names[] = {
    {"insufficient_quota", ERR_BUDGET_EXCEEDED},
    {"insufficient_balance", ERR_BUDGET_EXCEEDED},
    {"billing_hard_limit_reached", ERR_BUDGET_EXCEEDED},
    {"billing_not_active", ERR_BUDGET_EXCEEDED},
    {"billing_error", ERR_BUDGET_EXCEEDED},
    {"Arrearage", ERR_BUDGET_EXCEEDED},
    {"exceeded_current_quota_error", ERR_BUDGET_EXCEEDED},
    {"1113", ERR_BUDGET_EXCEEDED}, /* Zhipu's are numbers: https://docs.bigmodel.cn/cn/faq/api-code */
    {"1261", ERR_CONTEXT_LENGTH_EXCEEDED},
    {"1301", ERR_CONTENT_FILTERED},
    {"context_length_exceeded", ERR_CONTEXT_LENGTH_EXCEEDED},
    {"exceed_context_size_error", ERR_CONTEXT_LENGTH_EXCEEDED},
    {"content_filter", ERR_CONTENT_FILTERED},
    {"content_policy_violation", ERR_CONTENT_FILTERED},
    {"image_content_policy_violation", ERR_CONTENT_FILTERED},
    {"data_inspection_failed", ERR_CONTENT_FILTERED},
    {"DataInspectionFailed", ERR_CONTENT_FILTERED},
    {"invalid_api_key", ERR_UNAUTHENTICATED},
    {"InvalidApiKey", ERR_UNAUTHENTICATED},
    {"authentication_error", ERR_UNAUTHENTICATED},
    {"UNAUTHENTICATED", ERR_UNAUTHENTICATED},
    {"model_not_found", ERR_NOT_FOUND},
    {"ModelNotFound", ERR_NOT_FOUND},
    {"invalid_model", ERR_NOT_FOUND},
    {"not_found_error", ERR_NOT_FOUND},
    {"NOT_FOUND", ERR_NOT_FOUND},
    {"permission_error", ERR_PERMISSION_DENIED},
    {"PERMISSION_DENIED", ERR_PERMISSION_DENIED},
    {"AccessDenied", ERR_PERMISSION_DENIED},
    {"rate_limit_exceeded", ERR_RATE_LIMITED},
    {"rate_limit_error", ERR_RATE_LIMITED},
    {"RateLimitReached", ERR_RATE_LIMITED},
    {"Throttling", ERR_RATE_LIMITED},
    {"RESOURCE_EXHAUSTED", ERR_RATE_LIMITED},
    {"overloaded_error", ERR_OVERLOADED},
    {"engine_overloaded_error", ERR_OVERLOADED},
    {"server_overloaded", ERR_OVERLOADED},
    {"ModelServingError", ERR_OVERLOADED},
    {"InternalError.Algo.InvalidParameter", ERR_INVALID_REQUEST},
    {"InternalError.Algo.DataInspectionFailed", ERR_CONTENT_FILTERED},
    {"InternalError.Timeout", ERR_TIMEOUT},
    {"RequestTimeOut", ERR_TIMEOUT},
    {"timeout", ERR_TIMEOUT},
    {"timeout_error", ERR_TIMEOUT},
    {"DEADLINE_EXCEEDED", ERR_TIMEOUT},
    {"server_error", ERR_UNAVAILABLE},
    {"internal_server_error", ERR_UNAVAILABLE},
    {"internal_error", ERR_UNAVAILABLE},
    {"InternalError", ERR_UNAVAILABLE},
    {"service_unavailable", ERR_UNAVAILABLE},
    {"ServiceUnavailable", ERR_UNAVAILABLE},
    {"api_error", ERR_UNAVAILABLE},
    {"INTERNAL", ERR_UNAVAILABLE},
    {"UNAVAILABLE", ERR_UNAVAILABLE},
    {"request_too_large", ERR_TOO_LARGE},
    {"invalid_request_error", ERR_INVALID_REQUEST},
    {"invalid_prompt", ERR_INVALID_REQUEST},
    {"INVALID_ARGUMENT", ERR_INVALID_REQUEST},
    {"InvalidParameter", ERR_INVALID_REQUEST},
};

/* For those who say it in words alone. */
static const struct {
    const char *words;
    enum error_code code;
} phrases[] = {
    {"maximum context length", ERR_CONTEXT_LENGTH_EXCEEDED},
    {"context window", ERR_CONTEXT_LENGTH_EXCEEDED},
    {"context size", ERR_CONTEXT_LENGTH_EXCEEDED},
    {"exceeds the context length", ERR_CONTEXT_LENGTH_EXCEEDED},
    {"exceeds the maximum number of tokens", ERR_CONTEXT_LENGTH_EXCEEDED},
    {"total number of tokens in the prompt", ERR_CONTEXT_LENGTH_EXCEEDED},
    {"range of input length", ERR_CONTEXT_LENGTH_EXCEEDED},
    {"prompt is too long", ERR_CONTEXT_LENGTH_EXCEEDED},
    {"maximum prompt length", ERR_CONTEXT_LENGTH_EXCEEDED},
    {"exceed context limit", ERR_CONTEXT_LENGTH_EXCEEDED},
    {"exceeded model token limit", ERR_CONTEXT_LENGTH_EXCEEDED},
    {"`inputs` tokens + `max_new_tokens` must be <=", ERR_CONTEXT_LENGTH_EXCEEDED},
    {"content filtering policy", ERR_CONTENT_FILTERED},
    {"violating our usage policy", ERR_CONTENT_FILTERED},
    {"API key not valid", ERR_UNAUTHENTICATED},
    {"API key expired", ERR_UNAUTHENTICATED},
    {"incorrect API key", ERR_UNAUTHENTICATED},
    {"invalid API key", ERR_UNAUTHENTICATED},
    {"insufficient balance", ERR_BUDGET_EXCEEDED},
    {"insufficient credit", ERR_BUDGET_EXCEEDED},
    {"credit balance", ERR_BUDGET_EXCEEDED},
    {"any credits", ERR_BUDGET_EXCEEDED},
    {"credits are depleted", ERR_BUDGET_EXCEEDED},
};

/* ------------------------------------------------------------------------------------------------ codes */

static enum error_code code_by_status(int status)
{
    switch (status) {
    case 401: return ERR_UNAUTHENTICATED;
    case 402: return ERR_BUDGET_EXCEEDED;
    case 403: return ERR_PERMISSION_DENIED;
    case 404: return ERR_NOT_FOUND;
    case 408: return ERR_TIMEOUT;
    case 409: return ERR_UNAVAILABLE;
    case 413: return ERR_TOO_LARGE;
    case 429: return ERR_RATE_LIMITED;
    case 503:
    case 529: return ERR_OVERLOADED;
    default: break;
    }
    if (status >= 500)
        return ERR_UNAVAILABLE;
    return status >= 400 ? ERR_INVALID_REQUEST : ERR_BAD_RESPONSE;
}

/* Told is the name, or begins with it and a dot. */
static bool is_name(const char *told, const char *name)
{
    size_t len = strlen(name);

    return strncasecmp(told, name, len) == 0 && (told[len] == '\0' || told[len] == '.');
}

static enum error_code code_by_name(const struct reason *r)
{
    for (size_t i = 0; i < sizeof r->names / sizeof *r->names; i++) {
        for (size_t j = 0; r->names[i] && j < sizeof names / sizeof *names; j++) {
            if (is_name(r->names[i], names[j].name))
                return names[j].code;
        }
    }
    return ERR_NONE;
}

static bool contains(const char *text, size_t len, const char *words)
{
    size_t n = strlen(words);

    for (size_t i = 0; i + n <= len; i++) {
        if (strncasecmp(text + i, words, n) == 0)
            return true;
    }
    return false;
}

static enum error_code code_by_words(const struct reason *r)
{
    for (size_t i = 0; r->text && i < sizeof phrases / sizeof *phrases; i++) {
        if (contains(r->text, r->text_len, phrases[i].words))
            return phrases[i].code;
    }
    return ERR_NONE;
}

/* What the body tells counts only where the status leaves room for it. */
static bool may_refine(int status, enum error_code told)
{
    bool credit = told == ERR_BUDGET_EXCEEDED;

    switch (status) {
    case 400:
    case 422:
        return credit || told == ERR_CONTEXT_LENGTH_EXCEEDED || told == ERR_CONTENT_FILTERED ||
               told == ERR_UNAUTHENTICATED || told == ERR_NOT_FOUND;
    case 403: return credit || told == ERR_UNAUTHENTICATED;
    case 413: return told == ERR_CONTEXT_LENGTH_EXCEEDED;
    case 429: return credit;
    default: return status >= 500 && told == ERR_OVERLOADED;
    }
}

static enum error_code code_of(int status, const struct reason *r)
{
    enum error_code by_name = code_by_name(r), by_words = code_by_words(r);

    if (may_refine(status, by_name))
        return by_name;
    return may_refine(status, by_words) ? by_words : code_by_status(status);
}

/* ------------------------------------------------------------------------------------------------ reading */

static bool is_status(int64_t n)
{
    return n >= 400 && n <= 599;
}

/* A number, or a string that is one. */
static int number_in(const json_t *obj, const char *key)
{
    int64_t n;

    if (!jsonx_integer(obj, key, &n)) {
        const char *s = jsonx_string(obj, key, NULL);
        char *end;
        n = s ? strtol(s, &end, 10) : 0;
        if (!s || *end != '\0')
            return 0;
    }
    return is_status(n) ? (int)n : 0;
}

/* A text, the first of a list of texts, or that of a list of {msg}. */
static void read_text(struct reason *r, const json_t *obj, const char *key)
{
    const json_t *told = jsonx_get(obj, key), *first = json_array_get(told, 0);

    if (json_is_array(told))
        told = json_is_object(first) ? jsonx_get(first, "msg") : first;
    if (r->text || !json_is_string(told))
        return;
    r->text = json_string_value(told);
    r->text_len = json_string_length(told);
}

/* Gemini says in the body when to come again: "34.4s". */
static void read_delay(struct reason *r, const json_t *obj)
{
    size_t i;
    json_t *detail;

    json_array_foreach(json_object_get(obj, "details"), i, detail)
    {
        const char *delay = jsonx_string(detail, "retryDelay", NULL);
        char *end;
        double seconds = delay && isdigit((unsigned char)*delay) ? strtod(delay, &end) : -1;
        if (seconds >= 0 && strcmp(end, "s") == 0)
            r->retry_after = seconds;
    }
}

/* The object that holds message, code and type. */
static void read_fields(struct reason *r, const json_t *obj)
{
    static const char *const keys[] = {"code", "type", "status"}, *const numbers[] = {"status_code", "code", "status"};

    read_text(r, obj, "message");
    read_text(r, obj, "error");
    read_text(r, obj, "detail");
    read_text(r, jsonx_object(obj, "message"), "detail"); /* Mistral's, of a body that does not fit */
    r->param = jsonx_string(obj, "param", NULL);
    r->detail = jsonx_string(json_object_get(obj, "metadata"), "raw", NULL);
    for (size_t i = 0; i < 3; i++) {
        r->names[i] = jsonx_string(obj, keys[i], NULL);
        if (r->number == 0)
            r->number = number_in(obj, numbers[i]);
    }
    read_delay(r, obj);
}

static struct reason read_reason(const json_t *root)
{
    struct reason r = {.retry_after = -1};

    if (json_is_array(root))
        root = json_array_get(root, 0);
    if (json_is_string(root)) {
        r.text = json_string_value(root);
        r.text_len = json_string_length(root);
        return r;
    }
    const json_t *inner = jsonx_object(root, "error");
    read_fields(&r, inner ? inner : root);
    return r;
}

/* ------------------------------------------------------------------------------------------------ telling */

static bool token_char(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '*' || c == '.' || c == '+' || c == '/' ||
           c == '=';
}

/* A word that begins like the keys of one of the providers, or is as long and mixed as keys are; but what begins like
 * the id of a message or a call is one, and tells what the error is about. */
static bool looks_like_key(const char *word, size_t len, bool after_bearer)
{
    static const char *const prefixes[] = {"sk-", "sk_", "rk-", "pk-", "gsk_", "xai-", "AIza", "hf_", "pplx-", "csk-"};
    static const char *const ids[] = {"rs_", "msg_", "resp_", "req_", "fc_", "call_", "toolu_", "chatcmpl-", "gen-"};
    size_t run = 0, longest = 0;
    bool digit = false;

    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if (len > strlen(prefixes[i]) + 3 && strncmp(word, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    }
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        if (len > strlen(ids[i]) && strncmp(word, ids[i], strlen(ids[i])) == 0)
            return after_bearer;
    }
    for (size_t i = 0; i < len; i++) {
        run = isalnum((unsigned char)word[i]) ? run + 1 : 0;
        longest = run > longest ? run : longest;
        digit |= isdigit((unsigned char)word[i]) != 0;
    }
    return (longest >= 24 && digit) || (after_bearer && len >= 8);
}

/* Copies the text with every word that could be a key replaced. */
static void mask(struct buf *out, const char *text, size_t len)
{
    const char *end = text + len;
    bool bearer = false;

    while (text < end) {
        const char *word = text;
        while (text < end && token_char(*text))
            text++;
        size_t n = (size_t)(text - word);
        if (looks_like_key(word, n, bearer))
            buf_puts(out, "[key]");
        else
            buf_append(out, word, n);
        if (n > 0)
            bearer = n == 6 && strncasecmp(word, "bearer", 6) == 0;
        if (text < end)
            buf_putc(out, *text++);
    }
}

#define TEXT_MAX 2048 /* bytes of a reason that are looked at; a struct error holds fewer */

static size_t cut(size_t len)
{
    return len < TEXT_MAX ? len : TEXT_MAX;
}

static enum error_code tell(struct error *err, enum error_code code, int status, const struct reason *r)
{
    struct buf text;

    buf_init(&text, 4 * TEXT_MAX);
    if (r->text)
        mask(&text, r->text, cut(r->text_len));
    if (r->detail) {
        buf_puts(&text, ": ");
        mask(&text, r->detail, cut(strlen(r->detail)));
    }
    const char *said = text.len > 0 ? buf_cstr(&text) : "it gave no reason";
    if (status > 0)
        error_set(err, code, "the provider answered %d: %s", status, said);
    else
        error_set(err, code, "the provider reported an error: %s", said);
    if (err) {
        err->status = status;
        err->retry_after = r->retry_after;
        if (r->param)
            error_text(err->param, sizeof err->param, r->param, strlen(r->param));
    }
    buf_done(&text);
    return code;
}

enum error_code error_map_inside(const json_t *root, struct error *err)
{
    struct reason r = read_reason(root);
    enum error_code by_name = code_by_name(&r);

    if (r.number > 0)
        return tell(err, code_of(r.number, &r), r.number, &r);
    return tell(err, by_name == ERR_NONE ? ERR_BAD_RESPONSE : by_name, 0, &r);
}

/* A body that is no JSON: its text, unless it is a page for people. */
static struct reason read_plain(const uint8_t *body, size_t len)
{
    struct reason r = {.text = (const char *)body, .text_len = len, .retry_after = -1};

    while (r.text_len > 0 && isspace((unsigned char)*r.text)) {
        r.text++;
        r.text_len--;
    }
    while (r.text_len > 0 && isspace((unsigned char)r.text[r.text_len - 1]))
        r.text_len--;
    if (r.text_len > 0 && *r.text == '<') {
        r.text = "a web page instead of a reason";
        r.text_len = strlen(r.text);
    }
    return r;
}

enum error_code provider_map_error(const struct response_head *head, const uint8_t *body, size_t len, struct error *err)
{
    enum jsonx_fault fault;
    json_t *root = jsonx_parse((const char *)body, len, &fault);
    struct reason r = root ? read_reason(root) : read_plain(body, len);
    enum error_code code = tell(err, code_of(head->status, &r), head->status, &r);

    if (err && head->retry_after >= 0)
        err->retry_after = head->retry_after;
    json_decref(root);
    return code;
}
