#include "client/ctl/bridge.h"
#include "client/common/call.h"
#include "client/common/exit.h"
#include "client/common/json_read.h"
#include "client/common/signals.h"
#include "lib/proto/frame.h"
#include "lib/proto/mp.h"
#include <stdio.h>
#include <string.h>

enum {
    METHOD_MAX = 128, /* bytes of a method's name; the daemon's are far shorter */
    VALUES_MAX = 262144,
    PACKED_FACTOR = 3, /* by which a line may grow as it is packed: "1e9," becomes nine bytes */
};

void bridge_done(struct bridge *b)
{
    struct bridge_call call;
    ask_close(b->ask);
    b->ask = NULL;
    while (calls_take_last(&b->calls, &call))
        buf_done(&call.id);
}

/* -- what is said to the program -- */

static void refuse(struct bridge *b, const msgpack_object *id, enum error_code code, const char *why)
{
    bridge_put_error(b->form, b->out, id, code, why);
    (void)out_flush(b->out);
}

/* -- our numbers of requests, which are none of the program's -- */

/* The map of an event in a notification of the daemon's, NULL if it is none: [answer, seq, event], or behind what was
 * asked for with `notify` in an array of its own. */
static msgpack_object_map *event_of(msgpack_object *params, const char **answer, size_t *len)
{
    msgpack_object_array *told = params->type == MSGPACK_OBJECT_ARRAY ? &params->via.array : NULL;
    if (told != NULL && told->size > 0 && told->ptr[told->size - 1].type == MSGPACK_OBJECT_ARRAY)
        told = &told->ptr[told->size - 1].via.array;
    const bool is = told != NULL && told->size == 3 && told->ptr[2].type == MSGPACK_OBJECT_MAP &&
                    mp_str(&told->ptr[0], answer, len);
    return is ? &told->ptr[2].via.map : NULL;
}

static msgpack_object *member(msgpack_object_map *map, const char *key)
{
    return (msgpack_object *)(uintptr_t)mp_get(map, key);
}

/* Puts the program's id where an event names the request that made the answer, nil where another one's did. id keeps
 * it. */
static void name_request(struct bridge *b, msgpack_object *params, msgpack_unpacked *id)
{
    const char *answer;
    size_t len, at = 0;
    int64_t msgid;
    msgpack_object_map *event = event_of(params, &answer, &len);
    msgpack_object *named = event != NULL ? member(event, "request") : NULL;
    if (named == NULL || !mp_int(named, &msgid))
        return;
    const struct bridge_call *call = calls_of_answer(&b->calls, (uint32_t)msgid, answer, len);
    named->type = MSGPACK_OBJECT_NIL;
    if (call != NULL &&
        msgpack_unpack_next(id, (const char *)call->id.data, call->id.len, &at) == MSGPACK_UNPACK_SUCCESS)
        *named = id->data;
}

/* The other way: answer.cancel may name the request instead of the answer. False where none such runs. */
static bool number_request(struct bridge *b, const char *method, msgpack_object_map *params)
{
    msgpack_object *named = strcmp(method, "answer.cancel") == 0 ? member(params, "request") : NULL;
    if (named == NULL)
        return true;
    const struct bridge_call *call = calls_of_id(&b->calls, named);
    if (call == NULL)
        return false;
    *named = (msgpack_object){.type = MSGPACK_OBJECT_POSITIVE_INTEGER, .via.u64 = call->msgid};
    return true;
}

static void note_attached(struct bridge_call *call, const char *method, const msgpack_object_map *params)
{
    const msgpack_object *answer = strcmp(method, "answer.attach") == 0 ? mp_get(params, "answer") : NULL;
    const char *s;
    size_t len;
    if (answer != NULL && mp_str(answer, &s, &len) && len < sizeof(call->attached)) {
        memcpy(call->attached, s, len);
        call->attached[len] = '\0';
    }
}

/* Ends a call, with the error's message or with a value of the daemon's. Frees it. */
static void end_call(struct bridge *b, struct bridge_call *call, const char *why, const char *what,
                     const msgpack_object *value)
{
    msgpack_unpacked id;
    size_t at = 0;
    msgpack_unpacked_init(&id);
    if (msgpack_unpack_next(&id, (const char *)call->id.data, call->id.len, &at) == MSGPACK_UNPACK_SUCCESS) {
        if (why != NULL)
            bridge_put_error(b->form, b->out, &id.data, ERR_UNAVAILABLE, why);
        else
            bridge_put_reply(b->form, b->out, &id.data, what, value);
        (void)out_flush(b->out);
    }
    msgpack_unpacked_destroy(&id);
    buf_done(&call->id);
}

/* What was watched is not told of any more: a program that waits for nothing else has to hear of that too. */
static void tell_closed(struct bridge *b, const char *why)
{
    static const char method[] = "bridge.closed";
    msgpack_object told = {.type = MSGPACK_OBJECT_STR};
    told.via.str.ptr = why;
    told.via.str.size = (uint32_t)strlen(why);
    const msgpack_object params = {.type = MSGPACK_OBJECT_ARRAY, .via.array = {.size = 1, .ptr = &told}};
    bridge_put_push(b->form, b->out, method, strlen(method), &params);
    (void)out_flush(b->out);
}

static void lose(struct bridge *b, const char *why)
{
    struct bridge_call call;
    ask_close(b->ask);
    b->ask = NULL;
    while (calls_take_last(&b->calls, &call))
        end_call(b, &call, why, NULL, NULL);
    tell_closed(b, why);
}

/* -- to the daemon -- */

/* A message that the daemon would refuse closes the connection, and with it ends the other requests. */
static enum frame_status check_frame(const char *method, const struct buf *params)
{
    static const struct frame_limits limits = {BRIDGE_LINE_MAX, VALUES_MAX, FRAME_DEPTH_LIMIT};
    struct frame_reader reader;
    struct buf head;
    size_t used;
    buf_init(&head, METHOD_MAX + 64);
    mp_put_array(&head, 4);
    mp_put_uint(&head, 0);
    mp_put_uint(&head, UINT32_MAX);
    mp_put_cstr(&head, method);
    mp_put_array(&head, params->len > 0 ? 1 : 0);
    frame_init(&reader, &limits);
    enum frame_status status = head.failed ? FRAME_TOO_LARGE : frame_feed(&reader, head.data, head.len, &used);
    if (status == FRAME_MORE)
        status = frame_feed(&reader, params->data, params->len, &used);
    buf_done(&head);
    return status;
}

static void send_on(struct bridge *b, const struct bridge_request *r, const char *method, const struct buf *params)
{
    struct ask_error err;
    struct bridge_call *call;
    if (b->ask == NULL)
        b->ask = ask_open(b->options, &err);
    if (b->ask == NULL)
        return refuse(b, r->id, ERR_UNAVAILABLE, err.message);
    call = calls_add(&b->calls, r->id);
    if (call == NULL)
        return refuse(b, NULL, ERR_TOO_LARGE, "the request's id is too long");
    note_attached(call, method, &r->params);
    signals_end_at_once(true); /* a daemon that hangs may never take it all */
    if (ask_send(b->ask, method, params->len > 0 ? params->data : NULL, params->len, &call->msgid, &err) != ASK_OK)
        lose(b, err.message);
    signals_end_at_once(false);
}

static void request(struct bridge *b, struct bridge_request *r)
{
    char method[METHOD_MAX + 1];
    struct buf params;
    if (r->method_len > METHOD_MAX || memchr(r->method, '\0', r->method_len) != NULL)
        return refuse(b, r->id, ERR_UNKNOWN_METHOD, "no method has such a name; hello lists them");
    memcpy(method, r->method, r->method_len);
    method[r->method_len] = '\0';
    if (!number_request(b, method, &r->params))
        return refuse(b, r->id, ERR_NOT_FOUND, "no request of that id runs");
    buf_init(&params, BRIDGE_LINE_MAX);
    if (r->params.size > 0)
        mp_put_object(&params, &(msgpack_object){.type = MSGPACK_OBJECT_MAP, .via.map = r->params});
    const enum frame_status status = params.failed ? FRAME_TOO_LARGE : check_frame(method, &params);
    if (status == FRAME_WHOLE)
        send_on(b, r, method, &params);
    else
        refuse(b, r->id, status == FRAME_TOO_LARGE || status == FRAME_TOO_MANY ? ERR_TOO_LARGE : ERR_INVALID_REQUEST,
               frame_status_text(status));
    buf_done(&params);
}

void bridge_line(struct bridge *b, const char *text, size_t len)
{
    struct buf packed;
    struct bridge_request r = {0};
    msgpack_unpacked line;
    const char *fault = NULL, *wrong;
    char why[256];
    size_t at = 0;
    buf_init(&packed, PACKED_FACTOR * BRIDGE_LINE_MAX);
    msgpack_unpacked_init(&line);
    if (!json_read_value(&packed, text, len, &fault, why, sizeof(why)))
        refuse(b, NULL, ERR_INVALID_REQUEST, why);
    else if (msgpack_unpack_next(&line, (const char *)packed.data, packed.len, &at) != MSGPACK_UNPACK_SUCCESS)
        refuse(b, NULL, ERR_INVALID_REQUEST, "the line cannot be read");
    else if (!bridge_read(b->form, &line.data, &r, &wrong))
        refuse(b, r.id, ERR_INVALID_REQUEST, fault != NULL ? fault : wrong);
    else if (fault != NULL)
        refuse(b, r.id, ERR_INVALID_REQUEST, fault);
    else
        request(b, &r);
    msgpack_unpacked_destroy(&line);
    buf_done(&packed);
}

void bridge_line_too_long(struct bridge *b)
{
    refuse(b, NULL, ERR_TOO_LARGE, "a line holds at most 64 MiB");
}

/* -- from the daemon -- */

static void put_push(struct bridge *b, const struct ask_message *m, msgpack_object *params)
{
    msgpack_unpacked id;
    msgpack_unpacked_init(&id);
    name_request(b, params, &id);
    bridge_put_push(b->form, b->out, m->method, m->method_len, params);
    (void)out_flush(b->out);
    msgpack_unpacked_destroy(&id);
}

static void put_message(struct bridge *b, const struct ask_message *m, msgpack_object *value, bool refused)
{
    struct bridge_call call;
    if (m->kind == ASK_NOTIFICATION) {
        put_push(b, m, value);
    } else if (calls_take(&b->calls, m->msgid, &call)) {
        end_call(b, &call, NULL, refused ? "error" : "result", value);
    }
}

int bridge_take(struct bridge *b, bool *took)
{
    struct ask_error err;
    struct ask_message m;
    *took = false;
    const enum ask_status got = b->ask != NULL ? ask_receive(b->ask, 0, &m, &err) : ASK_TIMEOUT;
    if (got == ASK_TIMEOUT || got == ASK_INTERRUPTED)
        return EXIT_OK;
    *took = true;
    if (got != ASK_OK) {
        lose(b, err.message);
        return EXIT_OK;
    }
    bool refused;
    msgpack_unpacked value;
    msgpack_unpacked_init(&value);
    int status = call_read(b->program, &m, &value, &refused);
    if (status == EXIT_OK)
        put_message(b, &m, &value.data, refused);
    msgpack_unpacked_destroy(&value);
    return status;
}
