#include "daemon/cache/key.h"
#include "lib/base/alloc.h"
#include "lib/base/exchange.h"
#include "lib/base/grow.h"
#include "lib/proto/mp.h"
#include <ctype.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* Of the form. Whoever changes what is hashed for a question that could be asked before gives it the next number: what
 * was kept under the older form is then not found again, instead of found for something else. */
#define FORM 1

/* Longer strings go to the digest from where they are, shorter ones are gathered first: a call of the digest costs more
 * than copying 100 bytes, and less than copying 4096. */
#define GATHER_MAX 4096
/* What a schema may take on its way through the buffer; value.c bounds one by half of it. */
#define FORM_MAX (256u << 20)
/* The buffer gives its memory back beyond this. */
#define FORM_KEPT (256u << 10)

struct key_maker {
    EVP_MD *md;
    EVP_MD_CTX *question; /* of the form up to the target; of this a copy is made for each target */
    EVP_MD_CTX *target;   /* the copy */
    EVP_MD_CTX *data;     /* of one attachment */
    EVP_MD_CTX *into;     /* which of them the form goes to */
    struct buf form;      /* what it has not been given yet */
    bool failed;          /* there was no memory for a piece of the form */
};

/* The digest */

/* These calls fail only where there is no memory for a few bytes. A key that is not the question's would be answered
 * with somebody else's answer, so there is no going on. */
static void must(int done)
{
    if (done != 1)
        abort();
}

static void digest_begin(const struct key_maker *m, EVP_MD_CTX *ctx)
{
    must(EVP_DigestInit_ex(ctx, m->md, NULL));
}

static void digest_end(EVP_MD_CTX *ctx, uint8_t hash[KEY_LEN])
{
    must(EVP_DigestFinal_ex(ctx, hash, NULL));
}

/* Gives the digest what has been gathered. */
static void flush(struct key_maker *m)
{
    m->failed |= m->form.failed;
    must(EVP_DigestUpdate(m->into, m->form.data, m->form.len));
    if (m->form.cap > FORM_KEPT)
        buf_done(&m->form);
    else
        buf_clear(&m->form);
}

struct key_maker *key_maker_new(void)
{
    struct key_maker *m = NEW(struct key_maker);

    buf_init(&m->form, FORM_MAX);
    return m;
}

/* With the first question: a daemon that waits for one does without the megabytes that libcrypto takes. */
static void take_digest(struct key_maker *m)
{
    if (m->md)
        return;
    m->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    m->question = EVP_MD_CTX_new();
    m->target = EVP_MD_CTX_new();
    m->data = EVP_MD_CTX_new();
    must(m->md && m->question && m->target && m->data);
}

struct key_maker *key_maker_free(struct key_maker *m)
{
    if (!m)
        return NULL;
    EVP_MD_CTX_free(m->question);
    EVP_MD_CTX_free(m->target);
    EVP_MD_CTX_free(m->data);
    EVP_MD_free(m->md);
    buf_done(&m->form);
    free(m);
    return NULL;
}

/* Pieces of the form. What they are of is a pointer, so that a map can be told as a table. */

static void put_text(struct key_maker *m, const void *text, size_t len)
{
    if (len < GATHER_MAX) {
        mp_put_str(&m->form, text, len);
        return;
    }
    mp_put_str_head(&m->form, len);
    flush(m);
    must(EVP_DigestUpdate(m->into, text, len));
}

static void put_string(struct key_maker *m, const void *s, size_t unused)
{
    (void)unused;
    put_text(m, s, strlen(s));
}

static void put_int(struct key_maker *m, const void *n, size_t unused)
{
    (void)unused;
    mp_put_int(&m->form, *(const int64_t *)n);
}

/* An integral one as an integer: as a client told it, 1 and 1.0 are the same. */
static void put_number(struct key_maker *m, const void *number, size_t unused)
{
    double d = *(const double *)number;

    (void)unused;
    if (d >= -0x1p63 && d < 0x1p63 && d == (double)(int64_t)d)
        mp_put_int(&m->form, (int64_t)d);
    else
        mp_put_double(&m->form, d);
}

static void put_true(struct key_maker *m, const void *unused, size_t unused_len)
{
    (void)unused, (void)unused_len;
    mp_put_bool(&m->form, true);
}

static void put_value(struct key_maker *m, const void *value, size_t unused)
{
    size_t len;
    const uint8_t *bytes = value_bytes(value, &len);

    (void)unused;
    buf_append(&m->form, bytes, len);
}

/* What reaches a provider has its keys as they were told, and a model answers a schema's properties in their order:
 * with the reason before the verdict it answers otherwise than with the verdict first. So their order is part of the
 * question. Any other order is not: clients whose maps have none would never ask the same twice. */
static void put_asked(struct key_maker *m, const void *value, size_t unused)
{
    (void)unused;
    if (!value_put_asked(value, &m->form))
        m->failed = true;
}

static void put_hash(struct key_maker *m, const void *data, size_t len)
{
    uint8_t hash[KEY_LEN];

    digest_begin(m, m->data);
    must(EVP_DigestUpdate(m->data, data, len));
    digest_end(m->data, hash);
    mp_put_bin(&m->form, hash, sizeof(hash));
}

_Static_assert(KEY_LEN == PART_HASH_LEN, "both are SHA-256");

/* The data of a part, by a hash that may be known already. */
static void put_data(struct key_maker *m, const void *of, size_t unused)
{
    const struct part *p = of;

    (void)unused;
    if (p->hashed)
        mp_put_bin(&m->form, p->hash, sizeof(p->hash));
    else
        put_hash(m, p->data, p->data_len);
}

/* Maps: their entries in the order of their keys' bytes. One that is of nothing is absent. */

struct entry {
    const char *key;
    void (*put)(struct key_maker *m, const void *of, size_t len);
    const void *of;
    size_t len; /* where the piece has one */
};

static void put_entries(struct key_maker *m, const struct entry *entries, size_t n)
{
    uint32_t there = 0;

    for (size_t i = 0; i < n; i++)
        there += entries[i].of != NULL;
    mp_put_map(&m->form, there);
    for (size_t i = 0; i < n; i++) {
        if (!entries[i].of)
            continue;
        mp_put_cstr(&m->form, entries[i].key);
        entries[i].put(m, entries[i].of, entries[i].len);
    }
}

#define PUT_MAP(m, entries) put_entries(m, entries, sizeof(entries) / sizeof((entries)[0]))

static void put_part(struct key_maker *m, const struct part *p)
{
    const struct entry entries[] = {
        {"data", put_data, p->data ? p : NULL, 0},
        {"id", put_string, p->id, 0},
        {"is_error", put_true, p->is_error ? p : NULL, 0},
        {"mime", put_string, p->mime, 0},
        {"name", put_string, p->name, 0},
        {"opaque", put_value, p->opaque, 0},
        {"signature", put_string, p->signature, 0},
        {"text", put_text, p->text, p->text_len},
        {"type", put_string, part_kind_name(p->kind), 0},
    };

    PUT_MAP(m, entries);
}

static void put_content(struct key_maker *m, const void *parts, size_t n)
{
    const struct part *p = parts;

    mp_put_array(&m->form, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        put_part(m, &p[i]);
}

static void put_messages(struct key_maker *m, const void *messages, size_t n)
{
    const struct message *message = messages;

    mp_put_array(&m->form, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        /* Without parts it still has content: none. */
        const void *parts = message[i].parts ? (const void *)message[i].parts : "";
        const struct entry entries[] = {
            {"content", put_content, parts, message[i].n_parts},
            {"role", put_string, role_name(message[i].role), 0},
        };

        PUT_MAP(m, entries);
    }
}

static void put_tools(struct key_maker *m, const void *tools, size_t n)
{
    const struct tool *tool = tools;

    mp_put_array(&m->form, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        const struct entry entries[] = {
            {"description", put_string, tool[i].description, 0},
            {"name", put_string, tool[i].name, 0},
            {"parameters", put_asked, tool[i].parameters, 0},
        };

        PUT_MAP(m, entries);
    }
}

static void put_strings(struct key_maker *m, const void *strings, size_t n)
{
    char *const *s = strings;

    mp_put_array(&m->form, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        put_string(m, s[i], 0);
}

/* A word, or of a tool that must be called {name}: a tool may be named as a word is. */
static void put_tool_choice(struct key_maker *m, const void *request, size_t unused)
{
    static const char *const words[] = {
        [TOOL_CHOICE_AUTO] = "auto", [TOOL_CHOICE_NONE] = "none", [TOOL_CHOICE_REQUIRED] = "required"};
    const struct chat_request *r = request;
    const struct entry named[] = {{"name", put_string, r->tool_choice_name, 0}};

    (void)unused;
    if (r->tool_choice == TOOL_CHOICE_NAMED)
        PUT_MAP(m, named);
    else
        mp_put_cstr(&m->form, words[r->tool_choice]);
}

/* A word or a number of tokens. */
static void put_reasoning(struct key_maker *m, const void *request, size_t unused)
{
    static const char *const words[] = {
        [REASONING_OFF] = "off", [REASONING_LOW] = "low", [REASONING_MEDIUM] = "medium", [REASONING_HIGH] = "high"};
    const struct chat_request *r = request;

    (void)unused;
    if (r->reasoning == REASONING_BUDGET)
        mp_put_int(&m->form, r->reasoning_budget);
    else
        mp_put_cstr(&m->form, words[r->reasoning]);
}

/* The messages tell what stands around it, but not where it is: the text itself may hold the marks that they put there.
 */
static void put_gap(struct key_maker *m, const void *gap, size_t unused)
{
    (void)unused;
    mp_put_uint(&m->form, ((const struct chat_gap *)gap)->prefix_len);
}

/* The question */

/* The form is an array of its number, the question and the target. */
static void begin(struct key_maker *m)
{
    take_digest(m);
    m->failed = false;
    m->into = m->question;
    digest_begin(m, m->question);
    mp_put_array(&m->form, 3);
    mp_put_int(&m->form, FORM);
}

/* Data that only the provider reads may be another tomorrow. */
static bool names_data(const struct chat_request *r)
{
    for (size_t i = 0; i < r->n_messages; i++)
        for (size_t k = 0; k < r->messages[i].n_parts; k++)
            if (r->messages[i].parts[k].url && !r->messages[i].parts[k].data)
                return true;
    return false;
}

bool key_question(struct key_maker *m, const char *scope, const struct chat_request *req)
{
    const struct entry entries[] = {
        {"extra", put_asked, req->extra, 0},
        {"gap", put_gap, req->gap, 0},
        {"max_tokens", put_int, req->has_max_tokens ? &req->max_tokens : NULL, 0},
        {"messages", put_messages, req->messages, req->n_messages},
        {"reasoning", put_reasoning, req->reasoning != REASONING_DEFAULT ? req : NULL, 0},
        {"schema", put_asked, req->schema, 0},
        {"scope", put_string, scope, 0},
        {"seed", put_int, req->has_seed ? &req->seed : NULL, 0},
        {"stop", put_strings, req->n_stop > 0 ? req->stop : NULL, req->n_stop},
        {"system", put_string, req->system, 0},
        {"temperature", put_number, req->has_temperature ? &req->temperature : NULL, 0},
        {"tool_choice", put_tool_choice, req->tool_choice != TOOL_CHOICE_DEFAULT ? req : NULL, 0},
        {"tools", put_tools, req->n_tools > 0 ? req->tools : NULL, req->n_tools},
        {"top_p", put_number, req->has_top_p ? &req->top_p : NULL, 0},
    };

    if (names_data(req))
        return false;
    begin(m);
    PUT_MAP(m, entries);
    flush(m);
    return !m->failed;
}

void key_text(struct key_maker *m, const char *scope, const char *text, size_t len)
{
    const struct entry entries[] = {
        {"scope", put_string, scope, 0},
        {"text", put_text, len > 0 ? text : "", len},
    };

    begin(m);
    PUT_MAP(m, entries);
    flush(m);
}

/* The target */

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "Name: value" with the name in small letters and nothing around the value. */
static char *header_line(const char *told)
{
    size_t name = strcspn(told, ":");
    const char *value = told + name + strspn(told + name, ": \t");
    size_t len = strlen(value);

    while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
        len--;

    char *line = xasprintf("%.*s: %.*s", (int)name, told, (int)len, value);
    for (size_t i = 0; i < name; i++)
        line[i] = (char)tolower((unsigned char)line[i]);
    return line;
}

/* Those that are told to every asker alike, sorted. Owned array of owned lines, NULL where there are none. */
static char **header_lines(const char *const *told, size_t *n)
{
    char **lines = NULL;

    *n = 0;
    for (size_t i = 0; told && told[i]; i++) {
        if (exchange_header_is_secret(told[i]))
            continue;
        lines = grow_one(lines, *n, sizeof(*lines));
        lines[(*n)++] = header_line(told[i]);
    }
    if (lines)
        qsort(lines, *n, sizeof(*lines), compare_lines);
    return lines;
}

void key_for(struct key_maker *m, const struct key_target *target, struct cache_key *ret)
{
    size_t n_headers;
    char **headers = header_lines(target->headers, &n_headers);
    const struct entry entries[] = {
        {"api", put_string, target->api, 0},         {"base_url", put_string, target->base_url, 0},
        {"dialect", put_string, target->dialect, 0}, {"headers", put_strings, headers, n_headers},
        {"model", put_string, target->model, 0},     {"provider", put_string, target->provider, 0},
    };

    must(EVP_MD_CTX_copy_ex(m->target, m->question));
    m->into = m->target;
    PUT_MAP(m, entries);
    flush(m);
    digest_end(m->target, ret->bytes);
    for (size_t i = 0; i < n_headers; i++)
        free(headers[i]);
    free(headers);
}

/* Keys */

/* An array of two, so that it is no question's form. What was hashed last stays as it is. */
void key_join(struct key_maker *m, const struct cache_key *keys, size_t n, struct cache_key *ret)
{
    take_digest(m);
    digest_begin(m, m->target);
    m->into = m->target;
    mp_put_array(&m->form, 2);
    mp_put_int(&m->form, FORM);
    mp_put_array(&m->form, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        mp_put_bin(&m->form, keys[i].bytes, KEY_LEN);
    flush(m);
    digest_end(m->target, ret->bytes);
}

void key_hex(const struct cache_key *key, char hex[KEY_HEX + 1])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < KEY_LEN; i++) {
        hex[2 * i] = digits[key->bytes[i] >> 4];
        hex[2 * i + 1] = digits[key->bytes[i] & 15];
    }
    hex[KEY_HEX] = '\0';
}

/* One more than a digit's value, 0 for what is none. A table, since what comes next cannot be guessed. */
static const uint8_t digit_values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

bool key_from_hex(const char *hex, size_t len, struct cache_key *ret)
{
    if (len != KEY_HEX)
        return false;
    for (size_t i = 0; i < KEY_LEN; i++) {
        unsigned high = digit_values[(uint8_t)hex[2 * i]], low = digit_values[(uint8_t)hex[2 * i + 1]];

        if (high == 0 || low == 0)
            return false;
        ret->bytes[i] = (uint8_t)((high - 1) << 4 | (low - 1));
    }
    return true;
}

bool key_equal(const struct cache_key *a, const struct cache_key *b)
{
    return memcmp(a->bytes, b->bytes, KEY_LEN) == 0;
}
