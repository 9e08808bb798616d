/* What the files of the SQLite backend share. sqlite.c has the handle, sqlite_query.c statements and faults,
 * sqlite_schema.c the tables, sqlite_answer.c answers and their events, sqlite_conversation.c what changes a
 * conversation's messages, sqlite_change.c the small changes to one, sqlite_import.c one from elsewhere, sqlite_half.c
 * what of them is half made, sqlite_list.c lists of them, sqlite_path.c what a question follows, sqlite_read.c what
 * else is read of one, sqlite_expire.c what takes away, sqlite_speed.c measured times, sqlite_summary.c summaries,
 * sqlite_tokenizer.c, sqlite_index.c, sqlite_facts.c and sqlite_search.c the search, sqlite_ledger.h the ledger.
 *
 * Faults. What SQLite does not manage is noted in the handle (`fault`, the first of a job), and the query says that it
 * has no row; so a function looks for "not there" alone, and sqlite_run turns a fault into the job's error at the end.
 *
 * Trees. Messages and conversations have a row number beside their id, and point at each other by it. A message is
 * inserted after its parent, so its number is larger: a path sorts by number, and a damaged one cannot be a circle. */
#ifndef ASKD_STORE_SQLITE_INTERNAL_H
#define ASKD_STORE_SQLITE_INTERNAL_H

#include "daemon/store/backend.h"
#include "daemon/store/rows.h"
#include <sqlite3.h>
#include <sys/queue.h>

enum {
    SQLITE_STATEMENTS = 256, /* slots of the cache, a power of two; there are some 100 statements */
    SQLITE_TEXTS = 256,      /* of the ledger, whose numbers are at hand */
};

/* Whether a conversation was asked in from that directory of that host, each of which may be NULL for any. */
#define SQLITE_ASKED_THERE(num, uid, directory, host)                                                                  \
    " (" directory " IS NULL OR " num " IN (SELECT p.conversation FROM place p WHERE p.uid = " uid                     \
    "  AND p.directory = " directory " AND (" host " IS NULL OR p.host = " host ")))"                                  \
    " AND (" directory " IS NOT NULL OR " host " IS NULL OR " num " IN (SELECT p.conversation FROM place p"            \
    "  WHERE p.uid = " uid " AND p.host = " host "))"

/* conversation.state */
#define CONVERSATION_LIVE "0"
#define CONVERSATION_DELETED "1" /* invisible; STORE_EXPIRE takes it away */
#define CONVERSATION_HALF "2"    /* invisible; being made in slices. sqlite_half.c takes back what stays one */
#define CONVERSATION_TRASH "3"   /* invisible, and can be restored; STORE_EXPIRE deletes it when its time has come */

/* conversation.titled: whose its title is */
#define TITLED_BY_USER "0"
#define TITLED_BY_WORDS "1" /* the first words of its first question */
#define TITLED_BY_MODEL "2"

struct sqlite_cursor { /* a job's, between its slices */
    LIST_ENTRY(sqlite_cursor) link;
    int64_t *nums; /* messages, from the root down */
    size_t n, at;
    int64_t conversation;       /* of a path */
    int64_t next;               /* of a path: the message that is read next, 0: it is whole */
    size_t held;                /* bytes of a result that are not in the job's out */
    struct sqlite_usage *usage; /* of what is read of the ledger; owned, NULL: none */
};

struct sqlite_known_text {
    char *text; /* owned, NULL: none */
    int64_t num;
};

struct store_db {
    sqlite3 *sql;
    char *path;
    int64_t max_bytes; /* 0: none */
    int64_t until_us;  /* of the slice */
    int fault;         /* a SQLite result code, SQLITE_OK */
    int fault_errno;
    struct {
        const char *text;
        sqlite3_stmt *stmt;
    } cached[SQLITE_STATEMENTS];
    LIST_HEAD(, sqlite_cursor) cursors; /* of jobs between slices */
    int64_t data_version;               /* of the file, when rows was last in step with it */
    struct rows *rows;                  /* of paths; whatever changes a message takes it out */
    LIST_HEAD(, sqlite_half) halves;    /* sqlite_half.c's: what such jobs make */
    Fts5Tokenizer *tokenizer;           /* by which texts are looked at again, to show what was found */
    struct sqlite_sieve *sieve;         /* of the search whose slice it is, while it gathers */
    struct sqlite_known_text texts[SQLITE_TEXTS];
    int64_t last_day; /* of the ledger's sums by the day, while that is known */
    bool last_day_known;
};

/* A statement and its arguments, which are bound in order and borrowed until it is done. */
struct query {
    struct store_db *db;
    sqlite3_stmt *stmt; /* NULL after a fault; every function takes that */
    int bound;
};
/* text: a string literal, since it is prepared once and found again by its address. A statement must not be begun again
 * while it still has rows. */
struct query query(struct store_db *db, const char *text);
void query_int(struct query *q, int64_t v);
void query_real(struct query *q, double v);
void query_text(struct query *q, const char *s);                 /* NULL, and nothing else, is NULL */
void query_id(struct query *q, const char *id);                  /* "" is NULL */
void query_string(struct query *q, const struct store_bytes *b); /* never NULL */
void query_blob(struct query *q, const struct store_bytes *b);   /* NULL where empty */
bool query_next(struct query *q);                                /* false: no more, and the statement is free again */
void query_end(struct query *q);                                 /* before the last row */
bool query_run(struct query *q);                                 /* without rows; false after a fault */
bool query_number(struct query *q, int64_t *ret); /* the first row's first column; false where there is none */

int64_t query_get_int(const struct query *q, int column);
bool query_is_null(const struct query *q, int column);
double query_get_real(const struct query *q, int column);
struct store_bytes query_get(const struct query *q, int column); /* borrowed, until the next row */
const char *query_get_text(const struct query *q, int column);   /* NULL for NULL; borrowed likewise */
void query_get_id(const struct query *q, int column, char id[STORE_ID]);
char *query_get_copy(const struct query *q, int column); /* NULL for NULL */

void sqlite_id(const struct store_bytes *b, char id[STORE_ID]); /* what is none is made harmless */
bool sqlite_exec(struct store_db *db, const char *sql);         /* false after a fault */
void sqlite_note(struct store_db *db, int rc);                  /* a fault, where there is none yet */
/* The fault as an error that says what to do. */
enum error_code sqlite_fault(struct store_db *db, struct error *err);
bool sqlite_late(const struct store_db *db); /* the slice is over */

/* sqlite_schema.c. Looks at the version without a change to the file; makes the tables, or brings them to ours. */
enum error_code sqlite_check_version(struct store_db *db, int *version, struct error *err);
enum error_code sqlite_migrate(struct store_db *db, int version, struct error *err);
int sqlite_version(void); /* ours */

/* sqlite_conversation.c */
struct sqlite_conversation {
    int64_t num, head; /* head 0: none */
};
bool sqlite_conversation(struct store_db *db, const char *id, uid_t uid, struct sqlite_conversation *ret);
int64_t sqlite_message(struct store_db *db, int64_t conversation, const char *id); /* 0: not in it */
/* The messages from the root to leaf, in memory of the caller's. */
void sqlite_path_nums(struct store_db *db, int64_t leaf, int64_t **nums, size_t *n);
enum store_step sqlite_not_found(struct store_job *job, const char *param, const char *what);
enum store_step sqlite_no_conversation(struct store_job *job, const char *param);

/* The row number of the message, 0 after a fault. parent 0: it follows none. */
int64_t sqlite_insert_message(struct store_db *db, int64_t conversation, int64_t parent, const struct store_message *m,
                              const char *state);

/* For STORE_BEGIN: where its question goes, and putting it there, with the outcome. False: the job has its error. */
struct sqlite_spot {
    int64_t conversation, parent; /* 0: to be made; the root */
};
bool sqlite_find_spot(struct store_db *db, struct store_job *job, struct sqlite_spot *spot);
bool sqlite_append_question(struct store_db *db, struct store_begin *b, struct sqlite_spot spot);
/* The conversation is listed where it was begun; it is not the last one there, since nobody asked in it. */
bool sqlite_place_begun(struct store_db *db, int64_t conversation);
/* For STORE_END: the assistant's message as it stays, and the head put on it. Nothing where it is gone. False after a
 * fault. */
bool sqlite_end_message(struct store_db *db, const char *message, const char *state, const struct store_reply *r);
bool sqlite_move_head(struct store_db *db, const char *message, int64_t ended_us);
bool sqlite_head_leads_to(struct store_db *db, const char *message); /* the head is none, or on the message's path */
bool sqlite_message_lives(struct store_db *db, const char *message); /* and its conversation is not deleted */

/* sqlite_answer.c. Ends what was left running, in transactions of its own. */
bool sqlite_recover(struct store_db *db, const struct store_place *place);

/* sqlite_half.c. A job that makes a conversation goes on in another slice, or has ended, however; other jobs are none
 * of its business. */
void sqlite_half_goes_on(struct store_db *db, const struct store_job *job);
void sqlite_half_ends(struct store_db *db, const struct store_job *job);
void sqlite_halves_forget(struct store_db *db); /* when the handle closes */
/* Deletes halves that no job works on; false where there is none, and after a fault. */
bool sqlite_take_back_halves(struct store_db *db);

/* sqlite_change.c. Those that it has already stay; false after a fault. */
bool sqlite_add_tags(struct store_db *db, int64_t conversation, char *const *tags, size_t n);

/* sqlite_list.c: its tags, as an array */
void sqlite_put_tags(struct store_db *db, struct buf *b, int64_t conversation);

/* sqlite_read.c */
struct sqlite_cursor *sqlite_cursor_new(struct store_db *db, struct store_job *job); /* the job's from now on */
struct sqlite_cursor *sqlite_cursor_free(struct sqlite_cursor *c); /* NULL is fine; always returns NULL */

/* sqlite_tokenizer.c. Makes "askd" known to the handle, before anything touches the search's tables. */
bool sqlite_tokenizer_open(struct store_db *db); /* false after a fault */
void sqlite_tokenizer_close(struct store_db *db);
/* A token of a text, as FTS5 hands it on: flags of its own, where it stands in bytes. Other than SQLITE_OK ends it. */
typedef int sqlite_token(void *data, int flags, const char *token, int len, int start, int end);
void sqlite_tokens(struct store_db *db, bool query, const char *text, size_t len, sqlite_token *token, void *data);

/* sqlite_facts.c. A message's facts are taken before the index has it, and dropped before it is purged. Between begin
 * and end the SQL function may_pass(number) says of a message whether it is worth a look for this search, which must
 * stay. */
bool sqlite_facts_open(struct store_db *db); /* makes the function; false after a fault */
void sqlite_take_facts(struct store_db *db, int64_t num);
void sqlite_drop_facts(struct store_db *db, int64_t num);
void sqlite_sieve_begin(struct store_db *db, const struct store_search *search);
void sqlite_sieve_end(struct store_db *db);

/* sqlite_index.c. Whoever changes a title says so, in the same transaction. */
bool sqlite_title_changed(struct store_db *db, const char *conversation);
/* Some messages of a conversation go, and leave the index and their attachments; false where it has none. Its title,
 * after its row. */
bool sqlite_purge_messages(struct store_db *db, int64_t conversation);
bool sqlite_purge_title(struct store_db *db, int64_t conversation);

/* sqlite_ledger.c; sqlite_ledger.h has what the ledger keeps to itself. Rows as they are told. */
void sqlite_put_ledger(struct store_db *db, const struct ledger_row *rows, size_t n);
void sqlite_ledger_forget(struct store_db *db); /* what it has at hand: a rollback may have taken it back */
/* Ends one row that was left running, of this answer (NULL: of any); false where there is none, or after a fault. */
bool sqlite_settle(struct store_db *db, const struct store_place *place, const char *answer,
                   const struct store_reply *reply);
bool sqlite_ledger_runs(struct store_db *db, const char *answer); /* it has such a row */
/* sqlite_rollup.c: the sums of one day that is over; false where they all are there, or after a fault. */
bool sqlite_make_day(struct store_db *db, int64_t now_us);
struct sqlite_usage *sqlite_usage_free(struct sqlite_usage *u); /* sqlite_usage.c; NULL is fine; returns NULL */

/* The jobs. Each looks at sqlite_late where it can take long. */
typedef enum store_step sqlite_job(struct store_db *db, struct store_job *job);
sqlite_job sqlite_begin, sqlite_runs, sqlite_end, sqlite_create, sqlite_import, sqlite_fork, sqlite_rename,
    sqlite_title, sqlite_pin, sqlite_tag, sqlite_head, sqlite_delete, sqlite_restore, sqlite_find, sqlite_expire,
    sqlite_path, sqlite_list, sqlite_get, sqlite_answer, sqlite_answers, sqlite_speeds_save, sqlite_speeds,
    sqlite_summary, sqlite_index, sqlite_search, sqlite_spend, sqlite_usage, sqlite_spent, sqlite_reprice;

/* -- sqlite_attach.c -- */

/* The data of a message that was inserted, and of one that is a copy of another. */
bool sqlite_attach(struct store_db *db, int64_t message, const struct store_message *m);
bool sqlite_attach_again(struct store_db *db, int64_t message, int64_t copy);
/* Gives parts that have a hash only their data. Returns the bytes of it; more than room: they are not all there. */
size_t sqlite_fill_in(struct store_db *db, struct message *m, size_t room);
/* Takes away data that stands in no message any more; false where there is none. */
bool sqlite_purge_attachment(struct store_db *db);

#endif
