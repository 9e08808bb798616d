#include "client/ask/schema_arg.h"
#include "client/common/json_read.h"
#include "client/common/schema_short.h"
#include "lib/base/fd.h"
#include "lib/base/utf8.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* what: how errors call the text. */
static enum error_code put_text(struct buf *out, const char *text, const char *what, struct error *err)
{
    char why[256];
    if (!utf8_valid(text, strlen(text)))
        return error_set(err, ERR_INVALID_REQUEST, "%s is not UTF-8 text: convert it", what);
    if (text[strspn(text, " \t\r\n")] == '{')
        return json_read_map(out, text, what, why, sizeof(why)) ? ERR_NONE
                                                                : error_set(err, ERR_INVALID_REQUEST, "%s", why);
    if (schema_short_put(out, text, why, sizeof(why)))
        return ERR_NONE;
    return error_set(err, ERR_INVALID_REQUEST, "%s %s", what, why);
}

static enum error_code put_file(struct buf *out, const char *path, struct error *err)
{
    struct buf text;
    char what[160];
    buf_init(&text, SCHEMA_ARG_MAX);
    (void)snprintf(what, sizeof(what), "--schema %.140s", path);
    enum error_code code = fd_read_file(path, false, &text, err);
    if (code == ERR_NONE && memchr(buf_cstr(&text), '\0', text.len) != NULL)
        code = error_set(err, ERR_INVALID_REQUEST, "%s is no text: it holds a NUL", what);
    else if (code == ERR_NONE)
        code = put_text(out, buf_cstr(&text), what, err);
    buf_done(&text);
    return code;
}

enum error_code schema_arg_put(struct buf *out, const char *arg, struct error *err)
{
    if (arg[strspn(arg, " \t\r\n")] == '{')
        return put_text(out, arg, "--schema", err);
    if (access(arg, F_OK) == 0)
        return put_file(out, arg, err);
    if (strchr(arg, ':') == NULL)
        return error_set(err, ERR_NOT_FOUND,
                         "--schema '%.140s' is no file that is there, and no short form: write \"name:str, age:int\"",
                         arg);
    return put_text(out, arg, "--schema", err);
}
