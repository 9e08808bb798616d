#include "client/ask/arms.h"
#include "client/ask/plain.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include <stdio.h>
#include <string.h>

static const struct arm_figures no_figures = {.first_ms = -1, .speed = -1, .tokens = -1, .cost_nano = -1};

bool arms_init(struct arms *a, const char *models, int64_t now_us)
{
    *a = (struct arms){.asked_us = now_us};
    if (!models_split(&a->models, models))
        return false;
    a->n = a->models.n;
    for (unsigned i = 0; i < a->n; i++) {
        struct arm *arm = &a->arm[i];
        arm->asked = a->models.names[i];
        arm->figures = no_figures;
        buf_init(&arm->text, ARM_TEXT_MAX);
        buf_init(&arm->reasoning, ARM_TEXT_MAX);
    }
    return true;
}

void arms_done(struct arms *a)
{
    for (unsigned i = 0; i < a->n; i++) {
        buf_done(&a->arm[i].text);
        buf_done(&a->arm[i].reasoning);
    }
    models_done(&a->models);
    a->n = 0;
}

bool arm_ended(const struct arm *a)
{
    return a->state >= ARM_DONE;
}

/* -- events -- */

static void take_name(struct arm *a, const msgpack_object_map *map)
{
    char provider[ARM_NAME / 2], model[ARM_NAME / 2];
    (void)field_line(map, "provider", provider, sizeof(provider));
    (void)field_line(map, "model", model, sizeof(model));
    (void)snprintf(a->answered, sizeof(a->answered), "%s%s%s", provider, provider[0] != '\0' ? "/" : "", model);
}

static void take_usage(struct arm *a, const msgpack_object_map *usage)
{
    (void)field_int(usage, "output_tokens", &a->figures.tokens);
    (void)field_int(usage, "cost_nano", &a->figures.cost_nano);
    (void)field_copy(usage, "currency", a->figures.currency, sizeof(a->figures.currency));
}

static void take_progress(struct arm *a, const msgpack_object_map *progress)
{
    (void)field_line(progress, "message", mp_get(progress, "fraction") != NULL ? a->waits : a->note, ARM_SAID);
}

static void fail(struct arm *a, const msgpack_object *error)
{
    a->state = ARM_FAILED;
    (void)exit_describe(a->error, sizeof(a->error), error);
}

/* Its first event tells which arm the answer is. */
static struct arm *begin(struct arms *a, const struct view_event *e)
{
    int64_t at;
    if (e->index != a->heard || e->index >= ARGS_MODELS_MAX || !field_int(&e->map, "arm", &at) || at < 0 ||
        at >= (int64_t)a->n || a->arm[at].state != ARM_WAITING)
        return NULL;
    struct arm *arm = &a->arm[at];
    a->of_index[a->heard++] = (unsigned)at;
    arm->state = ARM_RUNNING;
    arm->cached = field_true(&e->map, "cached");
    arm->shared = field_true(&e->map, "shared");
    take_name(arm, &e->map);
    return arm;
}

/* What was said before is void. */
static void begin_anew(struct arm *a, const msgpack_object_map *retry)
{
    buf_clear(&a->text);
    buf_clear(&a->reasoning);
    a->turn++;
    a->figures = no_figures;
    a->waits[0] = a->note[0] = '\0';
    take_name(a, retry);
}

static void say(struct arms *a, struct arm *arm, struct buf *into, const struct view_event *e, int64_t now_us)
{
    const char *s;
    size_t len;
    if (!view_str(e, "text", &s, &len))
        return;
    (void)buf_append(into, s, len);
    if (arm->figures.first_ms < 0)
        arm->figures.first_ms = (double)(now_us - a->asked_us) / 1e3;
}

const struct arm *arms_event(struct arms *a, const struct view_event *e, int64_t now_us)
{
    if (e->kind == VIEW_START)
        return begin(a, e);
    if (e->index >= a->heard)
        return NULL;
    struct arm *arm = &a->arm[a->of_index[e->index]];
    switch (e->kind) {
    case VIEW_TEXT: say(a, arm, &arm->text, e, now_us); break;
    case VIEW_REASONING: say(a, arm, &arm->reasoning, e, now_us); break;
    case VIEW_RETRY: begin_anew(arm, &e->map); break;
    case VIEW_PROGRESS: take_progress(arm, &e->map); break;
    case VIEW_USAGE: take_usage(arm, &e->map); break;
    case VIEW_DONE: arm->state = ARM_DONE; break;
    case VIEW_ERROR: fail(arm, e->event); break;
    default: return NULL;
    }
    return arm;
}

/* -- the end -- */

/* Events and map say the same, but where we could not keep all of what they brought. */
static void take_text(struct arm *a, struct buf *into, const msgpack_object_map *map, const char *key)
{
    const char *s = "";
    size_t len = 0;
    (void)field_str(map, key, &s, &len);
    if (!into->failed && len == into->len && (len == 0 || memcmp(s, into->data, len) == 0))
        return;
    buf_clear(into);
    (void)buf_append(into, s, len);
    a->turn++;
}

static void take_timing(struct arm *a, const msgpack_object_map *usage, const msgpack_object_map *timing)
{
    (void)field_double(timing, "first_token_ms", &a->figures.first_ms);
    if (a->cached || !plain_speed(usage, timing, &a->figures.speed))
        a->figures.speed = -1;
}

static void finish(struct arm *a, const msgpack_object_map *map)
{
    char state[16];
    msgpack_object_map usage = {0}, timing;
    a->cached = field_true(map, "cached");
    a->shared = field_true(map, "shared");
    take_name(a, map);
    take_text(a, &a->text, map, "text");
    take_text(a, &a->reasoning, map, "reasoning");
    a->figures = no_figures;
    if (field_map(map, "usage", &usage))
        take_usage(a, &usage);
    if (field_map(map, "timing", &timing))
        take_timing(a, &usage, &timing);
    if (strcmp(field_line(map, "state", state, sizeof(state)), "done") == 0)
        a->state = ARM_DONE;
    else
        fail(a, mp_get(map, "error"));
}

void arms_finish(struct arms *a, const msgpack_object *reply)
{
    msgpack_object_map map;
    msgpack_object_array answers = {0};
    if (reply != NULL && mp_map(reply, &map))
        (void)field_array(&map, "answers", &answers);
    for (unsigned i = 0; i < a->n; i++) {
        if (i < answers.size && mp_map(&answers.ptr[i], &map))
            finish(&a->arm[i], &map);
        else if (!arm_ended(&a->arm[i]))
            a->arm[i].state = ARM_LEFT;
    }
}
