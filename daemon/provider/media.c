#include "daemon/provider/media.h"
#include "daemon/provider/openai_dialects.h"
#include "lib/base/alloc.h"
#include "lib/base/picture.h"
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define IMAGE MODALITY_IMAGE
#define AUDIO MODALITY_AUDIO
#define FILE_ MODALITY_FILE
#define MB 1000000u
#define MIB (1u << 20)

static const char *const web_images[] = {"image/png", "image/jpeg", "image/gif", "image/webp", NULL};
static const char *const pdf[] = {"application/pdf", NULL};
static const char *const gemini_files[] = {"application/pdf", "video/*", NULL};
/* Of its own store, and what it fetches itself. */
static const char *const gemini_urls[] = {"gs://*", "https://*", NULL};

struct row {
    const char *api, *dialect; /* dialect NULL: any that has no row of its own */
    unsigned takes, by_url;  /* of enum modality; by value, as those dialects' own rows say where there are dialects */
    const char *const *urls; /* patterns of the addresses that it takes; NULL: any */
    const char *const *images, *const *files; /* MIME types; NULL: it is for the provider to say */
    size_t image_max;                         /* bytes of a picture in base64; 0: not told, likewise below */
    size_t n_images;
    uint32_t side; /* pixels */
    uint64_t pixels;
    size_t all_max; /* bytes of all in base64 together */
};

/* anthropic: https://docs.anthropic.com/en/docs/vision and /pdf-support. openai: https://platform.openai.com/docs/
 * guides/images-vision. groq: https://console.groq.com/docs/vision. mistral: https://docs.mistral.ai/capabilities/
 * vision. moonshot: https://platform.moonshot.ai/docs/guide/use-kimi-vision-model (no addresses). Local servers fetch
 * nothing, or only where that was allowed when they were started. */
#define ROW(name, what, value, address) .api = (name), .dialect = (what), .takes = (value), .by_url = (address)
static const struct row rows[] = {
    {ROW("anthropic", NULL, IMAGE | FILE_, IMAGE | FILE_), .images = web_images, .files = pdf, .image_max = 5 * MIB,
     .n_images = 100, .side = 8000, .all_max = 32 * MB},
    {ROW("gemini", NULL, IMAGE | AUDIO | FILE_, IMAGE | AUDIO | FILE_), .urls = gemini_urls, .files = gemini_files},
    {ROW("openai-responses", NULL, IMAGE | FILE_, IMAGE | FILE_), .images = web_images, .n_images = 500,
     .all_max = 50 * MB},
    {ROW("openai-chat", "openai", 0, IMAGE), .images = web_images, .files = pdf, .n_images = 500, .all_max = 50 * MB},
    {ROW("openai-chat", "groq", 0, IMAGE), .n_images = 5, .pixels = 33177600, .all_max = 4 * MB},
    {ROW("openai-chat", "mistral", 0, IMAGE | FILE_), .files = pdf, .image_max = 10 * MB / 3 * 4, .n_images = 8},
    {ROW("openai-chat", "openrouter", 0, IMAGE), .files = pdf},
    {ROW("openai-chat", "moonshot", 0, 0)},
    {ROW("openai-chat", "llama.cpp", 0, 0)},
    {ROW("openai-chat", "lm-studio", 0, 0)},
    {ROW("openai-chat", "fastchat", 0, 0)},
    {ROW("openai-chat", "gemini", 0, 0)},
    {ROW("openai-chat", "ollama", 0, 0)},
    {ROW("openai-chat", NULL, 0, IMAGE)},
    {ROW("ollama", NULL, IMAGE, 0)},
    {ROW("cohere", NULL, IMAGE, IMAGE)},
    {ROW("dashscope", NULL, IMAGE | AUDIO, IMAGE)},
};

static const struct row *row_of(const struct provider_target *t, const struct provider_ops *ops)
{
    static const struct row none;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        bool fits = !r->dialect || (t->dialect && strcmp(r->dialect, t->dialect) == 0);
        if (strcmp(r->api, ops->api) == 0 && fits)
            return r;
    }
    return &none;
}

static unsigned modality_of(const struct part *p)
{
    switch (p->kind) {
    case PART_IMAGE: return IMAGE;
    case PART_AUDIO: return AUDIO;
    case PART_FILE: return FILE_;
    default: return 0;
    }
}

static unsigned taken(const struct row *row, const struct provider_target *t, const struct provider_ops *ops)
{
    const struct openai_dialect *d = ops->dialects ? openai_dialect_find(t->dialect) : NULL;
    if (!d || row->takes)
        return row->takes;
    return (d->images ? IMAGE : 0) | (d->audio != OPENAI_AUDIO_NONE ? AUDIO : 0) |
           (d->file != OPENAI_FILE_NONE ? FILE_ : 0);
}

static bool is_among(const char *const *patterns, const char *text)
{
    for (size_t i = 0; patterns && text && patterns[i]; i++)
        if (fnmatch(patterns[i], text, FNM_CASEFOLD) == 0)
            return true;
    return !patterns || !text;
}

bool media_takes(const struct provider_target *t, const struct provider_ops *ops, const struct part *p, bool by_url)
{
    const struct row *row = row_of(t, ops);
    unsigned modality = modality_of(p);
    if (!by_url && part_is_text_file(p))
        return true;
    if (!(modality & taken(row, t, ops)))
        return false;
    if (by_url && (!(modality & row->by_url) || !is_among(row->urls, p->url)))
        return false;
    return is_among(modality == IMAGE ? row->images : modality == FILE_ ? row->files : NULL, p->mime);
}

/* -- limits -- */

struct sum {
    size_t images, all; /* pictures; bytes in base64 */
};

static enum error_code too_large(struct error *err, const char *name, const char *what, size_t is, size_t may)
{
    return error_set(err, ERR_TOO_LARGE, "%s: %zu %s, and this provider takes at most %zu", name, is, what, may);
}

static enum error_code check_image(const struct row *row, const struct part *p, struct error *err)
{
    const char *name = p->name ? p->name : "a picture";
    struct picture_size size = {0};
    size_t encoded = part_base64_len(p);
    if (row->image_max && encoded > row->image_max)
        return too_large(err, name, "bytes in base64", encoded, row->image_max);
    if (!p->data || !picture_size_read(p->data, p->data_len, &size))
        return ERR_NONE;
    uint32_t side = size.width > size.height ? size.width : size.height;
    if (row->side && side > row->side)
        return too_large(err, name, "pixels at its longer side", side, row->side);
    uint64_t pixels = (uint64_t)size.width * size.height;
    if (row->pixels && pixels > row->pixels)
        return too_large(err, name, "pixels", (size_t)pixels, (size_t)row->pixels);
    return ERR_NONE;
}

static enum error_code add(const struct row *row, const struct part *p, struct sum *sum, struct error *err)
{
    unsigned modality = modality_of(p);
    if (!modality || part_is_text_file(p))
        return ERR_NONE;
    sum->images += modality == IMAGE;
    sum->all += part_base64_len(p);
    return modality == IMAGE ? check_image(row, p, err) : ERR_NONE;
}

enum error_code media_check(const struct provider_target *t, const struct provider_ops *ops,
                            const struct chat_request *r, struct error *err)
{
    const struct row *row = row_of(t, ops);
    struct sum sum = {0};
    for (size_t m = 0; m < r->n_messages; m++) {
        for (size_t i = 0; i < r->messages[m].n_parts; i++) {
            enum error_code code = add(row, &r->messages[m].parts[i], &sum, err);
            if (code != ERR_NONE)
                return code;
        }
    }
    if (row->n_images && sum.images > row->n_images)
        return too_large(err, "the question and what was said before", "pictures", sum.images, row->n_images);
    if (row->all_max && sum.all > row->all_max)
        return too_large(err, "all attachments", "bytes in base64", sum.all, row->all_max);
    return ERR_NONE;
}

/* -- text files as texts -- */

bool media_has_text_file(const struct chat_request *r)
{
    for (size_t m = 0; m < r->n_messages; m++)
        for (size_t i = 0; i < r->messages[m].n_parts; i++)
            if (part_is_text_file(&r->messages[m].parts[i]))
                return true;
    return false;
}

/* The longest run of marks in a text, which the fence around it has to be longer than. */
static size_t longest_run(const uint8_t *data, size_t len)
{
    size_t longest = 0, run = 0;
    for (size_t i = 0; i < len; i++) {
        run = data[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static void put_fence(struct buf *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_putc(b, '`');
}

/* The name is the user's, or whoever named the file for him: it stays on its line and within its quotes. */
static void put_name(struct buf *b, const char *name)
{
    buf_puts(b, "File \"");
    for (const char *at = name; *at; at++)
        buf_putc(b, *at == '"' || *at == '`' || (unsigned char)*at < 0x20 ? '_' : *at);
    buf_puts(b, "\":\n");
}

static bool fence(struct part *to, const struct part *from, size_t max)
{
    struct buf b;
    size_t n = longest_run(from->data, from->data_len) + 1, len;
    n = n < 3 ? 3 : n;
    buf_init(&b, max);
    if (from->name)
        put_name(&b, from->name);
    put_fence(&b, n);
    buf_putc(&b, '\n');
    buf_append(&b, from->data, from->data_len);
    if (from->data_len == 0 || from->data[from->data_len - 1] != '\n')
        buf_putc(&b, '\n');
    put_fence(&b, n);
    *to = (struct part){.kind = PART_TEXT};
    bool good = !b.failed && buf_cstr(&b)[0] != '\0';
    to->text = good ? (char *)buf_take(&b, &len) : NULL;
    to->text_len = good ? len : 0;
    buf_done(&b);
    return good;
}

static enum error_code tell(struct message *to, const struct message *from, size_t max, struct error *err)
{
    *to = (struct message){.role = from->role, .n_parts = from->n_parts};
    to->parts = xcalloc(from->n_parts + 1, sizeof *to->parts);
    for (size_t i = 0; i < from->n_parts; i++) {
        if (!part_is_text_file(&from->parts[i]))
            to->parts[i] = from->parts[i];
        else if (!fence(&to->parts[i], &from->parts[i], max))
            return error_set(err, ERR_TOO_LARGE, "a text file does not fit into a request");
    }
    return ERR_NONE;
}

struct chat_request *media_told(const struct chat_request *r, size_t max, struct error *err)
{
    struct chat_request *told = NEW(struct chat_request);
    *told = *r;
    told->messages = xcalloc(r->n_messages + 1, sizeof *told->messages);
    for (size_t m = 0; m < r->n_messages; m++)
        if (tell(&told->messages[m], &r->messages[m], max, err) != ERR_NONE)
            return media_told_free(told, r);
    return told;
}

struct chat_request *media_told_free(struct chat_request *told, const struct chat_request *r)
{
    for (size_t m = 0; told && m < r->n_messages; m++) {
        for (size_t i = 0; told->messages[m].parts && i < r->messages[m].n_parts; i++)
            if (part_is_text_file(&r->messages[m].parts[i]))
                free(told->messages[m].parts[i].text);
        free(told->messages[m].parts);
    }
    if (told)
        free(told->messages);
    free(told);
    return NULL;
}
