/* How the clients end: exit statuses by sysexits(3), and an error as one plain line on stderr. */
#ifndef CLIENT_EXIT_H
#define CLIENT_EXIT_H

#include "client/common/out.h"
#include "lib/ask/ask.h"
#include "lib/base/error.h"
#include <msgpack.h>

enum exit_status {
    EXIT_OK = 0,
    EXIT_OTHER = 1,
    /* An answer that is not what was asked for: it does not fit the schema, or has no code block. Of sysexits none
     * would say so alone. */
    EXIT_MISFIT = 2,
    EXIT_USAGE = 64,
    EXIT_DATA = 65,
    EXIT_NOINPUT = 66,
    EXIT_UNAVAILABLE = 69,
    EXIT_SOFTWARE = 70,
    EXIT_OS = 71,
    EXIT_IO = 74,
    EXIT_AGAIN = 75,
    EXIT_PROTOCOL = 76,
    EXIT_DENIED = 77,
    EXIT_CONFIG = 78,
    EXIT_HANGUP = 129, /* 128 + the signal, like those below */
    EXIT_INTERRUPTED = 130,
    EXIT_QUIT = 131,
    EXIT_PIPE = 141,
    EXIT_TERMINATED = 143
};

/* "program: " and the message, control characters made visible, and a line's end; all in one write to stderr. */
void exit_print(const char *program, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A line stands on stderr's terminal that gives way to what exit_print prints next; that makes it false again. Returns
 * what it was. */
bool exit_erase_first(bool stands);

/* Says what the program waits for, to somebody at a terminal alone. */
void exit_print_wait(const char *program, const char *what);

/* Flushes at the end of all. EXIT_OK, else how to exit after it was told; what: "the answer". */
int exit_flush(const char *program, struct out *out, const char *what);

/* How to exit where the output has stopped, after it was told. */
int exit_unwritten(const char *program, const struct out *out, const char *what);

/* Prints a failure of libask and gives the status to exit with. */
int exit_failure(const char *program, const struct ask_error *err);

/* How to exit for an error of our own. */
int exit_status_for(enum error_code code);

/* How to exit for an error map of the protocol. */
int exit_status_of(const msgpack_object_map *error);

/* The same, and writes what went wrong and what to do about it, as it came: a terminal needs it made harmless. error
 * may be NULL, which is none. */
int exit_describe(char *out, size_t size, const msgpack_object *error);

/* The same, printed. */
int exit_error(const char *program, const msgpack_object *error);

#endif
