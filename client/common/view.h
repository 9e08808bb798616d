/* Where what comes of answers is shown: as text, as lines of JSON, on a screen. A stream hands on what it receives, and
 * flushes the view's output; a view writes to that output and to nothing else. */
#ifndef CLIENT_VIEW_H
#define CLIENT_VIEW_H

#include "client/common/out.h"
#include <msgpack.h>

enum view_kind {
    VIEW_OTHER, /* of a later version */
    VIEW_START,
    VIEW_TEXT,
    VIEW_REASONING,
    VIEW_TOOL_CALL,
    VIEW_IMAGE,
    VIEW_PROGRESS,
    VIEW_RETRY,
    VIEW_USAGE,
    VIEW_DONE,
    VIEW_ERROR
};

/* Borrowed until the call returns. */
struct view_event {
    const char *answer; /* its id, with a NUL */
    unsigned index;     /* of the answer, in the order in which those of this call were first heard of */
    int64_t seq;
    enum view_kind kind;
    const msgpack_object *event; /* a map */
    msgpack_object_map map;      /* the same */
};

struct view;

/* Each but free may be NULL: then nothing is done. */
struct view_ops {
    /* What was said of the answer before this call, which what comes goes on with. NULL: it is printed. */
    void (*said)(struct view *v, const char *text, size_t len);
    void (*event)(struct view *v, const struct view_event *e);
    /* What had arrived was handed on; now is the time to draw. */
    void (*settle)(struct view *v);
    /* Milliseconds until settle is wanted though nothing came; -1: never. */
    int (*wait)(const struct view *v);
    /* The call is over: what it returned, or NULL where it failed, was lost or was cancelled, which is told on stderr
     * next. Leaves the output at the beginning of a line where it is a terminal. */
    void (*end)(struct view *v, const msgpack_object *reply);
    void (*free)(struct view *v);
};

/* The first member of what implements it. */
struct view {
    const struct view_ops *ops;
    struct out *out; /* borrowed */
    int status;      /* of exit.h: how to exit where all else went well, known at the end */
    bool hidden;     /* set by the caller: where answers are drawn, that one is waited for is all that is shown */
};

void view_said(struct view *v, const char *text, size_t len);
void view_event(struct view *v, const struct view_event *e);
void view_settle(struct view *v);
int view_wait(const struct view *v);
void view_end(struct view *v, const msgpack_object *reply);
void view_free(struct view *v); /* NULL is fine */

/* By its name in the protocol. */
enum view_kind view_kind_of(const char *type, size_t len);

/* The string under that name of the event. False where it is none, or empty. */
bool view_str(const struct view_event *e, const char *name, const char **s, size_t *len);

#endif
