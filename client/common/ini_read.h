/* INI files, for the clients: the project file, and sections of askd.conf. inih takes lines apart; what it does not
 * tell is found here while it asks for them: their number, one over its bound, which it would cut in two, and whether
 * one goes on with the value above. It is loaded when there is a file to read and not before, so that ask links with
 * libc and msgpack-c alone and starts as fast as ever where there is none. */
#ifndef CLIENT_INI_READ_H
#define CLIENT_INI_READ_H

#include "lib/base/buf.h"
#include "lib/base/error.h"

#define INI_VALUE_MAX ((size_t)64 << 10) /* bytes of a value with the lines that go on with it */

struct ini_reader;

/* What a file is made of. Either returns false after ini_fail, which ends the reading. */
struct ini_handler {
    /* What stands between the brackets. *wanted, which is false before: its keys are handed over. */
    bool (*section)(void *data, struct ini_reader *r, const char *name, size_t len, bool *wanted);
    /* A key, before its value is read to its end; NULL: any will do. */
    bool (*key)(void *data, struct ini_reader *r, const char *key);
    /* The value has a NUL behind it, and may be taken by its buf. It is not empty. */
    bool (*pair)(void *data, struct ini_reader *r, const char *key, struct buf *value);
    bool top; /* the keys before the first section are wanted */
};

/* Reads the content; path is for errors. ERR_INVALID_REQUEST: with file and line; ERR_INTERNAL: libinih is not there.
 */
enum error_code ini_read(const char *path, const struct buf *content, const struct ini_handler *handler, void *data,
                         struct error *err);

/* "PATH:LINE: WHAT REASON", what is made visible; always false. */
bool ini_fail(struct ini_reader *r, const char *what, const char *reason);
unsigned ini_line(const struct ini_reader *r);

/* Takes KIND "NAME" apart: the name in it, NULL where it is nothing like that. */
const char *ini_named(const char *section, size_t len, const char *kind, size_t *name_len);

#endif
