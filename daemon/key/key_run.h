/* One run of a command that prints a key: a child in a session of its own, so without a terminal, with nothing to read
 * and an environment in which no key is. It has its time; over it, its process group is asked to end, and then killed.
 *
 * Used by key_command.c alone. */
#ifndef ASKD_KEY_RUN_H
#define ASKD_KEY_RUN_H

#include "lib/base/error.h"
#include "lib/base/secret.h"
#include <uv.h>

struct key_run;

struct key_run_times { /* milliseconds */
    int64_t run;       /* for the command */
    int64_t ending;    /* between SIGTERM and SIGKILL */
    int64_t rest;      /* for what is left in its pipes after it has ended */
};

/* argv: NULL-ended, borrowed until ended is called; what: how messages name it, likewise. ended is called once and
 * later, when nothing of it is left: with the key (the caller's reference), or NULL and the reason. */
struct key_run *key_run_start(uv_loop_t *loop, char *const *argv, const char *what, const struct key_run_times *times,
                              void (*ended)(void *data, struct secret *key, const struct error *err), void *data);
void key_run_kill(struct key_run *r); /* its group, at once; ended is called all the same */

#endif
