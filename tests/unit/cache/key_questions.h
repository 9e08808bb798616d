/* Keys of questions: a maker for the test's time, a question that tells every field, and two targets. */
#ifndef ASKD_TESTS_KEY_QUESTIONS_H
#define ASKD_TESTS_KEY_QUESTIONS_H

#include "daemon/cache/key.h"
#include "lib/base/alloc.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SCOPE "uid:1000"

static const char *const some_headers[] = {"X-Team: blue", "x-app: askd", NULL};
static const struct key_target some_target = {"work", "https://api.example/v1", "openai-chat", "deepseek", some_headers,
                                              "large"};
static const struct key_target bare_target = {.provider = "work", .model = "large"};

static struct key_maker *maker;

static inline int set_up(void **state)
{
    (void)state;
    maker = key_maker_new();
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    maker = key_maker_free(maker);
    return maker != NULL;
}

/* A value of a literal that holds MessagePack. */
#define VALUE(bytes) value_of(bytes, sizeof(bytes) - 1)
static inline struct value *value_of(const char *bytes, size_t len)
{
    msgpack_unpacked u;

    msgpack_unpacked_init(&u);
    assert_int_equal(msgpack_unpack_next(&u, bytes, len, NULL), MSGPACK_UNPACK_SUCCESS);
    struct value *v = value_from_object(&u.data);
    msgpack_unpacked_destroy(&u);
    assert_non_null(v);
    return v;
}

static inline struct part *add_part(struct chat_request *r, enum role role, enum part_kind kind, const char *text)
{
    struct part *p = message_add_part(chat_request_add_message(r, role), kind);

    p->text = xstrdup(text);
    p->text_len = text ? strlen(text) : 0;
    return p;
}

static inline void set_data(struct part *p, const char *data)
{
    free(p->data);
    p->data = (uint8_t *)xstrdup(data);
    p->data_len = strlen(data);
}

/* A question that tells every field, so that each can be changed and left out. */
enum { FIRST, PICTURE, CALL, RESULT, THOUGHT };

static inline struct chat_request *full_question(void)
{
    struct chat_request *r = chat_request_new();

    add_part(r, ROLE_USER, PART_TEXT, "What is in it?");
    struct part *picture = add_part(r, ROLE_USER, PART_IMAGE, NULL);
    picture->mime = xstrdup("image/png");
    picture->name = xstrdup("a.png");
    set_data(picture, "PNG");
    struct part *call = add_part(r, ROLE_ASSISTANT, PART_TOOL_CALL, "{}");
    call->id = xstrdup("call-1");
    call->name = xstrdup("look");
    call->opaque = VALUE("\x81\xa1s\xa1t");
    struct part *result = add_part(r, ROLE_TOOL, PART_TOOL_RESULT, "a cat");
    result->id = xstrdup("call-1");
    struct part *thought = add_part(r, ROLE_ASSISTANT, PART_REASONING, "Hm.");
    thought->signature = xstrdup("sig");

    struct tool *t = chat_request_add_tool(r);
    t->name = xstrdup("look");
    t->description = xstrdup("looks");
    t->parameters = VALUE("\x81\xa4type\xa6object");
    r->tool_choice = TOOL_CHOICE_NAMED;
    r->tool_choice_name = xstrdup("look");
    r->system = xstrdup("Be brief.");
    r->schema = VALUE("\x81\xa4type\xa6object");
    r->extra = VALUE("\x81\xa1k\x01");
    chat_request_add_stop(r, "END", 3);
    r->has_temperature = r->has_top_p = r->has_seed = r->has_max_tokens = true;
    r->temperature = 0.5, r->top_p = 0.25, r->seed = 7, r->max_tokens = 100;
    r->reasoning = REASONING_LOW;
    return r;
}

static inline struct part *part_of(struct chat_request *r, size_t message)
{
    return &r->messages[message].parts[0];
}

static inline void replace(char **s, const char *by)
{
    free(*s);
    *s = xstrdup(by);
}

static inline void replace_value(struct value **v, struct value *by)
{
    value_unref(*v);
    *v = by;
}

static inline struct cache_key key_of(struct chat_request *r, const char *scope, const struct key_target *target)
{
    struct cache_key key;

    assert_true(key_question(maker, scope, r));
    key_for(maker, target, &key);
    return key;
}

static inline void check_all_differ(const struct cache_key *keys, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (key_equal(&keys[i], &keys[k]))
                fail_msg("rows %zu and %zu have the same key", k, i);
}

#endif
