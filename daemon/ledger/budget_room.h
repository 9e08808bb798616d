/* What budgets the configuration has: sections [budget "name"], with the [rates] that those in money go by. Read off
 * the loop, for names of users are looked up; what comes of it is immutable and counted. */
#ifndef ASKD_LEDGER_BUDGET_ROOM_H
#define ASKD_LEDGER_BUDGET_ROOM_H

#include "daemon/core/config.h"
#include "daemon/ledger/amount.h"
#include "daemon/ledger/period.h"
#include "daemon/ledger/rates.h"
#include <sys/types.h>

extern const struct config_room budget_room;

/* What a budget can be narrowed by, of one request. NULL: not told. All borrowed. */
struct budget_subject {
    uid_t uid;
    const char *client, *directory, *label;
    const char *host;     /* NULL: the daemon's machine */
    const char *provider; /* the section's name */
    const char *model;    /* the provider's name for it */
    const char *model_id; /* the catalogue's */
};

struct budget_rule {
    const char *name;
    struct amount limit;
    enum period per;
    bool any_uid;
    uid_t uid;                                                 /* else this one */
    const char *provider, *model, *client, *directory, *label; /* NULL: any */
    const char *host;       /* "": the daemon's machine; NULL: any, or with a directory the daemon's */
    int64_t warn;           /* per cent of the limit, 0: never */
    bool allow_unpriced;    /* of money: what has no price counts 0 */
    int64_t reserve_output; /* tokens, where a question does not say */
};

/* Whether such a request counts in it. */
bool budget_rule_applies(const struct budget_rule *r, const struct budget_subject *s);
/* Whether the two count the same, in the same windows: what one counted, the other has counted. */
bool budget_rule_same(const struct budget_rule *a, const struct budget_rule *b);

struct budget_rules;

/* A limit that is none, a user who does not exist, a folder that is not absolute and a wrong rate are errors with file
 * and line. */
enum error_code budget_rules_load(const struct config *c, struct budget_rules **ret, struct error *err);
struct budget_rules *budget_rules_ref(struct budget_rules *rs);
struct budget_rules *budget_rules_unref(struct budget_rules *rs); /* NULL is fine; always returns NULL */
size_t budget_rules_count(const struct budget_rules *rs);
const struct budget_rule *budget_rules_at(const struct budget_rules *rs, size_t i);
const struct rates *budget_rules_rates(const struct budget_rules *rs);

#endif
