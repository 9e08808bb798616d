/* What to do when an attempt failed: the table of doc/protocol.md ("Faults"). Pure. */
#ifndef ASKD_ENGINE_FAULT_H
#define ASKD_ENGINE_FAULT_H

#include "lib/base/error.h"
#include "lib/base/exchange.h"

struct secret;

enum fault_cause {
    FAULT_TRANSPORT,  /* the connection, or a stream that ended before its terminator */
    FAULT_FIRST_BYTE, /* timeouts: the question may be paid for already */
    FAULT_IDLE,
    FAULT_PROVIDER, /* the provider said so, by status or inside its answer */
    FAULT_ABSENT,   /* its key, a local server or a model of it cannot be had */
    FAULT_BREAKER,  /* it failed too often of late, and is left alone for a while */
    FAULT_OWN,      /* a bound of ours, as on those who wait for a provider */
};

enum fault_verdict { FAULT_AGAIN, FAULT_NEXT, FAULT_FAIL };

/* head: NULL where no response came. shown: the asker has seen content already. */
enum fault_verdict fault_judge(enum fault_cause cause, const struct error *err, const struct response_head *head,
                               bool shown);

/* A question for what goes into a gap was refused for its form, as far as that can be told: asked in words, the same
 * model may answer it. known: the provider has answered in that form before; what is no answer is then a bad moment. */
bool fault_is_of_form(enum fault_cause cause, const struct error *err, bool known);

/* Says of a key that was refused where it came from: " (key from file …)". Other errors, and a NULL source, are left as
 * they are. */
void fault_name_key(struct error *err, const char *source);

/* Takes the key that was sent out of a provider's words, also where their end cuts it. key: NULL is fine. */
void fault_hide_key(struct error *err, const struct secret *key);

#endif
