/* Messages as the store has them: those of a question, and an answer folded into one. */
#include "daemon/catalog/tokens.h"
#include "daemon/engine/keep.h"
#include "lib/base/alloc.h"
#include "lib/chat/price.h"
#include "lib/proto/codec.h"
#include <assert.h>
#include <string.h>

void keep_origin(struct store_reply *r, const struct fold *f)
{
    error_text(r->provider, sizeof r->provider, f->provider, strlen(f->provider));
    error_text(r->model, sizeof r->model, f->model, strlen(f->model));
}

void keep_reply(struct store_reply *r, const struct fold *f)
{
    struct buf b;
    r->text = store_bytes_copy(f->text.data, f->text.len);
    buf_init(&b, SIZE_MAX / 2); /* of the log's own size, which is bounded */
    if (f->rich)
        fold_put_parts(&b, f);
    r->parts = store_bytes_take(&b);
    r->n_rest = fold_put_rest(&b, f);
    if (b.failed) { /* no memory: the events tell it all the same */
        buf_clear(&b);
        r->n_rest = 0;
    }
    r->rest = store_bytes_take(&b);
    buf_done(&b);
}

/* Data is kept once, whoever sends it how often. */
static void keep_blobs(struct store_message *to, const struct message *from)
{
    to->blobs = xcalloc(from->n_parts + 1, sizeof *to->blobs);
    for (size_t i = 0; i < from->n_parts; i++) {
        const struct part *p = &from->parts[i];
        if (!p->data || !p->hashed)
            continue;
        struct store_blob *blob = &to->blobs[to->n_blobs++];
        memcpy(blob->hash, p->hash, sizeof blob->hash);
        blob->bytes = store_bytes_copy(p->data, p->data_len);
    }
}

/* Plain text is kept as text; anything else as parts, with what can be read of it as text. */
void keep_message(struct store_message *to, const struct message *from, int64_t created_us)
{
    struct buf text, parts;
    bool plain = from->n_parts == 1 && from->parts[0].kind == PART_TEXT && !from->parts[0].opaque;
    buf_init(&text, SIZE_MAX / 2); /* of the request's size, which is bounded */
    buf_init(&parts, SIZE_MAX / 2);
    for (size_t i = 0; i < from->n_parts; i++) {
        if (from->parts[i].kind != PART_TEXT)
            continue;
        if (text.len)
            buf_putc(&text, '\n');
        buf_append(&text, from->parts[i].text, from->parts[i].text_len);
    }
    if (!plain) {
        codec_put_content_by_hash(&parts, from);
        keep_blobs(to, from);
    }
    id_new(to->id);
    to->role = from->role;
    to->created_us = created_us;
    to->text = store_bytes_take(&text);
    to->parts = store_bytes_take(&parts);
    buf_done(&text);
    buf_done(&parts);
}

/* -- after a crash; called on the store's thread -- */

static void recover(const char *provider, const char *model, const struct store_run *runs, size_t n,
                    struct store_reply *ret)
{
    struct log_pool *pool = log_pool_new();
    struct log *l = log_new(pool, SIZE_MAX / 2);
    struct fold f;
    for (size_t i = 0; i < n && log_append_run(l, runs[i].data, runs[i].len) == ERR_NONE; i++)
        ;
    fold_log(&f, l, provider, model);
    keep_origin(ret, &f);
    keep_reply(ret, &f);
    fold_done(&f);
    log_unref(l);
    log_pool_free(pool);
}

/* What was reserved gives way to what the provider will bill, as far as anybody can tell. */
static void settle(struct ledger_row *row, const struct store_reply *reply)
{
    struct price price;
    row->outcome = LEDGER_INTERRUPTED;
    row->usage.output_tokens = 0;
    if (reply)
        row->usage.output_tokens = tokens_of_text(tokens_family_of_model(row->model ? row->model : ""),
                                                  (const char *)reply->text.data, reply->text.len);
    row->usage.estimated = true;
    if (!row->price || price_parse(row->price, &price, NULL) != ERR_NONE)
        return;
    (void)price_cost(&price, &row->usage, &row->cost_nano); /* what is not told stays as it was reserved */
    price_done(&price);
}

const struct store_recovery *keep_recovery(void)
{
    static struct store_recovery recovery = {.reply = recover, .settle = settle};
    if (!recovery.error.data) {
        struct error err = ERROR_INIT;
        struct buf b;
        error_set(&err, ERR_INTERRUPTED, "the daemon ended before the answer did");
        buf_init(&b, 4096);
        codec_put_error(&b, &err, NULL, false);
        static uint8_t packed[256];
        assert(b.len <= sizeof packed);
        memcpy(packed, b.data, b.len);
        recovery.error = (struct store_bytes){packed, b.len};
        buf_done(&b);
    }
    return &recovery;
}
