/* The verbs of askctl, as rows; and what help says of them. */
#ifndef CLIENT_CTL_VERBS_H
#define CLIENT_CTL_VERBS_H

#include "client/ctl/ctl.h"

extern const struct ctl_verb ctl_verbs[]; /* in the order of the alphabet; the last one has no name */

/* What the command line names: a verb, or a verb of a verb, or so much of that as is there. */
struct verbs_chosen {
    const struct ctl_verb *group; /* the verb that has verbs; NULL if none */
    const struct ctl_verb *verb;  /* NULL where only the group, or nothing, is named */
};

const struct ctl_verb *verbs_find(const struct ctl_verb *table, const char *name); /* NULL: there is none */

/* What help says of all verbs, of a group or of one verb. */
int verbs_help(struct ctl *c, const struct verbs_chosen *which); /* the exit status */

/* What the verbs of a theme are about, in a few words; NULL past the last theme. */
const char *verbs_theme(unsigned theme);

#endif
