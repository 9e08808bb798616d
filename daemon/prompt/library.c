#include "daemon/prompt/library.h"
#include "daemon/core/log.h"
#include "daemon/core/timer.h"
#include "lib/base/alloc.h"
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define READINGS_MAX 3 /* in a row, for one use, while the folders keep changing */

enum library_state {
    LIBRARY_UNREAD,
    LIBRARY_READING,
    LIBRARY_KNOWN,
    LIBRARY_STALE,
    LIBRARY_CLOSED,
};

struct waiter {
    library_ready *ready;
    void *data;
    STAILQ_ENTRY(waiter) link;
};
STAILQ_HEAD(waiters, waiter); /* each a client's call: the server bounds those */

struct watch {
    uv_fs_event_t handle;
    struct library *library;
    char *path, *awaits; /* as in prompt_watch */
    dev_t dev;
    ino_t ino;
    bool wanted; /* by the set that was read last */
    LIST_ENTRY(watch) link;
};
LIST_HEAD(watches, watch);

struct library {
    enum library_state state;
    uv_loop_t *loop;
    uv_work_t work;
    struct timer *soon;
    char *folders[PROMPT_FOLDERS_MAX + 1];
    struct prompt_set *set; /* NULL until the first one was read */
    struct watches watches;
    bool watched;            /* all that the set wants is */
    bool changed;            /* something did, since the reading began */
    unsigned readings;       /* in a row */
    struct waiters waiting;  /* for what is known, or for the reading under way */
    struct waiters next;     /* who came while it was: for what comes after it */
    struct prompt_set *read; /* the worker's, from uv_queue_work until on_read */
};

static void on_soon(void *data);

struct library *library_new(uv_loop_t *loop, const char *const *folders)
{
    struct library *l = NEW(struct library);
    l->loop = loop;
    l->work.data = l;
    for (size_t i = 0; folders[i]; i++)
        l->folders[i] = xstrdup(folders[i]);
    LIST_INIT(&l->watches);
    STAILQ_INIT(&l->waiting);
    STAILQ_INIT(&l->next);
    l->soon = timer_new(loop, on_soon, l);
    return l;
}

static void library_free(struct library *l)
{
    for (size_t i = 0; l->folders[i]; i++)
        free(l->folders[i]);
    prompt_set_free(l->set);
    free(l);
}

static void tell(struct waiters *list, const struct prompt_set *set, const struct error *err)
{
    struct waiter *w;
    while ((w = STAILQ_FIRST(list))) {
        STAILQ_REMOVE_HEAD(list, link);
        w->ready(w->data, set, err);
        free(w);
    }
}

/* -- watches -- */

static void on_watch_closed(uv_handle_t *h)
{
    struct watch *w = h->data;
    free(w->path);
    free(w->awaits);
    free(w);
}

static void stop_watch(struct watch *w)
{
    LIST_REMOVE(w, link);
    uv_close((uv_handle_t *)&w->handle, on_watch_closed);
}

static bool concerns(const struct watch *w, const char *name)
{
    const char *own = strrchr(w->path, '/'); /* what happens to the folder itself is told by its own name */
    return !w->awaits || !name || strcmp(name, w->awaits) == 0 || strcmp(name, own ? own + 1 : w->path) == 0;
}

static void on_change(uv_fs_event_t *h, const char *name, int events, int status)
{
    struct watch *w = h->data;
    struct library *l = w->library;
    (void)events;
    if (status == 0 && !concerns(w, name))
        return;
    l->changed = true;
    if (l->state == LIBRARY_KNOWN)
        l->state = LIBRARY_STALE;
}

static bool start_watch(struct library *l, const struct prompt_watch *wanted)
{
    struct watch *w = NEW(struct watch);
    *w = (struct watch){.library = l,
                        .path = xstrdup(wanted->path),
                        .awaits = xstrdup(wanted->awaits),
                        .dev = wanted->dev,
                        .ino = wanted->ino,
                        .wanted = true};
    uv_fs_event_init(l->loop, &w->handle);
    w->handle.data = w;
    LIST_INSERT_HEAD(&l->watches, w, link);
    const int r = uv_fs_event_start(&w->handle, on_change, w->path, 0);
    if (r == 0)
        return true;
    log_info("%s cannot be watched (%s): prompts are read at each use", w->path, uv_strerror(r));
    stop_watch(w);
    return false;
}

static bool same(const struct watch *w, const struct prompt_watch *wanted)
{
    return w->dev == wanted->dev && w->ino == wanted->ino && strcmp(w->path, wanted->path) == 0 &&
           strcmp(w->awaits ? w->awaits : "", wanted->awaits ? wanted->awaits : "") == 0;
}

static struct watch *find_watch(struct library *l, const struct prompt_watch *wanted)
{
    struct watch *w;
    LIST_FOREACH (w, &l->watches, link)
        if (same(w, wanted))
            return w;
    return NULL;
}

static void stop_watches(struct library *l, bool wanted_too)
{
    for (struct watch *w = LIST_FIRST(&l->watches), *next; w; w = next) {
        next = LIST_NEXT(w, link);
        if (wanted_too || !w->wanted)
            stop_watch(w);
    }
}

/* Watches what the set was read from, and nothing else. True where something was not watched while it was read. */
static bool watch_set(struct library *l)
{
    const struct prompt_set *s = l->set;
    struct watch *w;
    bool new = false;
    l->watched = !s->unwatchable;
    LIST_FOREACH (w, &l->watches, link)
        w->wanted = false;
    for (size_t i = 0; l->watched && i < s->n_watches; i++) {
        w = find_watch(l, &s->watches[i]);
        if (w) {
            w->wanted = true;
        } else {
            l->watched = start_watch(l, &s->watches[i]);
            new = true;
        }
    }
    stop_watches(l, !l->watched);
    return new && l->watched;
}

/* -- readings -- */

static void read_set(uv_work_t *work)
{
    struct library *l = work->data;
    l->read = prompt_set_read((const char *const *)l->folders);
}

static bool was_told(const struct prompt_set *before, const struct prompt *p)
{
    const struct prompt *old = before ? prompt_set_find(before, p->name, strlen(p->name)) : NULL;
    return old && old->error && strcmp(old->error, p->error) == 0;
}

/* What is wrong is told once, and again where it is another thing. */
static void log_faults(const struct prompt_set *before, const struct prompt_set *now)
{
    for (size_t i = 0; i < now->n; i++)
        if (now->prompts[i]->error && !was_told(before, now->prompts[i]))
            log_warn("a prompt cannot be used: %s", now->prompts[i]->error);
    if (now->warning && !(before && before->warning && strcmp(before->warning, now->warning) == 0))
        log_warn("prompts: %s", now->warning);
}

static void on_read(uv_work_t *work, int status);

static void begin(struct library *l)
{
    l->state = LIBRARY_READING;
    l->changed = false;
    l->readings++;
    uv_queue_work(l->loop, &l->work, read_set, on_read);
}

static void take_over(struct library *l)
{
    struct prompt_set *old = l->set;
    l->set = l->read;
    l->read = NULL;
    log_faults(old, l->set);
    prompt_set_free(old);
}

static void serve(struct library *l)
{
    struct waiters now = STAILQ_HEAD_INITIALIZER(now);
    l->readings = 0;
    STAILQ_CONCAT(&now, &l->waiting);
    STAILQ_CONCAT(&l->waiting, &l->next);
    if (!STAILQ_EMPTY(&l->waiting))
        timer_start(l->soon, 0);
    tell(&now, l->set, NULL);
}

static void on_read(uv_work_t *work, int status)
{
    struct library *l = work->data;
    (void)status; /* nobody cancels it */
    if (l->state == LIBRARY_CLOSED) {
        prompt_set_free(l->read);
        library_free(l);
        return;
    }
    take_over(l);
    const bool again = watch_set(l) || l->changed;
    l->state = again ? LIBRARY_STALE : LIBRARY_KNOWN;
    if (again && l->readings < READINGS_MAX)
        begin(l);
    else
        serve(l);
}

/* A turn of the loop after somebody asked: what the kernel had told of the folders by then has been heard. */
static void on_soon(void *data)
{
    struct library *l = data;
    if (l->state == LIBRARY_READING)
        return;
    if (l->state == LIBRARY_KNOWN && l->watched)
        serve(l);
    else
        begin(l);
}

void library_use(struct library *l, library_ready *ready, void *data)
{
    struct waiter *w = NEW(struct waiter);
    *w = (struct waiter){.ready = ready, .data = data};
    if (l->state == LIBRARY_READING) {
        STAILQ_INSERT_TAIL(&l->next, w, link);
        return;
    }
    STAILQ_INSERT_TAIL(&l->waiting, w, link);
    timer_start(l->soon, 0);
}

struct library *library_close(struct library *l)
{
    struct error err = ERROR_INIT;
    if (!l)
        return NULL;
    error_set(&err, ERR_INTERRUPTED, "the daemon ends");
    tell(&l->waiting, NULL, &err);
    tell(&l->next, NULL, &err);
    l->soon = timer_free(l->soon);
    stop_watches(l, true);
    if (l->state == LIBRARY_READING)
        l->state = LIBRARY_CLOSED;
    else
        library_free(l);
    return NULL;
}
