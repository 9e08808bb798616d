#include "client/ask/again.h"
#include "client/ask/input.h"
#include "client/common/field.h"

bool again_wanted(struct again *again, const msgpack_object *answer)
{
    msgpack_object_map map;
    const char *why, *text = "";
    size_t len, text_len = 0;
    *again = (struct again){.conversation = ""};
    buf_init(&again->answer, INPUT_MAX);
    buf_init(&again->prompt, INPUT_MAX);
    if (!mp_map(answer, &map) || !field_str(&map, "schema_error", &why, &len))
        return false;
    (void)field_str(&map, "text", &text, &text_len);
    (void)buf_append(&again->answer, text, text_len);
    (void)buf_puts(&again->prompt, "Your answer does not fit the JSON schema that was asked for. ");
    (void)buf_append(&again->prompt, why, len);
    (void)buf_puts(&again->prompt,
                   "\nAnswer again, with the whole JSON and nothing else: no code fence, no words around it.");
    (void)field_copy(&map, "conversation", again->conversation, sizeof(again->conversation));
    (void)field_copy(&map, "message", again->message, sizeof(again->message));
    return true;
}

void again_done(struct again *again)
{
    buf_done(&again->answer);
    buf_done(&again->prompt);
}

bool again_possible(const struct again *again, const struct question *q)
{
    return again->message[0] != '\0' || q->template == NULL;
}

void again_ask(const struct again *again, struct question *q)
{
    if (again->message[0] == '\0') {
        q->again = again;
        return;
    }
    q->conversation = again->conversation;
    q->parent = again->message;
    q->attachments = NULL; /* they are in it, as is what the template said */
    q->template = NULL;
    q->n_vars = 0;
    q->prompt = (const char *)again->prompt.data;
    q->prompt_len = again->prompt.len;
}
