/* What can be asked of the store: jobs as values. A job is filled in by whoever asks, run by a backend on a thread of
 * the store's, and handed back with its outcome. It owns all that it points to, unless a comment says "borrowed".
 *
 * Words. A *run* is a piece of a log as it lies in memory: events, each behind its length (uint32_t, little-endian). A
 * *message* belongs to a conversation, which is a tree of them: each knows its parent, and the conversation its head.
 * The *rest* of an assistant's message are those entries of its map (doc/protocol.md, conversation.get) that are
 * encoded already: reasoning, tool_calls, usage, finish_reason.
 *
 * Times are microseconds since 1970. Ids are UUIDs (lib/base/id.h); "" stands for none. */
#ifndef ASKD_STORE_JOB_H
#define ASKD_STORE_JOB_H

#include "daemon/core/worker.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"
#include "lib/base/id.h"
#include "lib/chat/ledger_row.h"
#include "lib/chat/message.h"
#include <stdbool.h>
#include <sys/types.h>

#define STORE_ID (ID_LEN + 1)

struct store_bytes {
    uint8_t *data; /* NULL where len is 0 */
    size_t len;
};
struct store_bytes store_bytes_copy(const void *data, size_t len);
struct store_bytes store_bytes_take(struct buf *b); /* b is empty afterwards */

struct store_blob { /* the data of a part that tells its hash only */
    uint8_t hash[PART_HASH_LEN];
    struct store_bytes bytes;
};

struct store_message {
    char id[STORE_ID];
    enum role role;
    int64_t created_us;
    struct store_bytes text;  /* UTF-8: all there is to it, or what can be read of it */
    struct store_bytes parts; /* packed array of parts, where it holds more than text */
    struct store_blob *blobs;
    size_t n_blobs;
};

struct store_run {
    char log[STORE_ID];
    uint64_t seq; /* of its first event */
    uint32_t events;
    const uint8_t *data; /* borrowed, until the job is done */
    size_t len;
};

/* An assistant's message as it stands at its answer's end. */
struct store_reply {
    char provider[64], model[128];
    struct store_bytes text, parts, rest;
    uint32_t n_rest; /* entries in rest */
};

enum store_kind {
    /* Writes */
    STORE_BEGIN,  /* an answer has begun, and its question */
    STORE_RUNS,   /* events of running answers */
    STORE_END,    /* an answer has ended */
    STORE_CREATE, /* a conversation */
    STORE_IMPORT, /* a conversation that was held elsewhere */
    STORE_FORK,
    STORE_RENAME,
    STORE_TITLE, /* a better one in the place of an automatic one */
    STORE_PIN,
    STORE_TAG,
    STORE_HEAD,
    STORE_DELETE,  /* into the trash, or gone for good; STORE_EXPIRE takes it away */
    STORE_RESTORE, /* out of the trash */
    STORE_EXPIRE,  /* what has outlived its time, and what is deleted */
    STORE_SPEEDS_SAVE,
    STORE_SUMMARY, /* of a path down to a message */
    STORE_SPEND,   /* rows of the ledger that come with no answer's end */
    STORE_REPRICE, /* rows of the ledger get the cost that prices known now make */
    STORE_INDEX,   /* what was stored becomes findable */
    /* Reads */
    STORE_PATH, /* the messages that a question follows */
    STORE_LIST,
    STORE_GET,
    STORE_FIND,    /* whether there is such a conversation */
    STORE_ANSWER,  /* one that has ended */
    STORE_ANSWERS, /* all such */
    STORE_SPEEDS,
    STORE_SEARCH,
    STORE_USAGE, /* the ledger in groups, for people */
    STORE_SPENT, /* the ledger in sums, for budgets */
    STORE_KINDS
};
#define STORE_IS_READ(kind) ((kind) >= STORE_PATH)

struct store_begin {
    char answer[STORE_ID], log[STORE_ID];
    uid_t uid;
    int64_t started_us;
    char *provider, *model, *preview;
    struct store_bytes start;    /* event 0, encoded */
    char conversation[STORE_ID]; /* "": none, and what follows is not used */
    bool create;                 /* it is new; system may be NULL */
    char *title;                 /* an automatic one, by the question, for one that has none; NULL: none */
    char *system;
    char *directory, *terminal;     /* where it was asked; NULL where not told */
    char *host;                     /* NULL: on the daemon's machine */
    char parent[STORE_ID];          /* "": the root */
    struct store_message *messages; /* the question, appended below parent, each below the one before */
    size_t n_messages;
    bool again;             /* the messages may be there already: another answer to the same question brought them */
    char message[STORE_ID]; /* the assistant's, which STORE_END fills in; it exists as `running` from now on */
    struct ledger_row *row; /* running; NULL: none */
    /* Outcome */
    bool made;    /* the conversation, by this one */
    bool titled;  /* title is its title now */
    size_t added; /* of the messages, those that were not there */
};

struct store_runs {
    struct store_run *runs;
    size_t n;
};

struct store_end {
    char answer[STORE_ID], log[STORE_ID];
    const char *state; /* borrowed, static: as on the wire, not "running" */
    int64_t ended_us;
    struct store_bytes error;  /* packed map, empty where done */
    struct store_bytes extras; /* entries of the answer map that its events do not tell */
    uint32_t n_extras;
    struct store_run *runs; /* the events that STORE_RUNS did not bring */
    size_t n_runs;
    char conversation[STORE_ID], message[STORE_ID]; /* "": none. The message becomes the conversation's head */
    struct store_reply reply;
    uid_t uid;
    bool late;               /* it comes when others may have come since: the head moves forward only */
    struct ledger_row *rows; /* its own and its arms' */
    size_t n_rows;
    bool head; /* outcome: the message is the conversation's head now */
    bool gone; /* outcome: it has a message, which is not there any more, or whose conversation is deleted */
};

struct store_create {
    char conversation[STORE_ID];
    uid_t uid;
    int64_t created_us;
    char *title, *system;           /* NULL where not told */
    bool automatic;                 /* the title is */
    struct store_message *messages; /* a chain from the root; the last one is the head */
    size_t n_messages;
};

/* A whole tree, made in slices. What it is known by says whether it is there already: then nothing changes. */
struct store_import {
    char conversation[STORE_ID]; /* as it was called; one that is taken gets another. Outcome: its id here */
    uid_t uid;
    int64_t created_us, updated_us;
    char *source;         /* by what it is known again, of this user's; NULL: it is not */
    char *title, *system; /* NULL where not told */
    char *directory, *host;
    char **tags;
    size_t n_tags;
    bool pinned;
    struct store_imported {
        struct store_message message; /* an id that is taken, or "", gets another */
        size_t parent;                /* a message before it; SIZE_MAX: it follows none */
        char state[16];               /* as on the wire, not "running" */
        struct store_reply reply;     /* of an assistant's: who, and the rest; its text and parts are the message's */
    } * messages;
    size_t n_messages, head; /* SIZE_MAX: none */
    bool begun;              /* the backend's: the id is settled */
    bool known;              /* outcome: it is there already */
};

struct store_fork {
    char from[STORE_ID], message[STORE_ID]; /* not found: ERR_NOT_FOUND with the param at fault */
    char conversation[STORE_ID];            /* the new one; its messages get ids of their own */
    uid_t uid;
    int64_t created_us;
};

struct store_rename {
    char conversation[STORE_ID];
    uid_t uid;
    char *title;
};

struct store_title {
    char conversation[STORE_ID];
    uid_t uid;
    char *title; /* by a model: it stays until a user gives another */
    bool set;    /* outcome: the one that it had was the question's first words */
};

struct store_pin {
    char conversation[STORE_ID];
    uid_t uid;
    bool pinned;
};

struct store_tag {
    char conversation[STORE_ID];
    uid_t uid;
    char **remove, **add; /* removed first. Over CONVERSATION_TAGS_MAX: ERR_INVALID_REQUEST, param "add" */
    size_t n_remove, n_add;
    /* The packed array of its tags is in out. */
};

struct store_head {
    char conversation[STORE_ID], message[STORE_ID];
    uid_t uid;
};

struct store_delete {
    char conversation[STORE_ID];
    uid_t uid;
    int64_t deleted_us;
    bool purge; /* for good, and out of the trash too */
};

struct store_restore {
    char conversation[STORE_ID]; /* not in the trash: ERR_NOT_FOUND */
    uid_t uid;
};

struct store_find {
    char conversation[STORE_ID];
    uid_t uid;
};

struct store_summary { /* takes the place of what that message had; nothing where it is not there */
    char conversation[STORE_ID], message[STORE_ID];
    uid_t uid;
    char *text;
};

/* The ledger. A row is known by its answer, its arm and its time: the final one takes the running one's place, and one
 * that is there already changes nothing. What counts as spent is what was told last, the final row's figure or that of
 * STORE_REPRICE. A row that runs counts nowhere yet.
 *
 * Sums by the hour are kept beside the rows, those by the day since STORE_EXPIRE came, and both stay for good; rows
 * leave by STORE_EXPIRE. Hours and days are UTC's. A row counts in the hour in which it was asked. */

struct store_spend {
    struct ledger_row *rows;
    size_t n_rows;
};

struct store_usage {
    bool everybody; /* else uid's */
    uid_t uid;
    int64_t since_us, until_us; /* that moment is not part of it; 0: no end. An hour whose rows are gone counts whole
                                   where it begins within */
    /* By conversation, only those whose rows are there are counted. */
    enum store_usage_by {
        STORE_BY_MODEL,
        STORE_BY_PROVIDER,
        STORE_BY_CLIENT,
        STORE_BY_UID,
        STORE_BY_DAY,
        STORE_BY_HOUR,
        STORE_BY_DIRECTORY,
        STORE_BY_CONVERSATION,
        STORE_BY_LABEL,
        STORE_BY_HOST,
        STORE_BYS
    } by[STORE_BYS];
    size_t n_by; /* 0: all in one group */
    /* Found: a packed map for each group and currency in out, n_out of them: by time where that is asked for, then the
     * dearest first. Each of `by` under its name (uid a number, day and hour a time, when it began; else text, nil
     * where not told); requests, answers, errors, cache_hits, shared; input_tokens, cached_input_tokens,
     * cache_write_tokens, output_tokens, reasoning_tokens, input_audio_tokens, output_audio_tokens, images; currency
     * (nil: no price is known), cost and cost_nano (with a currency only), saved and saved_nano (of caches, in that
     * currency); premium_requests and premium_nano; provider_cost_nano, what providers themselves say, in US dollars,
     * and compared_nano, what ours is of the same answers. */
};
/* The names on the wire. */
extern const char *const store_usage_names[STORE_BYS + 1]; /* NULL-ended */

/* Sums by all that a budget may be narrowed to, each as a row: at_us is when its hour began, or its day where that was
 * over before now_us. cost_nano -1: no price is known. */
struct store_spent {
    int64_t since_us; /* from the beginning of its hour on */
    int64_t now_us;
    /* Found */
    struct ledger_row *rows;
    size_t n_rows;
};

struct store_reprice {
    bool everybody; /* else uid's */
    uid_t uid;
    int64_t since_us, until_us; /* as above */
    /* On the store's thread: what the row costs, as cost_nano, currency and price of it would tell it; *price is the
     * caller's then. False: it stays as it is. */
    bool (*price)(void *data, const struct ledger_row *row, int64_t *nano, char currency[8], char **price);
    void *price_data; /* borrowed, until the job is done */
    /* Outcome */
    size_t n_rows, n_changed;
    struct store_repriced { /* of the rows in that currency */
        char currency[8];
        int64_t before_nano, after_nano;
    } * sums;
    size_t n_sums;
    int64_t at_us; /* the backend's: where it stands */
    unsigned arm;
    uint8_t answer[16];
};

struct store_expire {
    int64_t now_us;                  /* days of the ledger that are over by then are summed up; 0: none is */
    int64_t answers_before_us;       /* answers that ended before leave, with their events */
    int64_t answers_max;             /* and the oldest over so many */
    int64_t conversations_before_us; /* conversations not touched since leave, but pinned ones; 0: none does */
    int64_t trash_before_us;         /* those that were deleted before are gone for good */
    int64_t ledger_before_us;        /* rows of the ledger of hours that were over by then leave; 0: none does */
    /* Outcome: conversations that nobody finds any more. Where there are any, another such job has more to do. */
    struct store_gone {
        char conversation[STORE_ID];
        uid_t uid;
    } * gone;
    size_t n_gone;
};

/* It stops at `until_us`, at least one slice after it began; the rest is for the next one. */
struct store_index {
    int64_t until_us; /* monotonic */
    bool more;        /* outcome: there is more to do */
};

struct store_said { /* a message on a path */
    char id[STORE_ID];
    char state[16];
    int64_t created_us;
    struct message message; /* those of its parts that can be read, or else its text */
    size_t at;              /* whoever sends it notes where; SIZE_MAX: it is not sent */
};

/* It sees every write that was submitted before it and none that was submitted after it, so that what a question
 * follows is settled when the question comes; but a message above the parent that ran then, and has ended before it is
 * read, is read as it ended. */
struct store_path {
    uid_t uid;
    char conversation[STORE_ID]; /* "": the last one, by terminal, directory and host (each may be NULL), or by_message
                                  */
    bool by_message;             /* that which parent, or `of`, is in */
    char *directory, *terminal, *host;
    int64_t not_before_us; /* of the last one: older is ERR_NOT_FOUND with a hint */
    char parent[STORE_ID]; /* "": the head. Not in the conversation: ERR_NOT_FOUND, param "parent" */
    enum store_path_to {
        STORE_PATH_PARENT,     /* to the parent, or the head */
        STORE_PATH_EDIT,       /* to what `of` follows, a user's message */
        STORE_PATH_REGENERATE, /* to `of`, or where it is an assistant's message to the question that it answers */
    } to;
    char of[STORE_ID]; /* for these two; what it cannot be: ERR_INVALID_REQUEST, param "edit" or "regenerate" */
    /* Found: conversation and parent are filled in (parent "" in an empty one) */
    bool at_head; /* the parent is the conversation's head */
    char *system;
    struct store_said *said; /* from the root to the parent */
    size_t n_said;
    char *summary;             /* the last one on the path, NULL if there is none: */
    char summarized[STORE_ID]; /* of all down to this message */
};

struct store_list {
    uid_t uid;
    uint32_t limit;
    char before[STORE_ID];         /* a conversation: those that come behind it */
    int64_t before_us;             /* or a time, 0: none */
    char *directory, *tag, *model; /* NULL: any */
    char *host;                    /* likewise; "": the daemon's machine */
    int64_t since_us;              /* touched then or later */
    enum { STORE_PINNED_OR_NOT, STORE_PINNED, STORE_NOT_PINNED } pinned;
    bool deleted; /* those in the trash, and no others */
    /* Found: the packed items in out, n_out of them, newest first */
    int64_t seen_us, seen_num; /* of the backend, between slices */
};

/* What STORE_INDEX has made findable. */
struct store_search {
    uid_t uid;
    uint32_t limit;
    struct store_bytes query; /* search_query.h; over its bounds: ERR_INVALID_REQUEST */
    char *model, *directory;  /* NULL: any */
    char *host;               /* likewise; "": the daemon's machine */
    int64_t since_us;         /* 0: any */
    /* Found: the packed items in out, n_out of them, best first */
    enum { STORE_SEARCH_MESSAGES, STORE_SEARCH_TITLES, STORE_SEARCH_SHOW } step; /* of the backend, as what follows */
    int64_t before;    /* the row where it goes on, 0: at the newest */
    size_t n_messages; /* of the hits; those in titles follow them */
    struct store_hit {
        int64_t conversation, message, at_us; /* message 0: its title */
        double score;
    } * hits;
    size_t n_hits, shown;
};

struct store_get {
    uid_t uid;
    char conversation[STORE_ID], branch[STORE_ID]; /* branch "": all messages */
    /* Found: the packed map in out */
};

struct store_answer { /* one that has ended: those that run are in memory */
    uid_t uid;
    char answer[STORE_ID];
    int64_t not_before_us; /* ended before: ERR_NOT_FOUND */
    /* Found */
    char state[16], log[STORE_ID], conversation[STORE_ID], message[STORE_ID];
    char *provider, *model, *preview;
    int64_t started_us, ended_us;
    struct store_bytes start, error, extras;
    uint32_t n_extras;
    struct store_run *runs; /* in order; their data lies in out */
    size_t n_runs;
};

struct store_answers { /* those that have ended */
    uid_t uid;
    int64_t not_before_us;
    const char *state; /* borrowed, static; NULL: any */
    /* Found, newest first: items[i] is the packed map at out.data + at */
    struct store_answers_item {
        char id[STORE_ID];
        size_t at, len;
    } * items;
    size_t n_items;
};

/* How long a model's first token takes, as measured. STORE_SPEEDS_SAVE: these take the place of what was known of the
 * same models; of all that are kept then, those updated last stay. STORE_SPEEDS: found, those updated last first. */
struct store_speeds {
    struct store_speed {
        char provider[64], model[128];
        double first_ms;
        int64_t samples, updated_us; /* updated_us > 0 */
    } * speeds;
    size_t n;
};
#define STORE_SPEEDS_MAX 1000 /* kept and found */

struct store_job {
    struct worker_item item; /* first */
    enum store_kind kind;
    union {
        struct store_begin begin;
        struct store_runs runs;
        struct store_end end;
        struct store_create create;
        struct store_import import;
        struct store_fork fork;
        struct store_rename rename;
        struct store_title title;
        struct store_pin pin;
        struct store_tag tag;
        struct store_head head;
        struct store_delete delete;
        struct store_restore restore;
        struct store_find find;
        struct store_summary summary;
        struct store_spend spend;
        struct store_usage usage;
        struct store_spent spent;
        struct store_reprice reprice;
        struct store_expire expire;
        struct store_index index;
        struct store_path path;
        struct store_list list;
        struct store_search search;
        struct store_get get;
        struct store_answer answer;
        struct store_answers answers;
        struct store_speeds speeds; /* STORE_SPEEDS_SAVE too */
    };
    /* Outcome. ERR_NOT_FOUND, ERR_INVALID_REQUEST: the request's fault. ERR_UNAVAILABLE: nothing can be stored or read
     * now. ERR_TOO_LARGE: the result is over store.h's max_result. */
    enum error_code code;
    struct error error;
    struct buf out; /* packed results; bounded */
    uint32_t n_out;
    /* On the loop, once; the job is the receiver's from then on. */
    void (*done)(void *data, struct store_job *job);
    void *data;
    void *cursor; /* of the backend: where a read stands, between its slices */
    /* The store's own. */
    bool pass; /* a read that only waits for what was written before it, and is done elsewhere */
    bool more; /* it had a slice and goes on */
};

struct store_job *store_job_new(enum store_kind kind, void (*done)(void *data, struct store_job *job), void *data);
struct store_job *store_job_free(struct store_job *job);    /* with all it owns; always returns NULL */
enum error_code store_job_too_large(struct store_job *job); /* the outcome becomes this: over out.max */
void store_message_done(struct store_message *m);
void store_reply_done(struct store_reply *r);

#endif
