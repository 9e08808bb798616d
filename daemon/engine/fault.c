#include "daemon/engine/fault.h"

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
    if (cause == FAULT_FIRST_BYTE || cause == FAULT_IDLE)
        return FAULT_NEXT;
    if (cause == FAULT_PROVIDER && head && head->should_retry == 1)
        return FAULT_AGAIN;
    enum fault_verdict v = by_code(err->code);
    if (v == FAULT_AGAIN && head && head->should_retry == 0)
        return FAULT_NEXT;
    return v;
}
