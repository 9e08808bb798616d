/* What store.c (the loop's side: who waits, states, counts) and threads.c (transactions) share. */
#ifndef ASKD_STORE_STORE_INTERNAL_H
#define ASKD_STORE_STORE_INTERNAL_H

#include "daemon/core/worker.h"
#include "daemon/store/backend.h"
#include "daemon/store/store.h"
#include <stdatomic.h>

/* What the threads see of a store. It does not change while they run, but for what is marked so. */
struct store_shared {
    const struct store_backend *backend;
    struct store_place place;
    _Atomic int64_t slice_us;   /* changes */
    struct worker_item opening; /* the first item of the writer, who opens the database then */
    struct error refusal;       /* why it is not open; the writer's, and the loop's between opening and opening */
};

/* The lives of the two threads. A read that comes back with `pass` set was not done: from the writer, because the
 * reader is to do it; from the reader, because the database admits one handle. */
void store_writer_run(struct store_shared *s, struct worker *w);
void store_reader_run(struct store_shared *s, struct worker *w);

void store_job_fail(struct store_job *job, const struct error *why); /* the outcome becomes ERR_UNAVAILABLE */

/* Sends a job that was counted to the thread that does it. */
void store_dispatch(struct store *s, struct store_job *job);

/* store_new with a backend of the caller's choice, for tests. */
struct store *store_new_with(uv_loop_t *loop, const struct store_backend *backend, const char *dir,
                             const struct store_options *opt, const struct store_recovery *recovery);

#endif
