/* What is imported, of whatever form, as conversations: bytes go in as they come, cut anywhere, and conversations come
 * out one by one. Holds one piece and one entry. Blocking where a database is read: for a worker, one thread at a time.
 */
#ifndef ASKD_ARCHIVE_READER_H
#define ASKD_ARCHIVE_READER_H

#include "daemon/archive/conversation.h"
#include "lib/base/error.h"

/* format, name on the wire */
#define ARCHIVE_FORMAT_MAP(X)                                                                                          \
    X(ARCHIVE_JSON, "json") X(ARCHIVE_MARKDOWN, "markdown") X(ARCHIVE_CHATGPT, "chatgpt") X(ARCHIVE_LLM, "llm")
enum archive_format {
#define X(code, name) code,
    ARCHIVE_FORMAT_MAP(X)
#undef X
};
bool archive_format_from_name(const char *s, size_t len, enum archive_format *ret);

struct archive_reader;

enum archive_step {
    ARCHIVE_MORE,         /* the piece is used up: the next one, please, or the end */
    ARCHIVE_CONVERSATION, /* *ret, the caller's */
    ARCHIVE_SKIPPED,      /* an entry cannot be read: *err says which and why */
    ARCHIVE_END,          /* after archive_end */
    ARCHIVE_FAILED,       /* nothing more can be read: *err */
};

/* max_entry: bytes of one entry. dir: where a database is gathered; copied. */
struct archive_reader *archive_reader_new(enum archive_format format, size_t max_entry, const char *dir);
struct archive_reader *archive_reader_free(struct archive_reader *r); /* NULL is fine; always returns NULL */
/* It holds a file, and freeing it is for a worker too. */
bool archive_reader_holds_file(const struct archive_reader *r);
/* After ARCHIVE_MORE, or first. Borrowed until the next ARCHIVE_MORE. */
void archive_feed(struct archive_reader *r, const void *data, size_t len);
void archive_end(struct archive_reader *r); /* nothing comes after what was fed */
enum archive_step archive_next(struct archive_reader *r, struct archive_conversation **ret, struct error *err);
/* How many entries have come, with those that were skipped. */
size_t archive_entries(const struct archive_reader *r);

#endif
