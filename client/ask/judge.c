#include "client/ask/judge.h"
#include "client/common/call.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/common/json_read.h"
#include "client/common/schema_short.h"
#include "client/common/signals.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { VERDICT_MAX = 32 << 20 /* of an answer of the protocol */, SCHEMA_MAX = 4096 };

void verdict_init(struct verdict *v)
{
    *v = (struct verdict){.n = 0};
    buf_init(&v->memory, VERDICT_MAX);
    msgpack_unpacked_init(&v->read);
}

void verdict_done(struct verdict *v)
{
    msgpack_unpacked_destroy(&v->read);
    buf_done(&v->memory);
    v->n = 0;
}

/* -- what it reads -- */

static void put_part(struct buf *b, const char *mark, const char *name, const char *text, size_t len)
{
    (void)buf_printf(b, "<%s-%s>\n", mark, name);
    (void)buf_append(b, text, len);
    (void)buf_printf(b, "\n</%s-%s>\n", mark, name);
}

void judge_put(struct buf *b, const char *mark, const struct judge_case *c)
{
    put_part(b, mark, "question", c->question, c->len);
    for (unsigned i = 0; i < c->n; i++) {
        const char letter[] = {(char)('A' + (int)i), '\0'};
        (void)buf_putc(b, '\n');
        put_part(b, mark, letter, c->answers[i].text, c->answers[i].len);
    }
}

bool judge_mark_occurs(const char *mark, const struct judge_case *c)
{
    bool occurs = memmem(c->question, c->len, mark, strlen(mark)) != NULL;
    for (unsigned i = 0; i < c->n && !occurs; i++)
        occurs = memmem(c->answers[i].text, c->answers[i].len, mark, strlen(mark)) != NULL;
    return occurs;
}

/* False where there is no chance to be had. */
static bool find_mark(char mark[JUDGE_MARK], const struct judge_case *c)
{
    uint64_t dice;
    do {
        if (getrandom(&dice, sizeof(dice), 0) != sizeof(dice))
            return false;
        (void)snprintf(mark, JUDGE_MARK, "data%016" PRIx64, dice);
    } while (judge_mark_occurs(mark, c));
    return true;
}

static bool shuffle(struct judge_case *c)
{
    uint32_t dice[ARGS_MODELS_MAX];
    if (getrandom(dice, sizeof(dice), 0) != sizeof(dice))
        return false;
    for (unsigned i = c->n; i > 1; i--) {
        const unsigned k = dice[i - 1] % i;
        const struct judge_answer kept = c->answers[i - 1];
        c->answers[i - 1] = c->answers[k];
        c->answers[k] = kept;
    }
    return true;
}

/* -- what it says -- */

static bool has_place(const struct verdict *v, unsigned arm)
{
    for (unsigned i = 0; i < v->n; i++)
        if (v->places[i].arm == arm)
            return true;
    return false;
}

static bool read_place(struct verdict *v, const msgpack_object *place, const struct judge_case *c)
{
    msgpack_object_map map;
    const char *letter;
    size_t len;
    struct judge_place *p = &v->places[v->n];
    if (!mp_map(place, &map) || !field_str(&map, "answer", &letter, &len) || len != 1 || letter[0] < 'A' ||
        letter[0] >= (char)('A' + (int)c->n) || !field_str(&map, "reason", &p->reason, &p->len))
        return false;
    p->arm = c->answers[letter[0] - 'A'].arm;
    if (has_place(v, p->arm))
        return false;
    v->n++;
    return true;
}

bool judge_read(struct verdict *v, const char *json, const struct judge_case *c, char *why, size_t why_size)
{
    msgpack_object_map map;
    msgpack_object_array ranking;
    size_t at = 0;
    if (json[strspn(json, " \t\r\n")] != '{') {
        (void)snprintf(why, why_size, "its answer is no JSON object: have another model rank them");
        return false;
    }
    if (!json_read_map(&v->memory, json, "its answer", why, why_size))
        return false;
    bool good =
        msgpack_unpack_next(&v->read, (const char *)v->memory.data, v->memory.len, &at) == MSGPACK_UNPACK_SUCCESS &&
        mp_map(&v->read.data, &map) && field_array(&map, "ranking", &ranking) && ranking.size == c->n;
    for (uint32_t i = 0; good && i < ranking.size; i++)
        good = read_place(v, &ranking.ptr[i], c);
    if (!good) {
        v->n = 0;
        (void)snprintf(why, why_size, "it did not give each answer one place: have another model rank them");
    }
    return good;
}

/* -- the question -- */

/* The answer's form: each letter is one that was dealt. */
static bool put_schema(struct buf *schema, unsigned n, char *why, size_t why_size)
{
    char text[128] = "ranking:{answer:(A";
    size_t at = strlen(text);
    for (unsigned i = 1; i < n; i++, at += 2)
        (void)snprintf(text + at, sizeof(text) - at, "|%c", 'A' + (int)i);
    (void)snprintf(text + at, sizeof(text) - at, "), reason:str}[]");
    return schema_short_put(schema, text, why, why_size);
}

/* What a prompt of the library made of the input: that is the question. */
static int render(const struct asking *a, const struct question *q, struct buf *into, char *why, size_t why_size)
{
    struct buf params;
    msgpack_unpacked reply;
    msgpack_object_map map;
    const char *s;
    size_t len;
    bool refused = false;
    int status = EXIT_DATA;
    buf_init(&params, ASKING_PARAMS_MAX);
    msgpack_unpacked_init(&reply);
    question_put_render(&params, q);
    if (!params.failed)
        status = call_try(ASKING_PROGRAM, a->ask, "prompt.render", &params, &reply, &refused);
    if (status == EXIT_OK && refused)
        status = exit_describe(why, why_size, &reply.data);
    else if (status == EXIT_OK && mp_map(&reply.data, &map) && field_str(&map, "prompt", &s, &len))
        (void)buf_append(into, s, len);
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    return status;
}

static int call(const struct asking *a, const struct question *q, msgpack_unpacked *reply, char *why, size_t why_size)
{
    struct buf params;
    bool refused = false;
    int status = asking_encode(q, &params);
    if (status == EXIT_OK)
        status = call_try(ASKING_PROGRAM, a->ask, "chat", &params, reply, &refused);
    buf_done(&params);
    return status == EXIT_OK && refused ? exit_describe(why, why_size, &reply->data) : status;
}

static int read_answer(const msgpack_object *answer, const struct judge_case *c, struct verdict *v, char *why,
                       size_t why_size)
{
    msgpack_object_map map;
    const char *s;
    size_t len;
    struct buf text;
    if (!mp_map(answer, &map) || !field_str(&map, "text", &s, &len))
        len = 0, s = "";
    buf_init(&text, VERDICT_MAX);
    (void)buf_append(&text, s, len);
    const bool good = judge_read(v, buf_cstr(&text), c, why, why_size);
    buf_done(&text);
    return good ? (int)EXIT_OK : (int)EXIT_MISFIT;
}

/* The case is as the judge is to see it. */
static int ask_about(const struct asking *a, const struct question *q, const struct judge_case *c, struct verdict *v,
                     msgpack_unpacked *reply, char *why, size_t why_size)
{
    char mark[JUDGE_MARK], var[JUDGE_MARK + 8];
    const char *const vars[] = {var};
    struct buf input, schema;
    int status = EXIT_OS;
    buf_init(&input, ASKING_PARAMS_MAX);
    buf_init(&schema, SCHEMA_MAX);
    if (!find_mark(mark, c)) {
        (void)snprintf(why, why_size, "there is no random number to be had");
    } else if (put_schema(&schema, c->n, why, why_size)) {
        (void)snprintf(var, sizeof(var), "mark=%s", mark);
        judge_put(&input, mark, c);
        const struct question question = {.prompt = buf_cstr(&input),
                                          .prompt_len = input.len,
                                          .model = a->args->judge,
                                          .cache = q->cache,
                                          .template = "judge",
                                          .vars = vars,
                                          .n_vars = 1,
                                          .budget = q->budget,
                                          .schema = &schema,
                                          .attachments = q->attachments};
        if (input.failed)
            (void)snprintf(why, why_size, "the answers do not fit into one message");
        else if ((status = call(a, &question, reply, why, why_size)) == EXIT_OK)
            status = read_answer(&reply->data, c, v, why, why_size);
    }
    buf_done(&schema);
    buf_done(&input);
    return status;
}

int judge_ask(const struct asking *a, const struct question *q, struct judge_case *c, struct verdict *v,
              msgpack_unpacked *reply, char *why, size_t why_size)
{
    struct buf rendered;
    int status = EXIT_OK;
    why[0] = '\0';
    buf_init(&rendered, ASKING_PARAMS_MAX);
    if (q->template != NULL)
        status = render(a, q, &rendered, why, why_size);
    c->question = q->template != NULL ? buf_cstr(&rendered) : q->prompt;
    c->len = q->template != NULL ? rendered.len : q->prompt_len;
    if (status == EXIT_OK && !shuffle(c)) {
        (void)snprintf(why, why_size, "there is no random number to be had");
        status = EXIT_OS;
    }
    if (status == EXIT_OK)
        status = ask_about(a, q, c, v, reply, why, why_size);
    buf_done(&rendered);
    c->question = "", c->len = 0;
    return signals_pending() != 0 ? 128 + signals_pending() : status;
}
