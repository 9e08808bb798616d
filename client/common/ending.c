#include "client/common/ending.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include "lib/base/error.h"
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 256 };

static const struct {
    const char *finish, *meaning;
    bool goes_on; /* the conversation can be continued where it stopped */
} endings[] = {
    {"length", "the answer is cut off: it reached the limit of its tokens", true},
    {"content_filter",
     "the provider's content filter ended the answer: word the prompt otherwise or choose another model", false},
    {"refusal", "the model refused to answer: word the prompt otherwise or choose another model", false},
    {"pause", "the model paused before its answer was complete", true},
    {"other", "the provider ended the answer for a reason that askd does not know", false},
};

static bool is(const char *s, size_t len, const char *word)
{
    return len == strlen(word) && memcmp(s, word, len) == 0;
}

static uint32_t count_images(const msgpack_object_map *answer)
{
    msgpack_object_array parts;
    msgpack_object_map part;
    const char *type;
    size_t len;
    uint32_t n = 0;
    if (!field_array(answer, "content", &parts))
        return 0;
    for (uint32_t i = 0; i < parts.size; i++)
        n += mp_map(&parts.ptr[i], &part) && field_str(&part, "type", &type, &len) && is(type, len, "image");
    return n;
}

/* "a, b", as many as there is room for. */
static bool name_calls(char *out, size_t size, const msgpack_object_map *answer)
{
    msgpack_object_array calls;
    msgpack_object_map call;
    const char *name;
    size_t len, at = 0;
    out[0] = '\0';
    if (!field_array(answer, "tool_calls", &calls))
        return false;
    for (uint32_t i = 0; i < calls.size; i++) {
        if (!mp_map(&calls.ptr[i], &call) || !field_str(&call, "name", &name, &len))
            continue;
        int n = snprintf(out + at, size - at, "%s%.*s", at > 0 ? ", " : "", len < 128 ? (int)len : 128, name);
        if (n < 0 || (size_t)n >= size - at) {
            (void)snprintf(out + at, size - at, ", …");
            break;
        }
        at += (size_t)n;
    }
    return calls.size > 0;
}

/* False where the answer ended as answers do. */
static bool print_meaning(const char *program, const msgpack_object_map *answer)
{
    const char *finish;
    size_t len;
    if (!field_str(answer, "finish_reason", &finish, &len))
        return false;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (!is(finish, len, endings[i].finish))
            continue;
        bool kept = endings[i].goes_on && mp_get(answer, "conversation") != NULL;
        exit_print(program, "%s%s", endings[i].meaning, kept ? ": ask -c goes on from there" : "");
        return true;
    }
    return false;
}

static void name_of(char out[NAME_SIZE], const msgpack_object_map *map)
{
    char provider[NAME_SIZE / 2], model[NAME_SIZE / 2];
    (void)snprintf(out, NAME_SIZE, "%s/%s", field_line(map, "provider", provider, sizeof(provider)),
                   field_line(map, "model", model, sizeof(model)));
}

/* Nobody is to take the answer for that of the model that was meant. Who has lost a race has not failed. */
static void print_stand_in(const char *program, const msgpack_object_map *answer)
{
    msgpack_object_array attempts;
    msgpack_object_map first, error;
    char asked[NAME_SIZE], answered[NAME_SIZE], code[32], why[512];
    if (!field_array(answer, "attempts", &attempts) || attempts.size == 0 || !mp_map(&attempts.ptr[0], &first) ||
        !field_map(&first, "error", &error) || strcmp(field_line(&error, "code", code, sizeof(code)), "cancelled") == 0)
        return;
    name_of(asked, &first);
    name_of(answered, answer);
    if (strcmp(asked, answered) != 0)
        exit_print(program, "%s answers, since %s failed: %s", answered, asked,
                   field_line(&error, "message", why, sizeof(why)));
}

void ending_print(const char *program, const msgpack_object *answer)
{
    msgpack_object_map map;
    const char *s, *id = "";
    char calls[512];
    size_t len, id_len = 0;
    if (!mp_map(answer, &map) || mp_get(&map, "finish_reason") == NULL)
        return;
    (void)field_str(&map, "answer", &id, &id_len);
    print_stand_in(program, &map);
    bool told = print_meaning(program, &map);
    if (field_str(&map, "schema_error", &s, &len)) {
        exit_print(program, "the answer does not fit the schema: %.*s", (int)len, s);
        told = true;
    }
    uint32_t images = count_images(&map);
    if (name_calls(calls, sizeof(calls), &map)) {
        exit_print(program, "the model calls %s, which nobody runs here: askctl attach %.*s --json shows with what",
                   calls, (int)id_len, id);
        told = true;
    }
    if (images > 0)
        exit_print(program, "the answer holds %u image%s: askctl attach %.*s --json shows all of it", images,
                   images > 1 ? "s" : "", (int)id_len, id);
    if (!told && images == 0 && field_str(&map, "text", &s, &len) && len == 0)
        exit_print(program, "the answer is empty");
}
