/* Commands of a session about what was asked: /retry, /edit, /branch, /compare. */
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/tty/cell.h"
#include "client/tty/message_text.h"
#include "client/tty/session_state.h"
#include "lib/proto/mp.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PREVIEW_MAX = 512 };

static bool nothing_asked(const struct session *s)
{
    const bool nothing = session_keeps(s) ? s->message[0] == '\0' && s->conversation[0] == '\0' : s->question.len == 0;
    if (nothing)
        exit_print(ASKING_PROGRAM, "nothing was asked here yet");
    return nothing;
}

/* -- what the conversation holds -- */

/* The path to the last answer, or where none was seen to the head. False after it was told why not. */
static bool read_path(struct session *s, msgpack_unpacked *reply, msgpack_object_array *messages)
{
    struct buf params;
    msgpack_object_map map;
    char head[ASKED_ID_SIZE];
    bool good = true;
    buf_init(&params, SESSION_PARAMS_MAX);
    if (s->message[0] == '\0') {
        mp_put_map(&params, 1);
        mp_put_entry(&params, "conversation", s->conversation);
        good = session_call(s, "conversation.get", &params, reply);
        if (good && mp_map(&reply->data, &map) && field_copy(&map, "head", head, sizeof(head)))
            memcpy(s->message, head, sizeof(head));
        buf_clear(&params);
    }
    mp_put_map(&params, 2);
    mp_put_entry(&params, "conversation", s->conversation);
    mp_put_entry(&params, "branch", s->message);
    good = good && session_call(s, "conversation.get", &params, reply) && mp_map(&reply->data, &map) &&
           field_array(&map, "messages", messages);
    buf_done(&params);
    return good;
}

static bool is_role(const msgpack_object_map *message, const char *role)
{
    const char *s;
    size_t len;
    return field_str(message, "role", &s, &len) && len == strlen(role) && memcmp(s, role, len) == 0;
}

/* -- /retry, /edit -- */

/* The last answer is known, or looked up. */
static bool find_message(struct session *s)
{
    msgpack_unpacked reply;
    msgpack_object_array messages;
    msgpack_unpacked_init(&reply);
    const bool found = !session_keeps(s) || s->message[0] != '\0' || read_path(s, &reply, &messages);
    msgpack_unpacked_destroy(&reply);
    return found;
}

enum session_next session_retry_last(struct session *s, const char *argument)
{
    (void)argument;
    if (!nothing_asked(s) && find_message(s))
        session_retry(s);
    return SESSION_GO_ON;
}

/* Puts the last question into the line, with its id into s->editing. */
static void edit_kept(struct session *s)
{
    msgpack_unpacked reply;
    msgpack_object_array messages = {0};
    msgpack_object_map message;
    const char *text;
    size_t len;
    msgpack_unpacked_init(&reply);
    uint32_t i = read_path(s, &reply, &messages) ? messages.size : 0;
    while (i-- > 0) {
        if (!mp_map(&messages.ptr[i], &message) || !is_role(&message, "user") ||
            !field_copy(&message, "id", s->editing, sizeof(s->editing)))
            continue;
        message_text(&message, &text, &len);
        session_put_back(s, text, len);
        const msgpack_object *content = mp_get(&message, "content");
        if (content != NULL && content->type == MSGPACK_OBJECT_ARRAY)
            exit_print(ASKING_PROGRAM, "what was attached to it is to be attached again: /attach FILE");
        break;
    }
    msgpack_unpacked_destroy(&reply);
}

enum session_next session_edit(struct session *s, const char *argument)
{
    (void)argument;
    if (nothing_asked(s))
        return SESSION_GO_ON;
    if (session_keeps(s)) {
        edit_kept(s);
    } else {
        session_put_back(s, (const char *)s->question.data, s->question.len);
        s->editing_turn = true;
    }
    return SESSION_GO_ON;
}

/* -- /branch -- */

/* An answer after which the conversation can go on, as a line: its number and the question that it answers. */
static void list_one(struct out *out, unsigned number, const msgpack_object_map *question, unsigned columns)
{
    struct buf cell, line;
    const char *text;
    size_t len;
    buf_init(&cell, 4 * PREVIEW_MAX + 1);
    buf_init(&line, 4 * PREVIEW_MAX + 16);
    message_text(question, &text, &len);
    const char *end = memchr(text, '\n', len);
    len = end != NULL ? (size_t)(end - text) : len;
    cell_append(&cell, text, len < PREVIEW_MAX ? len : PREVIEW_MAX);
    (void)buf_printf(&line, "%4u  ", number);
    if (!cell.failed)
        cell_append_cut(&line, (const char *)cell.data, columns > 6 ? columns - 6 : 1);
    (void)out_puts(out, line.failed ? "" : (const char *)line.data);
    (void)out_puts(out, "\n");
    buf_done(&cell);
    buf_done(&line);
}

/* Numbers the answers on the path; the id of the one that `wanted` counts to, into s->parent. False where there is none
 * so far; wanted 0 lists them. */
static bool walk_answers(struct session *s, const msgpack_object_array *messages, unsigned long wanted)
{
    msgpack_object_map message, question = {0};
    const unsigned columns = out_columns(s->asking.out);
    unsigned number = 0;
    for (uint32_t i = 0; i < messages->size; i++) {
        if (!mp_map(&messages->ptr[i], &message))
            continue;
        if (is_role(&message, "user"))
            question = message;
        if (!is_role(&message, "assistant") || ++number == 0)
            continue;
        if (wanted == 0)
            list_one(s->asking.out, number, &question, columns > 0 ? columns : 80);
        else if (number == wanted)
            return field_copy(&message, "id", s->parent, sizeof(s->parent));
    }
    return false;
}

static void branch_by_number(struct session *s, unsigned long wanted)
{
    msgpack_unpacked reply;
    msgpack_object_array messages;
    msgpack_unpacked_init(&reply);
    if (read_path(s, &reply, &messages)) {
        const bool found = walk_answers(s, &messages, wanted);
        if (wanted > 0 && found)
            exit_print(ASKING_PROGRAM, "the next question follows answer %lu", wanted);
        else if (wanted > 0)
            exit_print(ASKING_PROGRAM, "there is no answer %lu here: /branch lists them", wanted);
        (void)out_flush(s->asking.out);
    }
    msgpack_unpacked_destroy(&reply);
}

enum session_next session_branch(struct session *s, const char *argument)
{
    char *end;
    if (!session_keeps(s)) {
        exit_print(ASKING_PROGRAM, "nothing is stored of this session: there is nothing to branch from");
        return SESSION_GO_ON;
    }
    if (nothing_asked(s))
        return SESSION_GO_ON;
    errno = 0;
    const unsigned long wanted = strtoul(argument, &end, 10);
    if (*end == '\0' && errno == 0 && (argument[0] == '\0' || wanted > 0))
        branch_by_number(s, wanted);
    else if (strlen(argument) < sizeof(s->parent))
        memcpy(s->parent, argument, strlen(argument) + 1);
    else
        exit_print(ASKING_PROGRAM, "that is no message: /branch lists them");
    return SESSION_GO_ON;
}

/* -- /prompt -- */

enum session_next session_template(struct session *s, const char *argument)
{
    const size_t len = strcspn(argument, " \t\n");
    const char *text = argument + len + strspn(argument + len, " \t\n");
    char *name = strndup(argument, len);
    if (name != NULL) {
        s->base.template = name;
        session_ask(s, text, strlen(text));
        s->base.template = NULL;
    }
    if (s->put_back != NULL) { /* the whole command is in the line again */
        free(s->put_back);
        if (asprintf(&s->put_back, "/prompt %s", argument) < 0)
            s->put_back = NULL;
    }
    free(name);
    return SESSION_GO_ON;
}

/* -- /compare -- */

enum session_next session_compare(struct session *s, const char *argument)
{
    const size_t len = strcspn(argument, " \t\n");
    const char *text = argument + len + strspn(argument + len, " \t\n");
    char *models = strndup(argument, len);
    unsigned n = 1;
    bool empty = len == 0;
    for (size_t i = 0; i < len; i++) {
        n += argument[i] == ',';
        empty = empty || (argument[i] == ',' && (i == 0 || i + 1 == len || argument[i + 1] == ','));
    }
    if (models == NULL)
        exit_print(ASKING_PROGRAM, "out of memory");
    else if (n < 2 || n > ARGS_MODELS_MAX || empty)
        exit_print(ASKING_PROGRAM,
                   "/compare takes 2 to %u models with commas between, as /compare gpt-4.1,deepseek-chat",
                   ARGS_MODELS_MAX);
    else if (text[0] != '\0' || (!nothing_asked(s) && find_message(s)))
        session_ask_several(s, models, text, strlen(text));
    free(models);
    return SESSION_GO_ON;
}
