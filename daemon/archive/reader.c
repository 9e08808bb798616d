#include "daemon/archive/reader.h"
#include "daemon/archive/chatgpt.h"
#include "daemon/archive/json.h"
#include "daemon/archive/llm.h"
#include "daemon/archive/markdown.h"
#include "daemon/archive/pages.h"
#include "daemon/archive/split.h"
#include "daemon/archive/spool.h"
#include "lib/base/alloc.h"
#include "lib/base/file_kind.h"
#include <stdlib.h>
#include <string.h>

struct archive_reader {
    enum archive_format format;
    size_t max_entry, entries;
    char *dir;
    const uint8_t *piece; /* borrowed: what is left of it */
    size_t len;
    bool looked, ended; /* at the first bytes; nothing comes any more */
    struct split split; /* json, chatgpt */
    struct pages pages; /* markdown */
    struct spool spool; /* llm */
    struct llm *llm;
};

/* -- JSON -- */

static enum archive_step skip(struct archive_reader *r, const char *title, struct error *err)
{
    struct error why = *err;
    char named[64] = "";
    if (title && *title)
        error_text(named, sizeof named, title, strlen(title));
    error_set(err, why.code, "entry %zu%s%s%s: %s", r->entries, *named ? " (" : "", named, *named ? ")" : "",
              why.message);
    return ARCHIVE_SKIPPED;
}

static enum archive_step read_entry(struct archive_reader *r, struct archive_conversation **ret, struct error *err)
{
    json_error_t at;
    r->entries++;
    json_t *j = json_loadb((const char *)r->split.entry.data, r->split.entry.len,
                           JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &at);
    if (!j) {
        error_set(err, ERR_INVALID_REQUEST, "it is no JSON: %s at its byte %d", at.text, at.position);
        return skip(r, NULL, err);
    }
    enum error_code code =
        r->format == ARCHIVE_CHATGPT ? archive_read_chatgpt(j, ret, err) : archive_read_json(j, ret, err);
    if (code != ERR_NONE)
        skip(r, json_string_value(json_object_get(j, "title")), err);
    json_decref(j);
    return code == ERR_NONE ? ARCHIVE_CONVERSATION : ARCHIVE_SKIPPED;
}

static enum archive_step next_entry(struct archive_reader *r, struct archive_conversation **ret, struct error *err)
{
    enum split_found found = split_next(&r->split, &r->piece, &r->len, err);
    if (found == SPLIT_MORE && r->ended)
        found = split_end(&r->split, err);
    switch (found) {
    case SPLIT_ENTRY: return read_entry(r, ret, err);
    case SPLIT_SKIP: r->entries++; return skip(r, NULL, err);
    case SPLIT_BAD: return ARCHIVE_FAILED;
    case SPLIT_MORE: break;
    }
    return r->ended ? ARCHIVE_END : ARCHIVE_MORE;
}

/* -- Markdown -- */

static enum archive_step next_page(struct archive_reader *r, struct archive_conversation **ret, struct error *err)
{
    switch (pages_next(&r->pages, &r->piece, &r->len, r->ended)) {
    case PAGES_MORE:
        if (!r->ended)
            return ARCHIVE_MORE;
        if (r->entries > 0)
            return ARCHIVE_END;
        error_set(err, ERR_INVALID_REQUEST, "the file is empty");
        return ARCHIVE_FAILED;
    case PAGES_TOO_LARGE:
        r->entries++;
        error_set(err, ERR_TOO_LARGE, "it is over %zu bytes (max_import_entry)", r->max_entry);
        return skip(r, NULL, err);
    case PAGES_PAGE: break;
    }
    r->entries++;
    if (archive_read_markdown((const char *)r->pages.page.data, r->pages.page.len, ret, err) == ERR_NONE)
        return ARCHIVE_CONVERSATION;
    return skip(r, NULL, err);
}

/* -- a database -- */

static enum error_code open_llm(struct archive_reader *r, struct error *err)
{
    enum error_code code =
        r->spool.fd < 0 ? error_set(err, ERR_INVALID_REQUEST, "the file is empty") : spool_settle(&r->spool, err);
    if (code == ERR_NONE)
        code = llm_open(r->spool.path, r->max_entry, &r->llm, err);
    spool_unlink(&r->spool);
    return code;
}

static enum archive_step next_chain(struct archive_reader *r, struct archive_conversation **ret, struct error *err)
{
    if (r->len > 0) {
        enum error_code code = r->spool.fd < 0 ? spool_make(&r->spool, r->dir, err) : ERR_NONE;
        if (code == ERR_NONE)
            code = spool_write(&r->spool, r->piece, r->len, err);
        r->len = 0;
        if (code != ERR_NONE)
            return ARCHIVE_FAILED;
    }
    if (!r->ended)
        return ARCHIVE_MORE;
    if (!r->llm && open_llm(r, err) != ERR_NONE)
        return ARCHIVE_FAILED;
    enum llm_found step = llm_next(r->llm, ret, err);
    switch (step) {
    case LLM_CONVERSATION: r->entries++; return ARCHIVE_CONVERSATION;
    case LLM_SKIP: r->entries++; return skip(r, NULL, err);
    case LLM_END:
    case LLM_BAD: break;
    }
    r->llm = llm_close(r->llm); /* now that a worker is here */
    spool_done(&r->spool);
    return step == LLM_END ? ARCHIVE_END : ARCHIVE_FAILED;
}

/* -- all -- */

static const struct form {
    const char *name;
    enum archive_step (*next)(struct archive_reader *r, struct archive_conversation **ret, struct error *err);
} forms[] = {
#define NEXT_ARCHIVE_JSON next_entry
#define NEXT_ARCHIVE_CHATGPT next_entry
#define NEXT_ARCHIVE_MARKDOWN next_page
#define NEXT_ARCHIVE_LLM next_chain
#define X(code, name) [code] = {name, NEXT_##code},
    ARCHIVE_FORMAT_MAP(X)
#undef X
};

bool archive_format_from_name(const char *s, size_t len, enum archive_format *ret)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (strlen(forms[i].name) == len && memcmp(forms[i].name, s, len) == 0) {
            *ret = (enum archive_format)i;
            return true;
        }
    }
    return false;
}

struct archive_reader *archive_reader_new(enum archive_format format, size_t max_entry, const char *dir)
{
    struct archive_reader *r = NEW(struct archive_reader);
    r->format = format;
    r->max_entry = max_entry;
    r->dir = xstrdup(dir);
    r->spool = (struct spool)SPOOL_INIT;
    split_init(&r->split, max_entry);
    pages_init(&r->pages, max_entry);
    return r;
}

struct archive_reader *archive_reader_free(struct archive_reader *r)
{
    if (!r)
        return NULL;
    split_done(&r->split);
    pages_done(&r->pages);
    llm_close(r->llm);
    spool_done(&r->spool);
    free(r->dir);
    free(r);
    return NULL;
}

bool archive_reader_holds_file(const struct archive_reader *r)
{
    return r->llm || r->spool.fd >= 0;
}

void archive_feed(struct archive_reader *r, const void *data, size_t len)
{
    r->piece = data;
    r->len = len;
}

void archive_end(struct archive_reader *r)
{
    r->ended = true;
}

/* What is no text is told by its first bytes, as far as the first piece has them. */
static bool look(struct archive_reader *r, struct error *err)
{
    if (r->looked || r->len == 0 || r->format == ARCHIVE_LLM)
        return true;
    r->looked = true;
    const char *advice = file_kind_advice(r->piece, r->len);
    if (advice)
        error_set(err, ERR_INVALID_REQUEST, "%s", advice);
    return !advice;
}

enum archive_step archive_next(struct archive_reader *r, struct archive_conversation **ret, struct error *err)
{
    *err = (struct error)ERROR_INIT;
    return look(r, err) ? forms[r->format].next(r, ret, err) : ARCHIVE_FAILED;
}

size_t archive_entries(const struct archive_reader *r)
{
    return r->entries;
}
