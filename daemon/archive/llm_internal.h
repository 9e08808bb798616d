/* What the files of the reader of logs.db share: llm.c has the database, llm_row.c makes messages of its rows. */
#ifndef ASKD_ARCHIVE_LLM_INTERNAL_H
#define ASKD_ARCHIVE_LLM_INTERNAL_H

#include "daemon/archive/llm.h"
#include <sqlite3.h>

/* What stands beside a response. Each is prepared where its tables are there, else NULL. */
enum llm_extra {
    LLM_ATTACHMENTS,
    LLM_FRAGMENTS,
    LLM_SYSTEM_FRAGMENTS,
    LLM_TOOL_CALLS,
    LLM_TOOL_RESULTS,
    LLM_NAME, /* the conversation's */
    LLM_EXTRAS
};

/* The columns of `row`; one that this version does not have is NULL. */
enum llm_column {
    LLM_ID,
    LLM_MODEL,
    LLM_RESOLVED,
    LLM_PROMPT,
    LLM_SYSTEM,
    LLM_RESPONSE,
    LLM_TIME,
    LLM_INPUT,
    LLM_OUTPUT,
    LLM_COLUMNS
};

struct llm {
    sqlite3 *sql;
    size_t max_entry, held; /* held: bytes of the conversation under way */
    int64_t until_us;
    sqlite3_stmt *order; /* rowid and conversation of every response, those of a conversation together */
    sqlite3_stmt *row;
    sqlite3_stmt *extra[LLM_EXTRAS];
    bool begun, ended; /* `order` stands on a row; has no more */
    bool counted;      /* an older version, whose ids are numbers */
};

/* The row under `row` becomes the conversation's next messages. False: a fault of SQLite's, or it is over max_entry. */
bool llm_take_row(struct llm *l, struct archive_conversation *c);

#endif
