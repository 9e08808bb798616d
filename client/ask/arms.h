/* Several answers to one question as they come: whom each was asked of, what it has said, how it ended. Takes events
 * and, at the end, the result of `compare`, which has the last word. Pure. */
#ifndef CLIENT_ASK_ARMS_H
#define CLIENT_ASK_ARMS_H

#include "client/ask/models.h"
#include "client/common/view.h"
#include "lib/base/buf.h"

enum arm_state {
    ARM_WAITING, /* no event has told of it */
    ARM_RUNNING,
    ARM_DONE,
    ARM_FAILED,
    ARM_LEFT /* we went before its end */
};

enum {
    ARM_TEXT_MAX = 64 << 20 /* as much as a message of the protocol */,
    ARM_NAME = 256,
    ARM_SAID = 512,
    ARM_ERROR = 1536
};

/* What is not known is negative, or "". */
struct arm_figures {
    double first_ms; /* to the first token, or piece of reasoning */
    double speed;    /* tokens a second; at the end alone, and of none from the cache */
    int64_t tokens, cost_nano;
    char currency[8];
};

struct arm {
    const char *asked; /* the model's name as it was given */
    enum arm_state state;
    char answered[ARM_NAME]; /* provider/model */
    bool cached, shared;
    struct buf text, reasoning;
    unsigned turn; /* another one: what was said before is void */
    struct arm_figures figures;
    char waits[ARM_SAID];  /* what it waits for, "" for nothing that was told: its place in a queue */
    char note[ARM_SAID];   /* what was told of it last, "" for nothing: that messages were left out */
    char error[ARM_ERROR]; /* of one that failed */
};

struct arms {
    struct models models;
    struct arm arm[ARGS_MODELS_MAX];
    unsigned of_index[ARGS_MODELS_MAX]; /* the arm of each answer, in the order in which events told of them */
    unsigned n, heard;
    int64_t asked_us;
};

/* models: as args_parse has checked it. now_us: of the monotonic clock, as below. False where memory is out. */
bool arms_init(struct arms *a, const char *models, int64_t now_us);
void arms_done(struct arms *a);

/* NULL for an event that tells nothing. */
const struct arm *arms_event(struct arms *a, const struct view_event *e, int64_t now_us);

/* The end; reply: what `compare` returned, NULL where it did not. */
void arms_finish(struct arms *a, const msgpack_object *reply);

bool arm_ended(const struct arm *a);

#endif
