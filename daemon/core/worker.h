/* A thread with a mailbox, for what may block (a database). Items go in on the loop, are worked on by the thread in
 * the order they came, and come back on the loop in the order they were given back.
 *
 * An item is embedded in whatever the owner submits. It belongs to the worker from worker_submit until `done` is called
 * with it, which is never before worker_submit has returned. The thread is the owner's function: it takes items, as
 * many at a time as it likes, and gives each back once (or puts it behind the others, to let them pass). While the
 * thread has an item, its link is the thread's to use. Nothing but the functions marked so may be called on the thread.
 *
 * The mailbox has no bound of its own. Its owner knows which items can be refused, and an item may pass through more
 * than one worker: the owner counts what it lets in (store.h: max_waiting). */
#ifndef ASKD_CORE_WORKER_H
#define ASKD_CORE_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include <uv.h>

struct worker;

struct worker_item {
    TAILQ_ENTRY(worker_item) link;
};
TAILQ_HEAD(worker_items, worker_item);

struct worker_hooks {
    /* The thread's life: worker_take until it gives NULL, then return. It has all signals blocked, and a stack of
     * 256 KiB. */
    void (*run)(void *data, struct worker *w);
    /* On the loop: an item that was given back. It may submit, and close the worker. */
    void (*done)(void *data, struct worker_item *item);
};

/* name: of the thread, at most 15 bytes. NULL where no thread can be had. Until it is closed the worker keeps the loop
 * alive. */
struct worker *worker_new(uv_loop_t *loop, const char *name, const struct worker_hooks *hooks, void *data);
void worker_submit(struct worker *w, struct worker_item *item); /* not after worker_close */

/* Everything that was submitted is worked on and given back, then the thread ends, `closed` is called on the loop and
 * the worker is gone. */
void worker_close(struct worker *w, void (*closed)(void *data), void *data);

/* On the thread. wait: blocks until there is one; NULL: the worker closes and nothing is left. Without wait: NULL where
 * there is none now. */
struct worker_item *worker_take(struct worker *w, bool wait);
void worker_give(struct worker *w, struct worker_item *item);    /* it is done */
void worker_requeue(struct worker *w, struct worker_item *item); /* it goes on later, behind the others */

#endif
