/* A conversation as a page of Markdown: for people, and read back as it was (doc/export.md).
 *
 *     ---                                        front block: values as in JSON
 *     askd: 1
 *     title: "Tea"
 *     ---
 *
 *     ## user
 *     <!-- askd {"id":"…","created":"…"} -->     what a reader need not see
 *
 *     How long does it steep?
 *
 *     ## assistant (openai/gpt-4.1)
 *     …
 *
 * A *mark* is a line that means something to us: such a heading, such a comment. A line of a text that looks like a
 * mark gets a backslash in front, one that has such backslashes already gets one more; nothing else in a text is
 * touched. Text lies between the empty line behind its heading (or comment) and the empty line before the next mark. */
#ifndef ASKD_ARCHIVE_MARKDOWN_H
#define ASKD_ARCHIVE_MARKDOWN_H

#include "daemon/archive/conversation.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"

#define MARKDOWN_VERSION 1

/* ERR_TOO_LARGE: over out->max. */
enum error_code archive_write_markdown(struct buf *out, const struct archive_conversation *c, struct error *err);

/* One page. ERR_INVALID_REQUEST with the reason. A page that people wrote needs no more than headings. */
enum error_code archive_read_markdown(const char *text, size_t len, struct archive_conversation **ret,
                                      struct error *err);

/* For both directions. */
enum markdown_mark {
    MARK_NONE,
    MARK_INSTRUCTIONS, /* "## instructions": the conversation's system */
    MARK_MESSAGE,      /* "## user", "## assistant (provider/model)" */
    MARK_REASONING,    /* "### reasoning" */
    MARK_ANSWER,       /* "### answer": the text behind a reasoning */
    MARK_PART,         /* "### part text" */
    MARK_META,         /* "<!-- askd {…} -->" */
};
/* What a line is, which is told without its newline. *escapes: backslashes in front of what would be that mark; then it
 * is text. *rest, *rest_len: what stands behind the mark's words, without blanks at its ends. */
enum markdown_mark markdown_mark(const char *line, size_t len, size_t *escapes, const char **rest, size_t *rest_len);
#define MARKDOWN_META "<!-- askd "
#define MARKDOWN_NEXT "<!-- askd next -->" /* between two pages */

#endif
