/* What the jobs of the SQLite tier do to its rows. */
#include "daemon/cache/sqlite_internal.h"
#include "lib/base/clock.h"
#include "lib/base/grow.h"
#include <stdlib.h>
#include <string.h>

enum {
    CLEAR_LOOKS = 64, /* entries that a step of a clear looks at, up to the first that goes */
    LIST_LOOKS = 16,  /* likewise of a list */
};

/* -- rows -- */

struct cachedb_row cachedb_row(struct cachedb *db, sqlite3_stmt *stmt)
{
    struct cachedb_row row = {0};
    if (!cachedb_step(db, stmt))
        return row;
    row.num = sqlite3_column_int64(stmt, 0);
    row.scope = (const char *)sqlite3_column_text(stmt, 1);
    row.key = sqlite3_column_blob(stmt, 2);
    row.provider = (const char *)sqlite3_column_text(stmt, 3);
    row.model = (const char *)sqlite3_column_text(stmt, 4);
    row.created_us = sqlite3_column_int64(stmt, 5);
    row.expires_us = sqlite3_column_int64(stmt, 6);
    row.bytes = sqlite3_column_int64(stmt, 7);
    if (row.scope && row.provider && row.model && row.bytes >= 0 && sqlite3_column_bytes(stmt, 2) == KEY_LEN) {
        row.stmt = stmt;
        return row;
    }
    sqlite3_reset(stmt);
    db->rc = SQLITE_CORRUPT; /* nobody writes such a row */
    return (struct cachedb_row){0};
}

void cachedb_row_end(struct cachedb_row *row)
{
    if (row->stmt)
        sqlite3_reset(row->stmt);
    row->stmt = NULL;
}

static void run_with(struct cachedb *db, enum cachedb_statement which, int64_t num)
{
    sqlite3_stmt *stmt = cachedb_statement(db, which);
    cachedb_bind_int(db, stmt, 1, num);
    cachedb_run(db, stmt);
}

int64_t cachedb_pages_of(int64_t bytes)
{
    return bytes / (CACHEDB_PAGE - 4) + 2; /* each begins with the number of the next */
}

/* The pages become free. Taken again within the same transaction they have to be journaled. */
void cachedb_row_leave(struct cachedb *db, struct cachedb_row *row)
{
    cachedb_row_end(row);
    run_with(db, SQL_DELETE, row->num);
    run_with(db, SQL_DELETE_BLOB, row->num);
    db->now.entries--;
    db->now.bytes -= row->bytes;
    db->dirty += cachedb_pages_of(row->bytes);
}

static struct cachedb_row find(struct cachedb *db, const char *scope, const struct cache_key *key)
{
    sqlite3_stmt *stmt = cachedb_statement(db, SQL_FIND);
    cachedb_bind_text(db, stmt, 1, scope);
    cachedb_bind_blob(db, stmt, 2, key->bytes, KEY_LEN);
    return cachedb_row(db, stmt);
}

/* A copy of the blob, {NULL, 0} where there is no memory for it. */
static struct item_bytes read_blob(struct cachedb *db, int64_t num)
{
    struct item_bytes ret = {0};
    sqlite3_stmt *stmt = cachedb_statement(db, SQL_BLOB);
    cachedb_bind_int(db, stmt, 1, num);
    if (!cachedb_step(db, stmt))
        return ret;
    const void *data = sqlite3_column_blob(stmt, 0);
    size_t len = (size_t)sqlite3_column_bytes(stmt, 0);
    uint8_t *copy = data ? malloc(len) : NULL;
    if (copy) {
        memcpy(copy, data, len);
        ret = (struct item_bytes){copy, len};
    }
    sqlite3_reset(stmt);
    return ret;
}

void cachedb_blobs_free(struct item_bytes *blobs, size_t n)
{
    for (size_t i = 0; blobs && i < n; i++)
        free((void *)blobs[i].data);
    free(blobs);
}

/* -- what a clear takes away -- */

static bool clears(const struct cachedb_clear *c, const struct cachedb_row *row)
{
    return strcmp(row->scope, c->scope) == 0 && (!c->one || key_equal(row->key, &c->key)) &&
           (!c->model || item_model_is(row->provider, row->model, c->model)) &&
           (c->before_us == 0 || row->created_us < c->before_us) && (!c->begun || row->num <= c->last);
}

/* Looks at the next entry that it has not looked at; false: there is none. */
static bool clear_next(struct cachedb *db, struct cachedb_clear *c, bool *removed)
{
    sqlite3_stmt *stmt = cachedb_statement(db, SQL_NEXT);
    cachedb_bind_int(db, stmt, 1, c->at);
    cachedb_bind_int(db, stmt, 2, c->last);
    struct cachedb_row row = c->one ? find(db, c->scope, &c->key) : cachedb_row(db, stmt);
    if (!row.stmt)
        return false;
    c->at = row.num;
    *removed = clears(c, &row);
    if (*removed) {
        cachedb_row_leave(db, &row);
        c->removed++;
    } else {
        cachedb_row_end(&row);
    }
    return !c->one;
}

/* In the order of row numbers, in which neighbours share pages. What is put from now on has a larger number, and
 * stays. */
bool cachedb_clear(struct cachedb *db, struct cachedb_clear *c)
{
    bool more = true, removed = false;
    if (!c->begun)
        c->last = db->next_num - 1;
    c->begun = true;
    for (int i = 0; i < CLEAR_LOOKS && more && !removed; i++)
        more = clear_next(db, c, &removed);
    return more && db->rc == SQLITE_OK;
}

/* -- get -- */

struct keyset *cachedb_keys(struct cachedb *db)
{
    if (db->now.entries > KEYSET_MAX)
        return NULL;
    struct keyset *keys = keyset_new();
    sqlite3_stmt *stmt = cachedb_statement(db, SQL_KEYS);
    while (cachedb_step(db, stmt)) {
        const struct cache_key *key = sqlite3_column_blob(stmt, 0);
        if (sqlite3_column_bytes(stmt, 0) == KEY_LEN)
            keyset_add(keys, key);
    }
    return db->rc == SQLITE_OK ? keys : keyset_free(keys);
}

static bool is_hidden(const struct cachedb_row *row, const struct cachedb_clears *hidden)
{
    const struct cachedb_clear *c;
    LIST_FOREACH (c, hidden, link)
        if (clears(c, row))
            return true;
    return false;
}

void cachedb_get(struct cachedb *db, struct cachedb_get *get, const struct cachedb_clears *hidden)
{
    int64_t now_us = clock_wall_us();
    for (size_t i = 0; i < get->n; i++) {
        struct cachedb_row row = find(db, get->scope, &get->keys[i]);
        bool tell = row.stmt && row.expires_us > now_us && !is_hidden(&row, hidden);
        cachedb_row_end(&row);
        if (!tell)
            continue;
        get->blobs[i] = read_blob(db, row.num);
        cachedb_touch(db, row.num);
    }
}

/* -- put -- */

static void add(struct cachedb *db, const struct item_facts *f, const struct item_bytes *blob, int64_t num)
{
    sqlite3_stmt *stmt = cachedb_statement(db, SQL_ADD);
    cachedb_bind_int(db, stmt, 1, num);
    cachedb_bind_text(db, stmt, 2, f->scope);
    cachedb_bind_blob(db, stmt, 3, f->key.bytes, KEY_LEN);
    cachedb_bind_int(db, stmt, 4, f->kind);
    cachedb_bind_text(db, stmt, 5, f->provider);
    cachedb_bind_text(db, stmt, 6, f->model);
    cachedb_bind_int(db, stmt, 7, f->created_us);
    cachedb_bind_int(db, stmt, 8, f->expires_us);
    cachedb_bind_int(db, stmt, 9, clock_wall_us());
    cachedb_bind_int(db, stmt, 10, (int64_t)blob->len);
    cachedb_run(db, stmt);

    stmt = cachedb_statement(db, SQL_ADD_BLOB);
    cachedb_bind_int(db, stmt, 1, num);
    cachedb_bind_blob(db, stmt, 2, blob->data, blob->len);
    cachedb_run(db, stmt);
}

bool cachedb_remove_old(struct cachedb *db, const struct cache_item *it)
{
    const struct item_facts *f = item_facts(it);
    struct cachedb_row old = find(db, f->scope, &f->key);
    if (!old.stmt)
        return false;
    cachedb_row_leave(db, &old);
    return true;
}

void cachedb_put(struct cachedb *db, const struct cache_item *it)
{
    const struct item_facts *f = item_facts(it);
    struct item_bytes blob = item_blob(it);
    add(db, f, &blob, db->next_num++);
    db->now.entries++;
    db->now.bytes += (int64_t)blob.len;
}

/* -- list -- */

static bool list_begin(struct cachedb_list *l, struct error *err)
{
    l->begun = true; /* the zeroed key is before all others */
    if (l->after[0] == '\0' || key_from_hex(l->after, strlen(l->after), &l->at))
        return true;
    error_set_param(err, "after", "after is not where a page ended");
    return false;
}

/* Looks at the next entry; false: there is none. */
static bool list_next(struct cachedb *db, struct cachedb_list *l, int64_t now_us)
{
    sqlite3_stmt *stmt = cachedb_statement(db, SQL_PAGE);
    cachedb_bind_text(db, stmt, 1, l->scope);
    cachedb_bind_blob(db, stmt, 2, l->at.bytes, KEY_LEN);
    struct cachedb_row row = cachedb_row(db, stmt);
    if (!row.stmt)
        return false;
    l->at = *row.key;
    cachedb_row_end(&row);
    if (row.expires_us <= now_us)
        return true;
    struct item_bytes blob = read_blob(db, row.num);
    if (!blob.data)
        return true;
    l->blobs = grow_one(l->blobs, l->n, sizeof *l->blobs);
    l->blobs[l->n++] = blob;
    l->bytes += blob.len;
    return true;
}

bool cachedb_list(struct cachedb *db, struct cachedb_list *l, struct error *err)
{
    int64_t now_us = clock_wall_us();
    if (!l->begun && !list_begin(l, err))
        return false;
    l->more = true;
    for (int i = 0; i < LIST_LOOKS && l->more; i++) {
        if (l->n >= l->limit || l->bytes >= CACHEDB_LIST_BYTES)
            return false;
        l->more = list_next(db, l, now_us);
    }
    return l->more && db->rc == SQLITE_OK;
}
