/* What the tests of request builders share: a question under way, and its body looked at. */
#ifndef ASKD_TEST_BUILDING_H
#define ASKD_TEST_BUILDING_H

#include "daemon/provider/jsonx.h"
#include "daemon/provider/provider.h"
#include "lib/base/secret.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the four above */
#include <cmocka.h>

#define BODY_MAX (1u << 16)

struct fixture {
    const char *api;
    struct chat_request *r;
    struct provider_target t;
    struct exchange x;
    struct buf left_out;
    struct error err;
};

static inline int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    f->api = "openai-chat";
    f->r = chat_request_new();
    f->t = (struct provider_target){.base_url = "https://h/v1", .dialect = "openai", .model = "m"};
    f->err = (struct error)ERROR_INIT;
    exchange_init(&f->x, BODY_MAX);
    buf_init(&f->left_out, 1024);
    *state = f;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;

    chat_request_free(f->r);
    exchange_done(&f->x);
    buf_done(&f->left_out);
    secret_unref(f->t.key);
    free(f);
    return 0;
}

static inline enum error_code build(struct fixture *f)
{
    exchange_done(&f->x);
    exchange_init(&f->x, BODY_MAX);
    buf_clear(&f->left_out);
    f->err = (struct error)ERROR_INIT;
    return provider_find(f->api)->build(&f->t, f->r, &f->x, &f->left_out, &f->err);
}

static inline void check(struct fixture *f, const char *want)
{
    if (build(f) != ERR_NONE)
        fail_msg("%s", f->err.message);
    if (strcmp(buf_cstr(&f->x.body), want) != 0) { /* cmocka cuts what is long */
        printf("# got: %s\n", buf_cstr(&f->x.body));
        fail_msg("another body than %s", want);
    }
}

/* One member of the body, as text; "" where it is not there. The path has dots: "generationConfig.seed", "messages.0".
 */
static inline void check_member(struct fixture *f, const char *path, const char *want)
{
    enum jsonx_fault fault;
    struct buf out;
    char names[128], *rest = names, *name;

    if (build(f) != ERR_NONE)
        fail_msg("%s", f->err.message);
    json_t *body = jsonx_parse((const char *)f->x.body.data, f->x.body.len, &fault), *at = body;
    snprintf(names, sizeof names, "%s", path);
    while ((name = strsep(&rest, ".")))
        at = json_is_array(at) ? json_array_get(at, strtoul(name, NULL, 10)) : json_object_get(at, name);
    buf_init(&out, BODY_MAX);
    if (at)
        jsonx_dump(at, &out);
    assert_string_equal(buf_cstr(&out), want);
    buf_done(&out);
    json_decref(body);
}

static inline void check_left_out(struct fixture *f, const char *want)
{
    if (build(f) != ERR_NONE)
        fail_msg("%s", f->err.message);
    assert_string_equal(buf_cstr(&f->left_out), want);
}

static inline void check_refused(struct fixture *f, const char *param)
{
    assert_int_equal(build(f), ERR_INVALID_REQUEST);
    assert_string_equal(f->err.param, param);
}

static inline const char *header(const struct exchange *x, const char *name)
{
    for (unsigned i = 0; i < x->n_headers; i++) {
        if (strcmp(x->headers[i].name, name) == 0)
            return x->headers[i].value;
    }
    return NULL;
}

static inline struct value *value_of(const char *json)
{
    enum jsonx_fault fault;
    json_t *root = jsonx_parse(json, strlen(json), &fault);
    msgpack_unpacked u;
    struct buf packed;

    assert_non_null(root);
    buf_init(&packed, BODY_MAX);
    assert_true(jsonx_pack(root, &packed));
    json_decref(root);
    msgpack_unpacked_init(&u);
    assert_int_equal(msgpack_unpack_next(&u, (const char *)packed.data, packed.len, NULL), MSGPACK_UNPACK_SUCCESS);
    struct value *v = value_from_object(&u.data);
    msgpack_unpacked_destroy(&u);
    buf_done(&packed);
    return v;
}

/* ------------------------------------------------------------------------------------------------ what is said */

static inline struct message *say(struct fixture *f, enum role role, const char *text)
{
    struct message *m = chat_request_add_message(f->r, role);

    if (text)
        message_add_text(m, text, strlen(text));
    return m;
}

static inline void ask(struct fixture *f, const char *text)
{
    say(f, ROLE_USER, text);
}

static inline struct part *add_part(struct message *m, enum part_kind kind, const char *text)
{
    struct part *p = message_add_part(m, kind);

    if (text) {
        p->text = strdup(text);
        p->text_len = strlen(text);
    }
    return p;
}

static inline struct part *attach(struct message *m, enum part_kind kind, const char *mime, const char *bytes)
{
    struct part *p = message_add_part(m, kind);

    p->mime = mime ? strdup(mime) : NULL;
    p->data = (uint8_t *)strdup(bytes);
    p->data_len = strlen(bytes);
    return p;
}

static inline struct part *call(struct message *m, const char *id, const char *name, const char *arguments)
{
    struct part *p = add_part(m, PART_TOOL_CALL, arguments);

    p->id = strdup(id);
    p->name = strdup(name);
    return p;
}

static inline struct part *result(struct message *m, const char *id, const char *text)
{
    struct part *p = add_part(m, PART_TOOL_RESULT, text);

    p->id = strdup(id);
    return p;
}

static inline struct part *thought(struct message *m, const char *text, const char *signature, const char *opaque)
{
    struct part *p = add_part(m, PART_REASONING, text);

    p->signature = signature ? strdup(signature) : NULL;
    p->opaque = opaque ? value_of(opaque) : NULL;
    return p;
}

static inline void add_tool(struct fixture *f, const char *name, const char *parameters)
{
    struct tool *t = chat_request_add_tool(f->r);

    t->name = strdup(name);
    t->description = parameters ? strdup("what it does") : NULL;
    t->parameters = parameters ? value_of(parameters) : NULL;
}

/* Two calls at once and their results, in the midst of a conversation that uses all that can be said. */
static inline void tool_loop(struct fixture *f)
{
    struct message *m;

    f->r->system = strdup("be brief");
    m = say(f, ROLE_USER, "what is this?");
    attach(m, PART_IMAGE, "image/png", "png");
    m = say(f, ROLE_ASSISTANT, "I look.");
    call(m, "call_1", "weather", "{\"city\":\"Z\\u00fcrich\"}");
    call(m, "call_2", "time", "");
    m = say(f, ROLE_TOOL, NULL);
    result(m, "call_1", "{\"c\":20}");
    result(m, "call_2", "no clock")->is_error = true;
    ask(f, "and?");
    add_tool(f, "weather", "{\"properties\":{\"city\":{\"type\":\"string\"}},\"type\":\"object\"}");
    add_tool(f, "time", NULL);
}

#endif
