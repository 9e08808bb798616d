/* A conversation as a plain value, on its way out of the store or into it. It owns all that it points to.
 *
 * Its messages are a tree: each names its parent by its place in the array, which is before its own. Times are
 * microseconds since 1970; 0 where the source did not tell. */
#ifndef ASKD_ARCHIVE_CONVERSATION_H
#define ASKD_ARCHIVE_CONVERSATION_H

#include "lib/base/id.h"
#include "lib/base/value.h"
#include "lib/chat/message.h"
#include <msgpack.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define ARCHIVE_NONE SIZE_MAX                        /* no parent; no head */
#define ARCHIVE_SOURCE_MAX 200                       /* bytes of a source's own id */
#define ARCHIVE_TIME_MAX INT64_C(253402300799999999) /* the end of the year 9999 */

struct archive_message {
    char id[ID_LEN + 1]; /* "" where the source has none of our form */
    size_t parent;       /* ARCHIVE_NONE: it begins the conversation */
    char state[16];      /* of an answer, as on the wire; "done" for all else */
    int64_t created_us;
    struct message said;
    char *provider, *model; /* NULL where not told, as all that follows */
    char *reasoning;
    size_t reasoning_len;
    struct value *tool_calls, *usage; /* as in conversation.get */
    int finish;                       /* enum finish_reason, or -1 */
};

struct archive_conversation {
    char id[ID_LEN + 1]; /* "" likewise */
    char *source;        /* by what it is known again: "chatgpt:ID"; NULL where it cannot be */
    char *title, *system;
    char *directory, *host; /* where it was begun; host NULL: on the daemon's machine */
    int64_t created_us, updated_us;
    char **tags;
    size_t n_tags;
    bool pinned;
    struct archive_message *messages;
    size_t n_messages, head;
};

struct archive_conversation *archive_conversation_new(void);
struct archive_conversation *archive_conversation_free(struct archive_conversation *c); /* always returns NULL */

/* len bytes, whatever they are, and a NUL behind them. */
char *archive_copy(const char *s, size_t len);
/* Appends a message and makes it the head; valid until the next. */
struct archive_message *archive_add(struct archive_conversation *c, enum role role, size_t parent);

/* Replaces the title by what of it is one: control characters become spaces, none at the ends, and it is cut at
 * CONVERSATION_TITLE_MAX. Nothing left: none. */
void archive_set_title(struct archive_conversation *c, const char *s, size_t len);
/* Where it was begun. Of what is longer than any such name, or has a NUL, nothing is known. */
void archive_set_place(char **place, const char *s, size_t len);
/* False where it is no tag that conversation.tag would take: every list of conversations shows them. */
bool archive_add_tag(struct archive_conversation *c, const char *s, size_t len);
/* "KIND:ID"; none where the id is empty or over ARCHIVE_SOURCE_MAX. */
void archive_set_source(struct archive_conversation *c, const char *kind, const char *id, size_t len);
/* By a digest of the bytes, for what has no id of its own. */
void archive_set_source_digest(struct archive_conversation *c, const char *kind, const void *data, size_t len);
/* False where it is no name of a state in which an answer can have ended. "running" is one that was interrupted. */
bool archive_set_state(struct archive_message *m, const char *s, size_t len);
/* tool_calls and usage, as far as they are there, are such. */
bool archive_answer_fits(const struct archive_message *m);
/* False where a part stands for data by its hash alone, which is for the store's own parts. */
bool archive_has_data(const struct message *m);
/* Fills in what the source did not tell: times from the neighbours, or else `now`; and bounds them all. */
void archive_settle_times(struct archive_conversation *c, int64_t now_us);

/* From the map of conversation.get, as the store has it or as somebody wrote it. strict: what cannot be read is
 * ERR_INVALID_REQUEST with the reason; else a part of a message that cannot be read is left out. */
enum error_code archive_from_map(const msgpack_object *o, bool strict, struct archive_conversation **ret,
                                 struct error *err);

#endif
