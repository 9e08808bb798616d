/* askctl status --format: a line for a prompt or a status bar, of text and {fields}. "{running|idle}" says what stands
 * for a field that is not known; "{{" and "}}" are braces. */
#ifndef CLIENT_CTL_STATUS_FORMAT_H
#define CLIENT_CTL_STATUS_FORMAT_H

#include "client/ctl/ctl.h"

/* Where no daemon runs, or none that answers soon, fields are not known, and there is no line if the format tells of
 * none what stands for it. It starts no daemon, and says nothing of what goes wrong with one. */
int status_format(struct ctl *c, const char *format);

#endif
