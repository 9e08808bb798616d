#include "client/ctl/wait_notify.h"
#include "client/common/field.h"
#include "client/ctl/notify.h"
#include "lib/base/error.h"
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 256 };

static void take_words(wait_words words, const msgpack_object_map *item)
{
    const char *preview;
    size_t len;
    if (!field_str(item, "preview", &preview, &len))
        return;
    error_text(words, WAIT_WORDS_SIZE, preview, len);
    char *space = len >= WAIT_WORDS_SIZE ? strrchr(words, ' ') : NULL;
    if (space != NULL)
        *space = '\0';
}

static bool is_id(const msgpack_object_map *item, const char *id)
{
    const char *s;
    size_t len;
    return field_str(item, "answer", &s, &len) && len == strlen(id) && memcmp(s, id, len) == 0;
}

static void read_list(const struct ctl *c, const msgpack_object *reply, wait_words *words)
{
    msgpack_object_array list = {0};
    msgpack_object_map item;
    (void)mp_array(reply, &list);
    for (uint32_t i = 0; i < list.size; i++)
        for (int k = 0; mp_map(&list.ptr[i], &item) && k < c->n_args; k++)
            if (is_id(&item, c->args[k]))
                take_words(words[k], &item);
}

int wait_notify_words(struct ctl *c, struct ask *a, wait_words *words)
{
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    int status = ctl_call(c, a, "answer.list", NULL, &reply);
    if (status == EXIT_OK)
        read_list(c, &reply.data, words);
    msgpack_unpacked_destroy(&reply);
    return status;
}

void wait_notify(const wait_words words, const msgpack_object *answer)
{
    msgpack_object_map map;
    const char *state = "", *model = "";
    size_t state_len = 0, model_len = 0;
    char title[NAME_SIZE], text[NAME_SIZE];
    if (!mp_map(answer, &map))
        return;
    (void)field_str(&map, "state", &state, &state_len);
    (void)field_str(&map, "model", &model, &model_len);
    int n = snprintf(text, sizeof(text), "%.*s%s%.*s", (int)(model_len < 128 ? model_len : 128), model,
                     model_len > 0 ? ": " : "", (int)(state_len < 32 ? state_len : 32), state);
    error_text(title, sizeof(title), text, n > 0 ? (size_t)n : 0);
    notify_tell(title, words);
}
