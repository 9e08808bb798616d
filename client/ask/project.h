/* The project file of the folder in which ask runs, where it is trusted: what it says goes for whatever the command
 * line leaves open. One that is not trusted is left alone, and only somebody at a terminal is told. */
#ifndef CLIENT_ASK_PROJECT_H
#define CLIENT_ASK_PROJECT_H

#include "client/ask/args.h"
#include "client/ask/attach.h"
#include "client/ask/question.h"
#include "client/common/project_file.h"

#define PROJECT_MATCHES 256   /* files that its patterns may name together */
#define PROJECT_ENTRIES 20000 /* entries of folders that are looked at for one pattern */

/* Finds and reads it; p->path is "" where there is none to go by. The caller has initialised it. ERR_INVALID_REQUEST:
 * it is trusted, and says what is not understood; ERR_INTERNAL. */
enum error_code project_load(struct project_file *p, const struct args *args, const char *program, struct error *err);

/* Fills in what is not told. What begins a conversation (system, prompt, attach) is left out where one is gone on with.
 * q borrows from p. */
void project_fill(const struct project_file *p, const struct args *args, struct question *q);

/* Attaches its files, in the order of their names for each pattern. Only regular files in its folder or below: a link
 * that leads out is ERR_PERMISSION_DENIED. A pattern that names no file is told on stderr. ERR_TOO_LARGE: over a bound.
 */
enum error_code project_attach(const struct project_file *p, const struct args *args, const char *program,
                               struct attach *a, struct error *err);

#endif
