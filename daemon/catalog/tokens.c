#include "daemon/catalog/tokens.h"
#include "daemon/catalog/tokens_json.h"
#include "daemon/catalog/tokens_scan.h"
#include "lib/base/picture.h"
#include <string.h>
#include <strings.h>

#define MILLI TOKENS_MILLI /* coefficients are thousandths of a token */

enum {
    COLUMN_CL100K,
    COLUMN_O200K,
    COLUMN_CLAUDE,
    COLUMN_GEMINI,
    COLUMN_DEEPSEEK,
    COLUMN_QWEN,
    COLUMN_LLAMA,
    COLUMN_MISTRAL,
    COLUMN_COUNT
};

static const int16_t coefficients[FEATURE_COUNT][COLUMN_COUNT] = {
#define X(feature, ...) [feature] = {__VA_ARGS__},
    TOKEN_FEATURE_MAP(X)
#undef X
};

/* A picture is shrunk until it fits, and paid by the tile. */
struct picture_rule {
    uint32_t long_side, short_side; /* pixels it may have */
    uint32_t tile;                  /* pixels of a tile's side */
    int64_t each, base;             /* tokens */
};

/* What a question costs beside its text, in tokens. */
struct family {
    int column;
    int64_t base, message;           /* what the provider puts before all, and around each message */
    int64_t tools, tool, tool_milli; /* where there are any, for each, and for a thousand tokens of its JSON */
    int64_t call, result, reasoning; /* for each; where reasoning is asked for */
    int64_t schema, schema_milli;    /* as with tools */
    struct picture_rule picture;
    int64_t second; /* of sound */
};

static const struct family families[] = {
    /* column, base, message, tools, tool, tool_milli, call, result, reasoning, schema, schema_milli, picture, second */
    [TOKENS_GENERIC] = {COLUMN_O200K, 4, 3, 50, 10, 1000, 10, 10, 0, 10, 1000, {2048, 2048, 28, 1, 0}, 25},
    [TOKENS_CL100K] = {COLUMN_CL100K, 3, 4, 6, 3, 700, 6, 2, 0, 5, 900, {2048, 768, 512, 170, 85}, 10},
    [TOKENS_O200K] = {COLUMN_O200K, 3, 4, 10, 3, 500, 6, 2, 0, 5, 900, {2048, 768, 512, 170, 85}, 10},
    [TOKENS_CLAUDE] = {COLUMN_CLAUDE, 7, 1, 420, 40, 1600, 40, 35, 28, 85, 2000, {1568, 1568, 28, 1, 0}, 25},
    [TOKENS_GEMINI] = {COLUMN_GEMINI, 1, 0, 15, 5, 500, 13, 8, 0, 0, 500, {3072, 3072, 768, 258, 0}, 32},
    [TOKENS_DEEPSEEK] = {COLUMN_DEEPSEEK, 4, 1, 235, 20, 600, 40, 34, 75, 10, 1000, {2048, 2048, 28, 1, 0}, 25},
    [TOKENS_QWEN] = {COLUMN_QWEN, 7, 4, 87, 8, 1200, 10, 5, 0, 43, 2000, {2048, 2048, 28, 1, 0}, 25},
    [TOKENS_LLAMA] = {COLUMN_LLAMA, 6, 4, 120, 10, 1200, 10, 5, 0, 10, 1000, {2048, 2048, 336, 145, 0}, 25},
    [TOKENS_MISTRAL] = {COLUMN_MISTRAL, 3, 1, 5, 1, 1300, 5, 5, 0, 10, 1000, {1540, 1540, 28, 1, 0}, 13},
    [TOKENS_COHERE] = {COLUMN_O200K, 470, 10, 900, 30, 1000, 40, 40, 0, 60, 1000, {2048, 2048, 512, 256, 256}, 25},
    [TOKENS_GROK] = {COLUMN_O200K, 100, 2, 90, 10, 750, 25, 20, 0, 90, 1000, {1792, 1792, 448, 256, 256}, 25},
};

/* Of a picture that is named only, the size it is taken for. */
static const struct picture_size usual_picture = {1024, 1024};

enum {
    SOUND_WAVE = 48000,  /* bytes for a second of PCM */
    SOUND_OTHER = 16000, /* and of what is compressed */
    FILE_LEAST = 220,    /* tokens of a document; those by reference are taken for this many bytes */
    FILE_USUAL = 40000,
    FILE_BYTES = 30, /* for each token of one that is no text */
    JSON_MAX = 1 << 24,
};

/* The most of any family, in tokens: before all, around a message or a part, of a byte of text. */
enum { BEFORE_MOST = 640, AROUND_MOST = 64, BYTE_MOST = 3 };

static int64_t weigh(int column, const struct token_counts *c)
{
    int64_t milli = 0;

    for (int i = 0; i < FEATURE_COUNT; i++)
        milli += c->n[i] * coefficients[i][column];
    return milli;
}

static int64_t to_tokens(int64_t milli)
{
    return (milli + MILLI / 2) / MILLI;
}

int64_t tokens_of_text(enum token_family f, const char *text, size_t len)
{
    struct token_counts c = {.n = {0}};
    int64_t tokens;

    if (len == 0)
        return 0;
    tokens_scan(&c, text, len);
    tokens = to_tokens(weigh(families[f].column, &c));
    return tokens > 0 ? tokens : 1;
}

static uint32_t tiles(uint64_t side, uint32_t tile)
{
    return (uint32_t)((side + tile - 1) / tile);
}

static int64_t of_picture(const struct picture_rule *rule, const struct part *p)
{
    struct picture_size size = usual_picture;

    if (p->data)
        picture_size_read(p->data, p->data_len, &size);
    bool wide = size.width > size.height;
    uint64_t longer = wide ? size.width : size.height, shorter = wide ? size.height : size.width;
    if (longer > rule->long_side) {
        shorter = shorter * rule->long_side / longer;
        longer = rule->long_side;
    }
    if (shorter > rule->short_side) {
        longer = longer * rule->short_side / shorter;
        shorter = rule->short_side;
    }
    return rule->base + rule->each * tiles(longer, rule->tile) * tiles(shorter ? shorter : 1, rule->tile);
}

static bool mime_has(const struct part *p, const char *word)
{
    return p->mime && strcasestr(p->mime, word) != NULL;
}

static int64_t of_sound(const struct family *f, const struct part *p)
{
    size_t per_second = mime_has(p, "wav") || mime_has(p, "pcm") ? SOUND_WAVE : SOUND_OTHER;
    size_t bytes = p->data ? p->data_len : 60 * per_second;

    return ((int64_t)(bytes / per_second) + 1) * f->second;
}

static int64_t of_file(const struct part *p)
{
    int64_t tokens = (int64_t)(p->data ? p->data_len : FILE_USUAL) / FILE_BYTES;

    return tokens > FILE_LEAST ? tokens : FILE_LEAST;
}

/* What is counted of a question before its family is looked at, and the tokens that are known as such. */
struct sum {
    const struct family *family;
    struct token_counts text;
    int64_t tokens;
};

static void add_text(struct sum *s, const char *text, size_t len)
{
    if (len > 0)
        tokens_scan(&s->text, text, len);
}

static void add_string(struct sum *s, const char *string)
{
    if (string)
        add_text(s, string, strlen(string));
}

static void add_part(struct sum *s, const struct part *p)
{
    add_text(s, p->text, p->text_len);
    switch (p->kind) {
    case PART_IMAGE: s->tokens += of_picture(&s->family->picture, p); break;
    case PART_AUDIO: s->tokens += of_sound(s->family, p); break;
    case PART_FILE:
        if (part_is_text_file(p))
            add_text(s, (const char *)p->data, p->data_len);
        else
            s->tokens += of_file(p);
        break;
    case PART_TOOL_CALL:
        add_string(s, p->name);
        s->tokens += s->family->call;
        break;
    case PART_TOOL_RESULT: s->tokens += s->family->result; break;
    case PART_TEXT:
    case PART_REASONING: break;
    }
}

/* Thousandths of the tokens of a JSON text, which is cleared. */
static int64_t weigh_json(const struct family *f, struct buf *json)
{
    struct token_counts c = {.n = {0}};

    tokens_scan(&c, (const char *)json->data, json->len);
    buf_clear(json);
    return weigh(f->column, &c);
}

static void put_tool(struct buf *json, const struct tool *t)
{
    buf_printf(json, "{\"name\":\"%s\",\"description\":\"", t->name);
    buf_puts(json, t->description ? t->description : "");
    buf_puts(json, "\",\"parameters\":");
    if (t->parameters)
        tokens_json(json, t->parameters);
    buf_putc(json, '}');
}

static void add_tools(struct sum *s, const struct chat_request *r)
{
    const struct family *f = s->family;
    struct buf json;
    int64_t milli = 0;

    if (r->n_tools == 0)
        return;
    buf_init(&json, JSON_MAX);
    for (size_t i = 0; i < r->n_tools; i++) {
        put_tool(&json, &r->tools[i]);
        milli += weigh_json(f, &json);
    }
    buf_done(&json);
    s->tokens += f->tools + f->tool * (int64_t)r->n_tools + to_tokens(milli / MILLI * f->tool_milli);
}

static void add_schema(struct sum *s, const struct chat_request *r)
{
    const struct family *f = s->family;
    struct buf json;

    if (!r->schema)
        return;
    buf_init(&json, JSON_MAX);
    tokens_json(&json, r->schema);
    s->tokens += f->schema + to_tokens(weigh_json(f, &json) / MILLI * f->schema_milli);
    buf_done(&json);
}

int64_t tokens_milli_around(enum token_family f, const struct chat_request *r)
{
    const struct family *family = &families[f];
    struct sum s = {.family = family, .text = {.n = {0}}, .tokens = family->base};

    if (r->system) {
        add_string(&s, r->system);
        s.tokens += family->message;
    }
    if (r->reasoning != REASONING_DEFAULT && r->reasoning != REASONING_OFF)
        s.tokens += family->reasoning;
    add_tools(&s, r);
    add_schema(&s, r);
    return s.tokens * MILLI + weigh(family->column, &s.text);
}

int64_t tokens_milli_of_message(enum token_family f, const struct message *m)
{
    const struct family *family = &families[f];
    struct sum s = {.family = family, .text = {.n = {0}}, .tokens = family->message};

    for (size_t i = 0; i < m->n_parts; i++)
        add_part(&s, &m->parts[i]);
    return s.tokens * MILLI + weigh(family->column, &s.text);
}

int64_t tokens_of_request(enum token_family f, const struct chat_request *r)
{
    int64_t milli = tokens_milli_around(f, r);

    for (size_t i = 0; i < r->n_messages; i++)
        milli += tokens_milli_of_message(f, &r->messages[i]);
    return to_tokens(milli);
}

/* False: it is no text, and has to be looked at. */
static bool part_at_most(const struct part *p, int64_t *tokens)
{
    if (part_is_attachment(p))
        return false;
    *tokens += AROUND_MOST + (int64_t)(p->text_len + (p->name ? strlen(p->name) : 0)) * BYTE_MOST;
    return true;
}

int64_t tokens_at_most(const struct chat_request *r)
{
    int64_t tokens = BEFORE_MOST + (r->system ? (int64_t)strlen(r->system) * BYTE_MOST : 0);

    if (r->n_tools > 0 || r->schema)
        return INT64_MAX;
    for (size_t i = 0; i < r->n_messages; i++) {
        tokens += AROUND_MOST;
        for (size_t j = 0; j < r->messages[i].n_parts; j++)
            if (!part_at_most(&r->messages[i].parts[j], &tokens))
                return INT64_MAX;
    }
    return tokens;
}
