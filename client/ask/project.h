/* The project file of the folder in which ask runs, where it is trusted: what it says goes for whatever the command
 * line leaves open. One that is not trusted is left alone, and only somebody at a terminal is told. */
#ifndef CLIENT_ASK_PROJECT_H
#define CLIENT_ASK_PROJECT_H

#include "client/ask/args.h"
#include "client/ask/attach.h"
#include "client/ask/question.h"
#include "client/common/project_file.h"

/* Finds and reads it; p->path is "" where there is none to go by. The caller has initialised it. ERR_INVALID_REQUEST:
 * it is trusted, and says what is not understood; ERR_INTERNAL. */
enum error_code project_load(struct project_file *p, const struct args *args, const char *program, struct error *err);

/* Fills in what is not told. What begins a conversation (system, prompt, attach) is left out where one is gone on with.
 * q borrows from p. */
void project_fill(const struct project_file *p, const struct args *args, struct question *q);

/* Its folder, with a slash at the end. p->path is not "". */
void project_folder(const struct project_file *p, char folder[PATH_MAX]);

/* Attaches its files (globs.h). Only those in its folder or below. */
enum error_code project_attach(const struct project_file *p, const struct args *args, const char *program,
                               struct attach *a, struct error *err);

#endif
