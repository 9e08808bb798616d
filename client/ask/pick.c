#include "client/ask/pick.h"
#include "client/ask/confirm.h"
#include "client/common/call.h"
#include "client/common/escape.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/common/signals.h"
#include <string.h>

/* A key for each answer, by its place: as many as -m may name. 'n' is none of them, for it says no. */
static const char keys[] = "123456789abcdefg";
_Static_assert(sizeof(keys) - 1 >= ARGS_MODELS_MAX, "each model has a key");

enum { ID_SIZE = 64, QUESTION_MAX = 16 << 10, PARAMS_MAX = 512 };

struct place {
    char conversation[ID_SIZE], message[ID_SIZE];
};

/* False where there is nothing to go on from. */
static bool place_of(const msgpack_object *answer, struct place *p)
{
    msgpack_object_map map;
    char state[16];
    return mp_map(answer, &map) && strcmp(field_line(&map, "state", state, sizeof(state)), "done") == 0 &&
           field_copy(&map, "conversation", p->conversation, sizeof(p->conversation)) &&
           field_copy(&map, "message", p->message, sizeof(p->message));
}

/* "Go on from [1] gpt-4.1, [3] deepseek-r1, [n]one? " Returns how many there are to choose from. */
static unsigned put_question(struct buf *question, char choices[sizeof(keys) + 1], const struct models *models,
                             const msgpack_object_array *answers)
{
    struct place place;
    unsigned n = 0;
    (void)buf_puts(question, "Go on from ");
    for (unsigned i = 0; i < models->n && i < answers->size; i++) {
        if (!place_of(&answers->ptr[i], &place))
            continue;
        (void)buf_printf(question, "[%c] ", keys[i]);
        escape_visible(question, models->names[i], strlen(models->names[i]), "");
        (void)buf_puts(question, ", ");
        choices[n++] = keys[i];
    }
    (void)buf_puts(question, "[n]one? ");
    choices[n] = 'n';
    choices[n + 1] = '\0';
    return n;
}

static int move_head(const struct asking *a, const struct place *place)
{
    struct buf params;
    msgpack_unpacked reply;
    buf_init(&params, PARAMS_MAX);
    msgpack_unpacked_init(&reply);
    mp_put_map(&params, 2);
    mp_put_entry(&params, "conversation", place->conversation);
    mp_put_entry(&params, "message", place->message);
    int status = call_run(ASKING_PROGRAM, a->ask, "conversation.head", &params, &reply);
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    return status;
}

int pick_run(const struct asking *a, const struct models *models, const msgpack_object_array *answers)
{
    char choices[sizeof(keys) + 1];
    struct buf question;
    struct place place;
    buf_init(&question, QUESTION_MAX);
    char chosen = 'n';
    if (put_question(&question, choices, models, answers) > 0)
        chosen = confirm_choose(buf_cstr(&question), choices);
    buf_done(&question);
    if (signals_pending() != 0)
        return 128 + signals_pending();
    if (chosen == 'n' || !place_of(&answers->ptr[strchr(keys, chosen) - keys], &place))
        return EXIT_OK;
    int status = move_head(a, &place);
    if (status == EXIT_OK)
        exit_print(ASKING_PROGRAM, "the conversation goes on from the answer of %s",
                   models->names[strchr(keys, chosen) - keys]);
    return status;
}
