#include "daemon/engine/fault.h"
#include "lib/base/secret.h"
#include <stdio.h>
#include <string.h>

#define KEY_MIN 4 /* bytes */
#define HIDDEN "..."
#define CUT_MAX 8      /* bytes that a message cut at a character may be short of its bound */
#define SOURCE_MAX 256 /* bytes of it in a message */

/* Waiting longer than the bound says would be no bound; another provider has its own. */
static enum fault_verdict by_own_code(enum error_code code)
{
    return code == ERR_OVERLOADED || code == ERR_RATE_LIMITED ? FAULT_NEXT : FAULT_FAIL;
}

static enum fault_verdict by_code(enum error_code code)
{
    switch (code) {
    case ERR_RATE_LIMITED:
    case ERR_OVERLOADED:
    case ERR_UNAVAILABLE:
    case ERR_TIMEOUT: return FAULT_AGAIN;
    case ERR_UNAUTHENTICATED:
    case ERR_PERMISSION_DENIED:
    case ERR_NOT_FOUND:
    case ERR_BUDGET_EXCEEDED: return FAULT_NEXT;
    default: return FAULT_FAIL;
    }
}

enum fault_verdict fault_judge(enum fault_cause cause, const struct error *err, const struct response_head *head,
                               bool shown)
{
    if (shown)
        return FAULT_FAIL;
    if (cause == FAULT_FIRST_BYTE || cause == FAULT_IDLE || cause == FAULT_ABSENT || cause == FAULT_BREAKER)
        return FAULT_NEXT;
    if (cause == FAULT_OWN)
        return by_own_code(err->code);
    if (cause == FAULT_PROVIDER && head && head->should_retry == 1)
        return FAULT_AGAIN;
    enum fault_verdict v = by_code(err->code);
    if (v == FAULT_AGAIN && head && head->should_retry == 0)
        return FAULT_NEXT;
    return v;
}

/* A server says in many ways that it has no such address, or its model no such form: 400, 404, 405, 422, 501. */
bool fault_is_of_form(enum fault_cause cause, const struct error *err, bool known)
{
    if (cause != FAULT_PROVIDER)
        return false;
    return err->code == ERR_INVALID_REQUEST || err->code == ERR_NOT_FOUND || err->status == 501 ||
           (err->code == ERR_BAD_RESPONSE && !known);
}

void fault_name_key(struct error *err, const char *source)
{
    char place[SOURCE_MAX], told[sizeof err->message - sizeof place - sizeof " (key from )"];
    if (err->code != ERR_UNAUTHENTICATED || !source)
        return;
    error_text(place, sizeof place, source, strlen(source));
    error_text(told, sizeof told, err->message, strlen(err->message));
    snprintf(err->message, sizeof err->message, "%s (key from %s)", told, place);
}

/* A provider may say which key it does not take. Words as short as that are no key. */
void fault_hide_key(struct error *err, const struct secret *secret)
{
    size_t len = secret ? secret_len(secret) : 0;
    if (len < KEY_MIN)
        return;
    const char *key = secret_reveal(secret);
    char *at;
    while ((at = strstr(err->message, key))) {
        memmove(at + strlen(HIDDEN), at + len, strlen(at + len) + 1);
        memcpy(at, HIDDEN, strlen(HIDDEN));
    }
    size_t n = strlen(err->message);
    if (n < sizeof err->message - CUT_MAX)
        return;
    for (size_t part = len - 1 < n ? len - 1 : n; part >= KEY_MIN; part--) {
        if (memcmp(err->message + n - part, key, part) == 0) {
            memcpy(err->message + n - part, HIDDEN, strlen(HIDDEN) + 1);
            return;
        }
    }
}
