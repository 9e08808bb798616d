/* Errors as values.
 *
 * A function that can fail returns an enum error_code (ERR_NONE is success) and, where the reason is worth telling,
 * takes a `struct error *` that it fills with a sentence a person can act on. The codes are those of the wire, so
 * nothing has to be translated on the way out. Running out of memory for a small fixed-size object is fatal in the
 * daemon (alloc.h); what grows by outside bytes is bounded (buf.h) and fails as a value.
 *
 * A struct error owns nothing: it is copied by assignment. No function ever puts a key into one. */
#ifndef ASKD_BASE_ERROR_H
#define ASKD_BASE_ERROR_H

#include <stdarg.h>
#include <stddef.h>

/* code, name on the wire */
#define ERROR_CODE_MAP(X)                                                                                              \
    X(ERR_NONE, "none")                                                                                                \
    X(ERR_INVALID_REQUEST, "invalid_request")                                                                          \
    X(ERR_UNKNOWN_METHOD, "unknown_method")                                                                            \
    X(ERR_NOT_FOUND, "not_found")                                                                                      \
    X(ERR_PERMISSION_DENIED, "permission_denied")                                                                      \
    X(ERR_UNAUTHENTICATED, "unauthenticated")                                                                          \
    X(ERR_NO_PROVIDER, "no_provider")                                                                                  \
    X(ERR_RATE_LIMITED, "rate_limited")                                                                                \
    X(ERR_BUDGET_EXCEEDED, "budget_exceeded")                                                                          \
    X(ERR_CONTEXT_LENGTH_EXCEEDED, "context_length_exceeded")                                                          \
    X(ERR_CONTENT_FILTERED, "content_filtered")                                                                        \
    X(ERR_OVERLOADED, "overloaded")                                                                                    \
    X(ERR_TIMEOUT, "timeout")                                                                                          \
    X(ERR_UNAVAILABLE, "unavailable")                                                                                  \
    X(ERR_BAD_RESPONSE, "bad_response")                                                                                \
    X(ERR_CANCELLED, "cancelled")                                                                                      \
    X(ERR_INTERRUPTED, "interrupted")                                                                                  \
    X(ERR_TOO_LARGE, "too_large")                                                                                      \
    X(ERR_INTERNAL, "internal")

enum error_code {
#define X(code, name) code,
    ERROR_CODE_MAP(X)
#undef X
        ERR_COUNT
};

struct error {
    enum error_code code;
    char message[512];  /* UTF-8, one line */
    char param[128];    /* the request field at fault, "" if none */
    char provider[64];  /* "" if none */
    char model[128];    /* "" if none */
    int status;         /* HTTP status, 0 if none */
    double retry_after; /* seconds, negative if not told */
};

#define ERROR_INIT                                                                                                     \
    {                                                                                                                  \
        .code = ERR_NONE, .retry_after = -1                                                                            \
    }

/* "rate_limited" for ERR_RATE_LIMITED; never NULL. */
const char *error_name(enum error_code code);

/* The code with that wire name, ERR_NONE if there is none such. */
enum error_code error_from_name(const char *name, size_t len);

/* Fills *err (NULL is fine) and returns code, so that `return error_set(err, ERR_…, "…")` reads well. The message is
 * cut at a character boundary, control characters become spaces. Other fields are reset. */
enum error_code error_set(struct error *err, enum error_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with the field at fault. */
enum error_code error_set_param(struct error *err, const char *param, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts ": strerror(errnum)" behind the message. */
enum error_code error_set_errno(struct error *err, enum error_code code, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Bounded copy into one of the arrays above, cut at a character boundary, made valid UTF-8 and free of control
 * characters. */
void error_text(char *dst, size_t dst_size, const char *src, size_t len);

#endif
