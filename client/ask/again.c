#include "client/ask/again.h"
#include "client/ask/input.h"
#include "client/common/field.h"

static void begin(struct again *again, const msgpack_object_map *answer)
{
    const char *text = "";
    size_t len = 0;
    *again = (struct again){.conversation = ""};
    buf_init(&again->answer, INPUT_MAX);
    buf_init(&again->prompt, INPUT_MAX);
    (void)field_str(answer, "text", &text, &len);
    (void)buf_append(&again->answer, text, len);
    (void)field_copy(answer, "conversation", again->conversation, sizeof(again->conversation));
    (void)field_copy(answer, "message", again->message, sizeof(again->message));
}

bool again_wanted(struct again *again, const msgpack_object *answer)
{
    msgpack_object_map map = {0};
    const char *why;
    size_t len;
    const bool wanted = mp_map(answer, &map) && field_str(&map, "schema_error", &why, &len);
    begin(again, &map);
    if (!wanted)
        return false;
    (void)buf_puts(&again->prompt, "Your answer does not fit the JSON schema that was asked for. ");
    (void)buf_append(&again->prompt, why, len);
    (void)buf_puts(&again->prompt,
                   "\nAnswer again, with the whole JSON and nothing else: no code fence, no words around it.");
    return true;
}

void again_because(struct again *again, const msgpack_object_map *answer, const char *prompt)
{
    begin(again, answer);
    (void)buf_puts(&again->prompt, prompt);
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
