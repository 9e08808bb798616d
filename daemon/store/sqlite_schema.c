#include "daemon/store/sqlite_internal.h"
#include <stdio.h>

/* Element n brings a database of version n to n + 1. What has been released is never changed again, only added to.
 * Each index is a page more to write with every answer. */
static const char *const migrations[] = {
    "CREATE TABLE conversation("
    "  num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, uid INTEGER NOT NULL, state INTEGER NOT NULL,"
    "  created INTEGER NOT NULL, updated INTEGER NOT NULL, messages INTEGER NOT NULL, head INTEGER,"
    "  title TEXT, model TEXT, directory TEXT, system TEXT);"
    "CREATE INDEX conversation_list ON conversation(uid, updated) WHERE state = " CONVERSATION_LIVE ";"
    "CREATE INDEX conversation_hidden ON conversation(state) WHERE state > " CONVERSATION_LIVE ";"
    /* Where a conversation was asked in, and when last; '' where not told. */
    "CREATE TABLE place("
    "  conversation INTEGER NOT NULL, directory TEXT NOT NULL, terminal TEXT NOT NULL, uid INTEGER NOT NULL,"
    "  used INTEGER NOT NULL, PRIMARY KEY(conversation, directory, terminal)) WITHOUT ROWID;"
    "CREATE INDEX place_directory ON place(uid, directory, used);"
    "CREATE TABLE tag(conversation INTEGER NOT NULL, tag TEXT NOT NULL, PRIMARY KEY(conversation, tag)) WITHOUT ROWID;"
    "CREATE INDEX tag_tag ON tag(tag);"
    /* What can be large stands last: a walk from parent to parent does not read it. */
    "CREATE TABLE message("
    "  num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, conversation INTEGER NOT NULL, parent INTEGER,"
    "  role TEXT NOT NULL, state TEXT NOT NULL, created INTEGER NOT NULL, provider TEXT, model TEXT,"
    "  n_rest INTEGER NOT NULL DEFAULT 0, text TEXT NOT NULL DEFAULT '', parts BLOB, rest BLOB);"
    "CREATE INDEX message_conversation ON message(conversation);"
    /* Several answers may share a log. */
    "CREATE TABLE log(num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);"
    "CREATE TABLE run("
    "  log INTEGER NOT NULL, seq INTEGER NOT NULL, events INTEGER NOT NULL, bytes BLOB, PRIMARY KEY(log, seq));"
    /* ended: NULL while it runs. */
    "CREATE TABLE answer("
    "  num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, log INTEGER NOT NULL, uid INTEGER NOT NULL,"
    "  state TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER, conversation TEXT, message TEXT,"
    "  provider TEXT, model TEXT, preview TEXT, n_extras INTEGER NOT NULL DEFAULT 0, start BLOB, error BLOB,"
    "  extras BLOB);"
    "CREATE INDEX answer_uid ON answer(uid, id);"
    "CREATE INDEX answer_log ON answer(log);"
    "CREATE INDEX answer_ended ON answer(ended);",
    "CREATE TABLE speed("
    "  provider TEXT NOT NULL, model TEXT NOT NULL, first_ms REAL NOT NULL, samples INTEGER NOT NULL,"
    "  updated INTEGER NOT NULL, PRIMARY KEY(provider, model)) WITHOUT ROWID;"
    "CREATE INDEX speed_updated ON speed(updated);",
    /* Of all messages down to this one. The last column: few have it. */
    "ALTER TABLE message ADD COLUMN summary TEXT;",
    "ALTER TABLE conversation ADD COLUMN titled INTEGER NOT NULL DEFAULT " TITLED_BY_USER ";"
    "ALTER TABLE conversation ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE conversation ADD COLUMN deleted INTEGER;" /* when; NULL: it is not */
    "CREATE INDEX conversation_pinned ON conversation(uid, updated) WHERE state = " CONVERSATION_LIVE " AND pinned = 1;"
    "CREATE INDEX conversation_trash ON conversation(uid, updated) WHERE state = " CONVERSATION_TRASH ";"
    "CREATE INDEX conversation_deleted ON conversation(deleted) WHERE state = " CONVERSATION_TRASH ";",
    /* sqlite_index.c says how these hang together. */
    "CREATE VIRTUAL TABLE search USING fts5(text, content = 'message', content_rowid = 'num', tokenize = 'askd');"
    "CREATE VIRTUAL TABLE search_title USING fts5(title, tokenize = 'askd');"
    "CREATE TABLE search_due(num INTEGER PRIMARY KEY);"
    "CREATE TABLE search_due_title(num INTEGER PRIMARY KEY);"
    "CREATE TABLE search_mark(one INTEGER PRIMARY KEY,"
    "  next INTEGER NOT NULL, below INTEGER NOT NULL, next_title INTEGER NOT NULL, below_title INTEGER NOT NULL);"
    "INSERT INTO search_mark SELECT 1, m, m, t, t FROM (SELECT coalesce(max(num), 0) + 1 AS m FROM message),"
    " (SELECT coalesce(max(num), 0) + 1 AS t FROM conversation);",
    /* What a conversation from elsewhere is known by. */
    "CREATE TABLE origin("
    "  uid INTEGER NOT NULL, source TEXT NOT NULL, conversation INTEGER NOT NULL, PRIMARY KEY(uid, source))"
    " WITHOUT ROWID;"
    "CREATE INDEX origin_conversation ON origin(conversation);",
    /* Data of attachments, once however often it is sent; refs: messages that it stands in. Apart from what is counted,
     * which is small and changes. */
    "CREATE TABLE attachment("
    "  num INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, refs INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX attachment_unused ON attachment(refs) WHERE refs = 0;"
    "CREATE TABLE attachment_data(attachment INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
    "CREATE TABLE attached("
    "  message INTEGER NOT NULL, attachment INTEGER NOT NULL, PRIMARY KEY(message, attachment)) WITHOUT ROWID;",
    /* sqlite_facts.c has what is in them. Those of what is in the index already come by the way that goes down. */
    "CREATE TABLE search_facts(num INTEGER PRIMARY KEY, facts BLOB NOT NULL);"
    "UPDATE search_mark SET below = (SELECT coalesce(max(num), 0) + 1 FROM message) WHERE one = 1;",
    /* sqlite_ledger.h says what is in these. */
    "CREATE TABLE ledger_text(num INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);"
    "CREATE TABLE ledger("
    "  at INTEGER NOT NULL, answer BLOB NOT NULL, arm INTEGER NOT NULL, conversation BLOB, uid INTEGER NOT NULL,"
    "  client INTEGER NOT NULL, label INTEGER NOT NULL, provider INTEGER NOT NULL, model INTEGER NOT NULL,"
    "  directory INTEGER NOT NULL, how INTEGER NOT NULL, outcome INTEGER NOT NULL, answers INTEGER NOT NULL,"
    "  requests INTEGER NOT NULL, input INTEGER NOT NULL, cached_input INTEGER NOT NULL,"
    "  cache_write INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL,"
    "  images INTEGER NOT NULL, input_audio INTEGER NOT NULL,"
    "  output_audio INTEGER NOT NULL, estimated INTEGER NOT NULL, provider_cost INTEGER NOT NULL,"
    "  cost INTEGER NOT NULL, currency INTEGER NOT NULL, price INTEGER NOT NULL, premium INTEGER NOT NULL,"
    "  saved INTEGER NOT NULL, saved_currency INTEGER NOT NULL, first_us INTEGER NOT NULL, total_us INTEGER NOT NULL,"
    "  new_cost INTEGER NOT NULL, new_currency INTEGER NOT NULL, new_price INTEGER NOT NULL,"
    "  PRIMARY KEY(at, answer, arm)) WITHOUT ROWID;"
    "CREATE INDEX ledger_running ON ledger(answer) WHERE outcome = 0;"
    "CREATE TABLE ledger_hour("
    "  hour INTEGER NOT NULL, uid INTEGER NOT NULL, provider INTEGER NOT NULL, model INTEGER NOT NULL,"
    "  currency INTEGER NOT NULL, client INTEGER NOT NULL, label INTEGER NOT NULL, directory INTEGER NOT NULL,"
    "  entries INTEGER NOT NULL, answers INTEGER NOT NULL, requests INTEGER NOT NULL, errors INTEGER NOT NULL,"
    "  cached INTEGER NOT NULL, shared INTEGER NOT NULL, input INTEGER NOT NULL, cached_input INTEGER NOT NULL,"
    "  cache_write INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL, images INTEGER NOT NULL,"
    "  input_audio INTEGER NOT NULL, output_audio INTEGER NOT NULL, cost INTEGER NOT NULL,"
    "  provider_cost INTEGER NOT NULL, compared INTEGER NOT NULL, premium INTEGER NOT NULL, saved INTEGER NOT NULL,"
    "  PRIMARY KEY(hour, uid, provider, model, currency, client, label, directory)) WITHOUT ROWID;"
    "CREATE TABLE ledger_day("
    "  day INTEGER NOT NULL, uid INTEGER NOT NULL, provider INTEGER NOT NULL, model INTEGER NOT NULL,"
    "  currency INTEGER NOT NULL,"
    "  entries INTEGER NOT NULL, answers INTEGER NOT NULL, requests INTEGER NOT NULL, errors INTEGER NOT NULL,"
    "  cached INTEGER NOT NULL, shared INTEGER NOT NULL, input INTEGER NOT NULL, cached_input INTEGER NOT NULL,"
    "  cache_write INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL, images INTEGER NOT NULL,"
    "  input_audio INTEGER NOT NULL, output_audio INTEGER NOT NULL, cost INTEGER NOT NULL,"
    "  provider_cost INTEGER NOT NULL, compared INTEGER NOT NULL, premium INTEGER NOT NULL, saved INTEGER NOT NULL,"
    "  PRIMARY KEY(day, uid, provider, model, currency)) WITHOUT ROWID;",
    /* host: where that is another machine than the daemon's, of the ledger as the number of its name. */
    "ALTER TABLE conversation ADD COLUMN host TEXT;"
    "CREATE TABLE place_on("
    "  conversation INTEGER NOT NULL, directory TEXT NOT NULL, terminal TEXT NOT NULL, host TEXT NOT NULL,"
    "  uid INTEGER NOT NULL, used INTEGER NOT NULL,"
    "  PRIMARY KEY(conversation, directory, terminal, host)) WITHOUT ROWID;"
    "INSERT INTO place_on SELECT conversation, directory, terminal, '', uid, used FROM place;"
    "DROP TABLE place;"
    "ALTER TABLE place_on RENAME TO place;"
    "CREATE INDEX place_directory ON place(uid, directory, host, used);"
    "ALTER TABLE ledger ADD COLUMN host INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE ledger_hour_on("
    "  hour INTEGER NOT NULL, uid INTEGER NOT NULL, provider INTEGER NOT NULL, model INTEGER NOT NULL,"
    "  currency INTEGER NOT NULL, client INTEGER NOT NULL, label INTEGER NOT NULL, directory INTEGER NOT NULL,"
    "  host INTEGER NOT NULL,"
    "  entries INTEGER NOT NULL, answers INTEGER NOT NULL, requests INTEGER NOT NULL, errors INTEGER NOT NULL,"
    "  cached INTEGER NOT NULL, shared INTEGER NOT NULL, input INTEGER NOT NULL, cached_input INTEGER NOT NULL,"
    "  cache_write INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL, images INTEGER NOT NULL,"
    "  input_audio INTEGER NOT NULL, output_audio INTEGER NOT NULL, cost INTEGER NOT NULL,"
    "  provider_cost INTEGER NOT NULL, compared INTEGER NOT NULL, premium INTEGER NOT NULL, saved INTEGER NOT NULL,"
    "  PRIMARY KEY(hour, uid, provider, model, currency, client, label, directory, host)) WITHOUT ROWID;"
    "INSERT INTO ledger_hour_on SELECT hour, uid, provider, model, currency, client, label, directory, 0,"
    "  entries, answers, requests, errors, cached, shared, input, cached_input, cache_write, output, reasoning,"
    "  images, input_audio, output_audio, cost, provider_cost, compared, premium, saved FROM ledger_hour;"
    "DROP TABLE ledger_hour;"
    "ALTER TABLE ledger_hour_on RENAME TO ledger_hour;",
};

int sqlite_version(void)
{
    return (int)(sizeof(migrations) / sizeof(migrations[0]));
}

static bool pragma_number(struct store_db *db, const char *text, int64_t *ret)
{
    struct query q = query(db, text);

    return query_number(&q, ret);
}

enum error_code sqlite_check_version(struct store_db *db, int *version, struct error *err)
{
    int64_t found = 0, tables = 0;

    if (!pragma_number(db, "PRAGMA user_version", &found) ||
        !pragma_number(db, "SELECT count(*) FROM sqlite_schema", &tables))
        return sqlite_fault(db, err);
    if (found > sqlite_version())
        return error_set(err, ERR_UNAVAILABLE,
                         "%s was written by a newer askd (version %lld, this one knows %d): nothing is stored until "
                         "that one runs again or the file is moved away",
                         db->path, (long long)found, sqlite_version());
    if (found < 0 || (found == 0 && tables > 0))
        return error_set(err, ERR_UNAVAILABLE, "%s is not a database of askd: move it away", db->path);
    *version = (int)found;
    return ERR_NONE;
}

enum error_code sqlite_migrate(struct store_db *db, int version, struct error *err)
{
    char mark[48];

    for (int v = version; v < sqlite_version(); v++) {
        snprintf(mark, sizeof(mark), "PRAGMA user_version = %d", v + 1);
        if (sqlite_exec(db, "BEGIN IMMEDIATE") && sqlite_exec(db, migrations[v]) && sqlite_exec(db, mark) &&
            sqlite_exec(db, "COMMIT"))
            continue;
        enum error_code code = sqlite_fault(db, err);
        if (!sqlite3_get_autocommit(db->sql))
            sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
        return code;
    }
    return ERR_NONE;
}
