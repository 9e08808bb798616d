/* Text with places in it, which are filled in. Pure.
 *
 * A place is {{name}} or {{name:default}}: a name begins with a letter or `_` and goes on with letters, digits, `_` and
 * `-`; a default goes up to the next }}, is one line, holds no {{ and may be empty. Whatever else stands between
 * braces is text, so that {{ other }} and {{#each}} of other template languages stay as they are. A backslash before a
 * place makes text of it and goes away; two are one backslash before a place that is filled in. Elsewhere a backslash
 * is a backslash.
 *
 * A value goes in as it is: what looks like a place in it is text. */
#ifndef ASKD_PROMPT_TEMPLATE_H
#define ASKD_PROMPT_TEMPLATE_H

#include "lib/base/buf.h"
#include "lib/base/error.h"
#include <stdbool.h>
#include <stddef.h>

#define TEMPLATE_SIZE_MAX ((size_t)256 << 10) /* bytes of its text */
#define TEMPLATE_VARIABLES_MAX 64             /* names in one; each may have many places */
#define TEMPLATE_NAME_MAX 64                  /* bytes of a name; what is longer is no place */
#define TEMPLATE_PLACES_MAX 4096

struct template; /* immutable; owns all that it tells of */

struct template_variable {
    char *name;
    char *otherwise; /* the first default that any of its places has, NULL if none has one */
};

struct template_value {
    const char *name;
    const char *text; /* need not end in NUL */
    size_t len;
};

/* The text is copied. ERR_TOO_LARGE, ERR_INVALID_REQUEST: over one of the bounds, or a NUL in it. */
enum error_code template_parse(const char *text, size_t len, struct template **ret, struct error *err);
struct template *template_free(struct template *t); /* NULL is fine; always returns NULL */

/* In the order in which they first stand in it. */
const struct template_variable *template_variables(const struct template *t, size_t *n);
bool template_has(const struct template *t, const char *name);
const char *template_text(const struct template *t, size_t *len); /* as it was parsed */

/* Appends the text with its places filled in; a value that no place asks for is left out. A place without a value gets
 * its variable's default, and stays as it is where there is none: whoever must have them looks first. ERR_TOO_LARGE:
 * over out->max, and *out is of no use. */
enum error_code template_fill(const struct template *t, const struct template_value *values, size_t n, struct buf *out,
                              struct error *err);

#endif
