/* How the blocks of CommonMark begin and end: one line looked at, without its indentation. Pure. */
#ifndef CLIENT_TTY_MD_START_H
#define CLIENT_TTY_MD_START_H

#include "client/tty/md_split.h"

bool md_is_heading(const char *s, size_t len);    /* # to ###### */
bool md_is_rule(const char *s, size_t len);       /* *** and the like */
bool md_is_underline(const char *s, size_t len);  /* === or --- below a heading */
bool md_is_delimiters(const char *s, size_t len); /* |---|:-:| below a table's head, within the bound of columns */

/* "[name]: address", which says where links of that name lead. */
bool md_is_definition(const char *s, size_t len);

/* How many characters open a fence, 0 where it is none; s[0] is the character. *info: where what it tells begins. */
unsigned md_fence(const char *s, size_t len, size_t *info);
bool md_is_fence_end(const char *s, size_t len, char fence, unsigned least);

/* What of HTML begins a block here; HTML_NONE: nothing. Of CommonMark's seven kinds the last, any tag that is alone on
 * its line, is text: models put Markdown between tags of their own. */
enum md_html md_html(const char *s, size_t len);
bool md_html_ends(enum md_html html, const char *s, size_t len); /* in this line, which is then its last */

/* The bytes of a list item's mark, 0 where it is none; fills in mark, ordered and number. */
size_t md_item(const char *s, size_t len, struct md_container *c);

/* "[ ] " or "[x] " before an item's text. */
enum md_task md_task(const char *s, size_t len);
enum { MD_TASK_LEN = 4 };

#endif
