#include "daemon/archive/llm_internal.h"
#include "daemon/core/database.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define STEPS_BETWEEN_LOOKS 1000 /* of SQLite's machine, between two looks at the clock */

/* -- how little it may do -- */

static const struct {
    int id, value;
} limits[] = {
    {SQLITE_LIMIT_SQL_LENGTH, 100000},  {SQLITE_LIMIT_COLUMN, 200},
    {SQLITE_LIMIT_EXPR_DEPTH, 50},      {SQLITE_LIMIT_COMPOUND_SELECT, 3},
    {SQLITE_LIMIT_VDBE_OP, 25000},      {SQLITE_LIMIT_FUNCTION_ARG, 8},
    {SQLITE_LIMIT_ATTACHED, 0},         {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 10}, {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
    {SQLITE_LIMIT_WORKER_THREADS, 0},
};

static int on_progress(void *data)
{
    const struct llm *l = data;
    return clock_mono_us() > l->until_us;
}

static void set_bounds(struct llm *l)
{
    database_distrust(l->sql);
    sqlite3_limit(l->sql, SQLITE_LIMIT_LENGTH, l->max_entry < INT32_MAX / 2 ? (int)l->max_entry : INT32_MAX / 2);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        sqlite3_limit(l->sql, limits[i].id, limits[i].value);
    sqlite3_progress_handler(l->sql, STEPS_BETWEEN_LOOKS, on_progress, l);
}

static enum error_code fault(struct llm *l, struct error *err)
{
    int rc = sqlite3_errcode(l->sql);
    if (rc == SQLITE_INTERRUPT)
        return error_set(err, ERR_TIMEOUT, "reading this database takes over %d s", LLM_CALL_MS / 1000);
    if (rc == SQLITE_NOTADB)
        return error_set(err, ERR_INVALID_REQUEST, "this is no SQLite database, or an encrypted one");
    if (rc == SQLITE_CORRUPT)
        return error_set(err, ERR_INVALID_REQUEST, "the database is damaged (%s): sqlite3 FILE .recover may help",
                         sqlite3_errmsg(l->sql));
    return error_set(err, ERR_INVALID_REQUEST, "the database cannot be read: %s", sqlite3_errmsg(l->sql));
}

/* -- its tables -- */

static sqlite3_stmt *prepare(struct llm *l, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    return sqlite3_prepare_v2(l->sql, sql, -1, &stmt, NULL) == SQLITE_OK ? stmt : NULL;
}

enum table { ABSENT, PRESENT, STRANGE };

/* Looked up, and never run: a view or a virtual table of that name is strange. */
static enum table look_at_table(struct llm *l, const char *name)
{
    enum table found = ABSENT;
    sqlite3_stmt *q = prepare(l, "SELECT type = 'table' AND rootpage > 0 AND sql NOT LIKE 'create virtual%'"
                                 " FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type <> 'trigger'");
    sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
    while (found != STRANGE && sqlite3_step(q) == SQLITE_ROW)
        found = sqlite3_column_int(q, 0) ? PRESENT : STRANGE;
    sqlite3_finalize(q);
    return found;
}

static bool has_column(struct llm *l, const char *table, const char *column)
{
    sqlite3_stmt *q = prepare(l, "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2 COLLATE NOCASE");
    sqlite3_bind_text(q, 1, table, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 2, column, -1, SQLITE_STATIC);
    bool found = sqlite3_step(q) == SQLITE_ROW;
    sqlite3_finalize(q);
    return found;
}

static const struct form {
    const char *table, *conversation; /* a column that may be NULL: the response is alone then, or the first */
    const char *time;
} forms[] = {
    {"responses", "conversation_id", "datetime_utc"},
    {"logs", "chat_id", "datetime_utc"},
    {"log", "chat_id", "timestamp"},
};

static const char *const column_names[LLM_COLUMNS] = {
    [LLM_ID] = "id",         [LLM_MODEL] = "model",        [LLM_RESOLVED] = "resolved_model",
    [LLM_PROMPT] = "prompt", [LLM_SYSTEM] = "system",      [LLM_RESPONSE] = "response",
    [LLM_TIME] = NULL,       [LLM_INPUT] = "input_tokens", [LLM_OUTPUT] = "output_tokens",
};

static const struct {
    const char *tables[2]; /* all have to be there */
    const char *sql;
} extras[LLM_EXTRAS] = {
    [LLM_ATTACHMENTS] = {{"prompt_attachments", "attachments"},
                         "SELECT a.type, a.path, a.url, a.content FROM prompt_attachments p JOIN attachments a"
                         " ON a.id = p.attachment_id WHERE p.response_id = ?1 ORDER BY p.\"order\""},
    [LLM_FRAGMENTS] = {{"prompt_fragments", "fragments"},
                       "SELECT f.content FROM prompt_fragments p JOIN fragments f ON f.id = p.fragment_id"
                       " WHERE p.response_id = ?1 ORDER BY p.\"order\""},
    [LLM_SYSTEM_FRAGMENTS] = {{"system_fragments", "fragments"},
                              "SELECT f.content FROM system_fragments p JOIN fragments f ON f.id = p.fragment_id"
                              " WHERE p.response_id = ?1 ORDER BY p.\"order\""},
    [LLM_TOOL_CALLS] = {{"tool_calls"},
                        "SELECT tool_call_id, name, arguments FROM tool_calls WHERE response_id = ?1 ORDER BY id"},
    [LLM_TOOL_RESULTS] = {{"tool_results"},
                          "SELECT tool_call_id, name, output FROM tool_results WHERE response_id = ?1 ORDER BY id"},
    [LLM_NAME] = {{"conversations"}, "SELECT name FROM conversations WHERE id = ?1"},
};

static sqlite3_stmt *prepare_order(struct llm *l, const struct form *f)
{
    const char *conversation = has_column(l, f->table, f->conversation) ? f->conversation : "NULL";
    const char *time = has_column(l, f->table, f->time) ? f->time : "NULL";
    const char *id = has_column(l, f->table, "id") ? "id" : "rowid";
    char *sql = xasprintf("SELECT rowid, CAST(coalesce(%s, %s) AS TEXT), %s FROM %s ORDER BY 2, 3, 1", conversation, id,
                          time, f->table);
    sqlite3_stmt *q = prepare(l, sql);
    free(sql);
    return q;
}

static sqlite3_stmt *prepare_row(struct llm *l, const struct form *f)
{
    struct buf sql;
    buf_init(&sql, 4096);
    for (int i = 0; i < LLM_COLUMNS; i++) {
        const char *name = i == LLM_TIME ? f->time : column_names[i];
        buf_printf(&sql, "%s%s", i ? ", " : "SELECT ", has_column(l, f->table, name) ? name : "NULL");
    }
    buf_printf(&sql, " FROM %s WHERE rowid = ?1", f->table);
    sqlite3_stmt *q = prepare(l, buf_cstr(&sql));
    buf_done(&sql);
    return q;
}

static enum error_code prepare_extras(struct llm *l, struct error *err)
{
    for (int i = 0; i < LLM_EXTRAS; i++) {
        enum table found = PRESENT;
        for (int t = 0; t < 2 && extras[i].tables[t] && found == PRESENT; t++)
            found = look_at_table(l, extras[i].tables[t]);
        if (found == STRANGE)
            return error_set(err, ERR_INVALID_REQUEST, "%s in it is no plain table: llm makes none such",
                             extras[i].tables[0]);
        /* NULL too where its columns are not those that are known. */
        l->extra[i] = found == PRESENT ? prepare(l, extras[i].sql) : NULL;
    }
    return ERR_NONE;
}

static enum error_code count_responses(struct llm *l, const struct form *f, struct error *err)
{
    char *sql = xasprintf("SELECT count(*) FROM %s", f->table);
    sqlite3_stmt *q = prepare(l, sql);
    free(sql);
    if (sqlite3_step(q) != SQLITE_ROW) {
        fault(l, err);
        sqlite3_finalize(q);
        return err->code;
    }
    bool over = sqlite3_column_int64(q, 0) > LLM_RESPONSES_MAX;
    sqlite3_finalize(q);
    if (over)
        return error_set(err, ERR_TOO_LARGE, "it has over %d responses: import a copy with fewer", LLM_RESPONSES_MAX);
    return ERR_NONE;
}

static enum error_code use_form(struct llm *l, const struct form *f, struct error *err)
{
    enum error_code code = count_responses(l, f, err);
    if (code == ERR_NONE)
        code = prepare_extras(l, err);
    if (code != ERR_NONE)
        return code;
    l->counted = f != &forms[0];
    l->order = prepare_order(l, f);
    l->row = prepare_row(l, f);
    return l->order && l->row ? ERR_NONE : fault(l, err);
}

static enum error_code find_form(struct llm *l, struct error *err)
{
    int looked = sqlite3_exec(l->sql, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    if (looked != SQLITE_OK)
        return fault(l, err);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        switch (look_at_table(l, forms[i].table)) {
        case PRESENT: return use_form(l, &forms[i], err);
        case STRANGE:
            return error_set(err, ERR_INVALID_REQUEST, "%s in it is no plain table: llm makes none such",
                             forms[i].table);
        case ABSENT: break;
        }
    }
    return error_set(err, ERR_INVALID_REQUEST, "it has no table responses: it is no logs.db of llm (llm logs path)");
}

/* -- the database -- */

static void start_clock(struct llm *l)
{
    l->until_us = clock_mono_us() + LLM_CALL_MS * INT64_C(1000);
}

enum error_code llm_open(const char *path, size_t max_entry, struct llm **ret, struct error *err)
{
    struct llm *l = NEW(struct llm);
    l->max_entry = max_entry;
    start_clock(l);
    int rc =
        sqlite3_open_v2(path, &l->sql, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);
    enum error_code code = ERR_NONE;
    if (rc != SQLITE_OK) {
        code = error_set(err, ERR_UNAVAILABLE, "the database cannot be opened: %s", sqlite3_errstr(rc));
    } else {
        set_bounds(l);
        sqlite3_exec(l->sql,
                     "PRAGMA query_only = on; PRAGMA cell_size_check = on; PRAGMA mmap_size = 0;"
                     "PRAGMA cache_size = -2048; PRAGMA temp_store = memory",
                     NULL, NULL, NULL);
        code = find_form(l, err);
    }
    if (code != ERR_NONE)
        llm_close(l);
    else
        *ret = l;
    return code;
}

struct llm *llm_close(struct llm *l)
{
    if (!l)
        return NULL;
    sqlite3_finalize(l->order);
    sqlite3_finalize(l->row);
    for (int i = 0; i < LLM_EXTRAS; i++)
        sqlite3_finalize(l->extra[i]);
    sqlite3_close(l->sql);
    free(l);
    return NULL;
}

/* -- conversations -- */

static bool step_order(struct llm *l, struct error *err)
{
    int rc = sqlite3_step(l->order);
    l->begun = true;
    l->ended = rc != SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE || (fault(l, err), false);
}

static void take_name(struct llm *l, struct archive_conversation *c, const char *id, size_t len)
{
    sqlite3_stmt *q = l->extra[LLM_NAME];
    if (l->counted) { /* ids are 1, 2, 3 in each database: the time tells them apart */
        const char *time = (const char *)sqlite3_column_text(l->order, 2);
        char *both = xasprintf("%.*s@%s", (int)len, id, time ? time : "");
        archive_set_source(c, "llm", both, strlen(both));
        free(both);
    } else {
        archive_set_source(c, "llm", id, len);
    }
    sqlite3_bind_text(q, 1, id, (int)len, SQLITE_TRANSIENT);
    if (sqlite3_step(q) == SQLITE_ROW && sqlite3_column_type(q, 0) == SQLITE_TEXT)
        archive_set_title(c, (const char *)sqlite3_column_text(q, 0), (size_t)sqlite3_column_bytes(q, 0));
    sqlite3_reset(q);
}

static bool take_response(struct llm *l, struct archive_conversation *c)
{
    sqlite3_bind_int64(l->row, 1, sqlite3_column_int64(l->order, 0));
    bool good = sqlite3_step(l->row) == SQLITE_ROW && llm_take_row(l, c);
    return good;
}

static bool is_of(struct llm *l, const char *id, size_t len)
{
    return !l->ended && (size_t)sqlite3_column_bytes(l->order, 1) == len &&
           memcmp(sqlite3_column_blob(l->order, 1), id, len) == 0;
}

enum llm_found llm_next(struct llm *l, struct archive_conversation **ret, struct error *err)
{
    struct error why = ERROR_INIT;
    start_clock(l);
    if (!l->begun && !step_order(l, err))
        return LLM_BAD;
    if (l->ended)
        return LLM_END;
    struct archive_conversation *c = archive_conversation_new();
    size_t len = (size_t)sqlite3_column_bytes(l->order, 1);
    char *id = archive_copy(sqlite3_column_blob(l->order, 1), len);
    take_name(l, c, id, len);
    l->held = 0;
    bool moved = true;
    while (moved && (len > 0 ? is_of(l, id, len) : !l->ended)) {
        if (why.code == ERR_NONE && !take_response(l, c)) {
            if (l->held > l->max_entry)
                error_set(&why, ERR_TOO_LARGE, "it is over %zu bytes (max_import_entry)", l->max_entry);
            else
                fault(l, &why);
        }
        sqlite3_reset(l->row);
        moved = step_order(l, err);
        if (len == 0) /* nobody's: each is alone */
            break;
    }
    free(id);
    if (why.code == ERR_NONE && c->n_messages == 0)
        error_set(&why, ERR_INVALID_REQUEST, "it holds no message");
    if (!moved || why.code != ERR_NONE) {
        archive_conversation_free(c);
        *err = moved ? why : *err;
        return moved ? LLM_SKIP : LLM_BAD;
    }
    *ret = c;
    return LLM_CONVERSATION;
}
