/* The verbs of askctl keys, and what they share. No key, nor a part of one, is ever printed. */
#ifndef CLIENT_CTL_KEYS_H
#define CLIENT_CTL_KEYS_H

#include "client/ctl/ctl.h"
#include "lib/base/error.h"

int keys_import(struct ctl *c);
int keys_list(struct ctl *c);
int keys_rm(struct ctl *c);
int keys_test(struct ctl *c);

int keys_fail(const struct ctl *c, const struct error *err); /* how to exit, after it was told */
bool keys_check_name(const struct ctl *c, const char *name); /* false, and told, where a provider has no such name */

#endif
