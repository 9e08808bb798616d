/* Attachments: data that parts of messages name by its hash, kept once for all of them. `refs` counts in how many
 * messages one stands: by statements here, since no trigger runs in a database that is not trusted (core/database.c).
 */
#include "daemon/store/sqlite_internal.h"
#include <string.h>

static void query_hash(struct query *q, const uint8_t hash[PART_HASH_LEN])
{
    const struct store_bytes b = {(uint8_t *)hash, PART_HASH_LEN};

    query_blob(q, &b);
}

static bool insert_data(struct store_db *db, const struct store_blob *blob)
{
    struct query q = query(db, "INSERT INTO attachment(hash) VALUES(?) ON CONFLICT DO NOTHING");

    query_hash(&q, blob->hash);
    if (!query_run(&q) || sqlite3_changes(db->sql) == 0)
        return db->fault == SQLITE_OK;
    int64_t num = sqlite3_last_insert_rowid(db->sql);
    q = query(db, "INSERT INTO attachment_data(attachment, bytes) VALUES(?, ?)");
    query_int(&q, num);
    query_blob(&q, &blob->bytes);
    return query_run(&q);
}

/* All that stand in the message, which is new. */
static bool count_more(struct store_db *db, int64_t message)
{
    struct query q = query(db, "UPDATE attachment SET refs = refs + 1 WHERE num IN"
                               " (SELECT attachment FROM attached WHERE message = ?)");

    query_int(&q, message);
    return query_run(&q);
}

bool sqlite_attach(struct store_db *db, int64_t message, const struct store_message *m)
{
    for (size_t i = 0; i < m->n_blobs; i++) {
        if (!insert_data(db, &m->blobs[i]))
            return false;
        struct query q = query(db, "INSERT INTO attached(message, attachment) SELECT ?, num FROM attachment"
                                   " WHERE hash = ? ON CONFLICT DO NOTHING");
        query_int(&q, message);
        query_hash(&q, m->blobs[i].hash);
        if (!query_run(&q))
            return false;
    }
    return m->n_blobs == 0 || count_more(db, message);
}

bool sqlite_attach_again(struct store_db *db, int64_t message, int64_t copy)
{
    struct query q = query(db, "INSERT INTO attached(message, attachment) SELECT ?, attachment FROM attached"
                               " WHERE message = ?");

    query_int(&q, copy);
    query_int(&q, message);
    return query_run(&q) && (sqlite3_changes(db->sql) == 0 || count_more(db, copy));
}

/* False where it is not there, or does not fit. *len: what it has. */
static bool fill_in(struct store_db *db, struct part *p, size_t room, size_t *len)
{
    struct query q = query(db, "SELECT d.bytes FROM attachment a JOIN attachment_data d ON d.attachment = a.num"
                               " WHERE a.hash = ?");

    query_hash(&q, p->hash);
    if (!query_next(&q))
        return false;
    const struct store_bytes bytes = query_get(&q, 0);
    *len = bytes.len;
    if (bytes.len > 0 && bytes.len <= room) {
        struct store_bytes copy = store_bytes_copy(bytes.data, bytes.len);
        p->data = copy.data;
        p->data_len = copy.len;
    }
    query_end(&q);
    return p->data != NULL;
}

/* A damaged database: the part says what was there. */
static void tell_missing(struct part *p)
{
    static const char text[] = "(an attachment is missing here)";
    struct message one = {.parts = NULL};

    message_add_text(&one, text, strlen(text));
    struct part told = one.parts[0];
    one.parts[0] = *p;
    message_done(&one);
    *p = told;
}

size_t sqlite_fill_in(struct store_db *db, struct message *m, size_t room)
{
    size_t filled = 0;

    for (size_t i = 0; i < m->n_parts && filled <= room; i++) {
        struct part *p = &m->parts[i];
        size_t len = 0;
        if (p->hashed && !p->data && !fill_in(db, p, room - filled, &len) && len == 0)
            tell_missing(p);
        filled += len;
    }
    return filled;
}

/* One that stands in no message any more. */
bool sqlite_purge_attachment(struct store_db *db)
{
    int64_t num = 0;
    struct query q = query(db, "SELECT num FROM attachment WHERE refs = 0 LIMIT 1");

    if (!query_number(&q, &num))
        return false;
    q = query(db, "DELETE FROM attachment_data WHERE attachment = ?");
    query_int(&q, num);
    if (!query_run(&q))
        return false;
    q = query(db, "DELETE FROM attachment WHERE num = ?");
    query_int(&q, num);
    return query_run(&q);
}
