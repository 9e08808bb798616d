/* What askctl(1) says of a verb beyond its row. */
#ifndef ASKD_DOC_ASKCTL_TEXTS_H
#define ASKD_DOC_ASKCTL_TEXTS_H

struct askctl_text {
    const char *verb; /* "conv export" */
    const char *text; /* in the Markdown of mdoc.h */
};
extern const struct askctl_text askctl_texts[]; /* in the order of the alphabet; the last one has no verb */

#endif
