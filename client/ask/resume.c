#include "client/ask/resume.h"
#include "client/common/call.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include <stdio.h>
#include <string.h>

enum {
    PARAMS_MAX = 4096,
    IDS_MAX = 1 << 20, /* bytes of the ids in a list; the daemon keeps fewer */
    TEXT_MAX = 64 << 20
};

static const char instruction[] = "Your last answer was cut off. Go on exactly where it stopped, in the middle of a "
                                  "word if need be. Repeat nothing of it, and say nothing before or about this.";

/* What keeps an interrupted answer from being gone on with. */
enum standing { CAN_GO_ON, IN_NO_CONVERSATION, SAID_NOTHING, LEFT_BEHIND, DELETED };
static const char *const reasons[] = {
    [IN_NO_CONVERSATION] = "was interrupted, but belongs to no conversation, so the model cannot be told what "
                           "it said: askctl attach shows that, ask the question again",
    [SAID_NOTHING] = "was interrupted before it said anything: ask the question again",
    [LEFT_BEHIND] = "was interrupted, but its conversation has gone on since: ask -c goes on with that, askctl "
                    "attach shows what the answer said",
    [DELETED] = "was interrupted, but its conversation was deleted: askctl attach shows what it said",
};

/* A search through the list of interrupted answers. */
struct search {
    const char *program;
    struct ask *ask;
    struct resume *found;
    enum standing newest; /* of the first in the list */
};

static void take_model(struct resume *r, const msgpack_object_map *answer)
{
    const char *provider, *name;
    size_t provider_len, name_len;
    r->model[0] = '\0';
    if (!field_str(answer, "provider", &provider, &provider_len) || !field_str(answer, "model", &name, &name_len) ||
        name_len == 0 || provider_len + name_len + 2 > sizeof(r->model))
        return;
    (void)snprintf(r->model, sizeof(r->model), "%.*s/%.*s", (int)provider_len, provider, (int)name_len, name);
}

static bool is_code(const msgpack_object *error, const char *code)
{
    msgpack_object_map map;
    const char *s;
    size_t len;
    return mp_map(error, &map) && field_str(&map, "code", &s, &len) && len == strlen(code) && memcmp(s, code, len) == 0;
}

/* Whether what the answer said is the last thing that was said there. */
static enum standing standing_of(const struct resume *r, const msgpack_object *conversation)
{
    msgpack_object_map map;
    char head[RESUME_ID_SIZE];
    bool is_head =
        mp_map(conversation, &map) && field_copy(&map, "head", head, RESUME_ID_SIZE) && strcmp(head, r->message) == 0;
    return is_head ? CAN_GO_ON : LEFT_BEHIND;
}

static int look_at_conversation(const struct search *s, enum standing *ret)
{
    const struct resume *r = s->found;
    struct buf params;
    msgpack_unpacked reply;
    bool refused = false;
    buf_init(&params, PARAMS_MAX);
    msgpack_unpacked_init(&reply);
    mp_put_map(&params, 2);
    mp_put_entry(&params, "conversation", r->conversation);
    mp_put_entry(&params, "branch", r->message);
    int status = call_try(s->program, s->ask, "conversation.get", &params, &reply, &refused);
    if (status == EXIT_OK && !refused)
        *ret = standing_of(r, &reply.data);
    else if (status == EXIT_OK && is_code(&reply.data, "not_found"))
        *ret = DELETED;
    else if (status == EXIT_OK)
        status = exit_error(s->program, &reply.data);
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    return status;
}

/* False where it is in no conversation. */
static bool take_place(struct resume *r, const msgpack_object_map *answer)
{
    return field_copy(answer, "conversation", r->conversation, RESUME_ID_SIZE) &&
           field_copy(answer, "message", r->message, RESUME_ID_SIZE);
}

static int take_text(const struct search *s, const msgpack_object_map *answer)
{
    const char *text = "";
    size_t len = 0;
    (void)field_str(answer, "text", &text, &len);
    buf_clear(&s->found->text);
    if (buf_append(&s->found->text, text, len))
        return EXIT_OK;
    exit_print(s->program, "what was said does not fit into memory: askctl attach shows it");
    return EXIT_OS;
}

/* Reads what there is of an answer into s->found. */
static int read_answer(const struct search *s, const char *id, enum standing *ret)
{
    struct resume *r = s->found;
    struct buf params;
    msgpack_unpacked reply;
    msgpack_object_map map;
    buf_init(&params, PARAMS_MAX);
    msgpack_unpacked_init(&reply);
    mp_put_map(&params, 1);
    mp_put_entry(&params, "answer", id);
    int status = call_run(s->program, s->ask, "answer.get", &params, &reply);
    *ret = IN_NO_CONVERSATION;
    if (status == EXIT_OK && mp_map(&reply.data, &map) && take_place(r, &map)) {
        status = take_text(s, &map);
        take_model(r, &map);
        *ret = r->text.len > 0 ? CAN_GO_ON : SAID_NOTHING;
    }
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    return status;
}

static int look_at(const struct search *s, const char *id, enum standing *ret)
{
    int status = read_answer(s, id, ret);
    return status == EXIT_OK && *ret == CAN_GO_ON ? look_at_conversation(s, ret) : status;
}

static bool is_in(const msgpack_object_map *item, const char *conversation)
{
    char id[RESUME_ID_SIZE];
    return conversation == NULL ||
           (field_copy(item, "conversation", id, RESUME_ID_SIZE) && strcmp(id, conversation) == 0);
}

/* Appends the ids of the interrupted answers, the newest first, each in RESUME_ID_SIZE bytes. */
static int list_ids(const struct search *s, const char *conversation, struct buf *ids)
{
    struct buf params;
    msgpack_unpacked reply;
    msgpack_object_array list = {0};
    msgpack_object_map item;
    char id[RESUME_ID_SIZE];
    buf_init(&params, PARAMS_MAX);
    msgpack_unpacked_init(&reply);
    mp_put_map(&params, 1);
    mp_put_entry(&params, "state", "interrupted");
    int status = call_run(s->program, s->ask, "answer.list", &params, &reply);
    if (status == EXIT_OK)
        (void)mp_array(&reply.data, &list);
    for (uint32_t i = 0; i < list.size; i++)
        if (mp_map(&list.ptr[i], &item) && field_copy(&item, "answer", id, RESUME_ID_SIZE) &&
            is_in(&item, conversation))
            (void)buf_append(ids, id, sizeof(id));
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    return status;
}

/* *found: there is one. */
static int search(struct search *s, const struct buf *ids, bool *found)
{
    int status = EXIT_OK;
    *found = false;
    for (size_t at = 0; status == EXIT_OK && !*found && at < ids->len; at += RESUME_ID_SIZE) {
        enum standing standing;
        status = look_at(s, (const char *)ids->data + at, &standing);
        *found = status == EXIT_OK && standing == CAN_GO_ON;
        if (at == 0)
            s->newest = standing;
    }
    return status;
}

static void tell_why(const struct search *s, const struct buf *ids, const char *conversation)
{
    if (ids->len > 0)
        exit_print(s->program, "answer %s %s", (const char *)ids->data, reasons[s->newest]);
    else
        exit_print(s->program, "no answer %swas interrupted: askctl answers shows what there is",
                   conversation != NULL ? "in this conversation " : "");
}

int resume_find(const char *program, struct ask *a, const char *conversation, struct resume *r)
{
    struct search s = {.program = program, .ask = a, .found = r};
    struct buf ids;
    bool found = false;
    *r = (struct resume){0};
    buf_init(&r->text, TEXT_MAX);
    buf_init(&ids, IDS_MAX);
    int status = list_ids(&s, conversation, &ids);
    if (status == EXIT_OK)
        status = search(&s, &ids, &found);
    if (status == EXIT_OK && !found) {
        tell_why(&s, &ids, conversation);
        status = EXIT_OTHER;
    }
    buf_done(&ids);
    return status;
}

void resume_done(struct resume *r)
{
    buf_done(&r->text);
}

void resume_ask(const struct resume *r, struct question *q)
{
    q->prompt = instruction;
    q->prompt_len = sizeof(instruction) - 1;
    q->conversation = r->conversation;
    q->parent = r->message;
    if (q->model == NULL && r->model[0] != '\0')
        q->model = r->model;
}
