/* Finds the pages of a Markdown file that holds several, as it comes in pieces. Holds one page at a time. Pure. */
#ifndef ASKD_ARCHIVE_PAGES_H
#define ASKD_ARCHIVE_PAGES_H

#include "lib/base/buf.h"

struct pages {
    struct buf page;  /* its max bounds a page */
    size_t line;      /* where in it the last line begins */
    bool over, given; /* it is over the bound; page was handed out */
};

enum pages_found { PAGES_MORE, PAGES_PAGE, PAGES_TOO_LARGE };

void pages_init(struct pages *p, size_t max_page);
void pages_done(struct pages *p);
/* Goes on in the piece, up to a page's end. ended: nothing comes behind it. */
enum pages_found pages_next(struct pages *p, const uint8_t **piece, size_t *len, bool ended);

#endif
