/* What the daemon makes of keys that were stored or removed. */
#ifndef CLIENT_CTL_KEY_CHANGE_H
#define CLIENT_CTL_KEY_CHANGE_H

#include "client/ctl/ctl.h"

enum { KEY_CHANGE_MAX = 64 }; /* providers; more than there are usual variables */

struct key_change {
    const char *names[KEY_CHANGE_MAX]; /* of providers, borrowed */
    size_t n;
    const char *folder; /* of keys */
    bool removed;
};

/* Has a daemon that runs read its keys anew, and says what it has now. One is not started for that. The exit status. */
int key_change_tell(struct ctl *c, const struct key_change *change);

/* Does the daemon's key of that provider, of whose source it tells so, come from what lies in our folder? */
bool key_change_is_ours(const char *folder, const char *name, const char *source);

#endif
