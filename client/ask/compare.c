#include "client/ask/compare.h"
#include "client/ask/command.h"
#include "client/ask/compare_text.h"
#include "client/ask/confirm.h"
#include "client/ask/judge.h"
#include "client/ask/pick.h"
#include "client/ask/plain.h"
#include "client/common/ending.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/common/json_print.h"
#include "client/common/view_json.h"
#include "client/common/view_text.h"
#include <stdio.h>
#include <string.h>

enum { WHY = 1536, NAME = 96 /* of a model, before a message */ };

/* What came of a comparison. */
struct comparison {
    const struct asking *a;
    const struct question *q;
    struct models models;
    msgpack_unpacked result; /* a copy: the daemon's message is gone with the next call */
    struct buf memory;
    msgpack_object_array answers;
};

/* -- how the answers are shown -- */

static bool on_screen(const struct asking *a)
{
    return a->args->format == ARGS_TEXT && a->frontend->compare != NULL && a->out->terminal;
}

static struct view *view_of(const struct asking *a)
{
    static const struct view_text_options silent = {.program = ASKING_PROGRAM, .silent = true};
    if (a->args->format == ARGS_JSON_STREAM)
        return view_json_new(a->out);
    if (a->args->format == ARGS_JSON)
        return view_text_new(&silent, a->out);
    return on_screen(a) ? a->frontend->compare(a->args, a->out) : compare_text_new(a->args, a->out);
}

static bool is_done(const msgpack_object *answer)
{
    msgpack_object_map map;
    char state[16];
    return mp_map(answer, &map) && strcmp(field_line(&map, "state", state, sizeof(state)), "done") == 0;
}

/* What went wrong with an answer, or is not to be seen in it, with the model's name before it. */
static void tell(const struct comparison *c, unsigned i)
{
    char text[NAME + sizeof(ASKING_PROGRAM) + 2], program[sizeof(text)];
    const msgpack_object *answer = &c->answers.ptr[i];
    msgpack_object_map map;
    (void)snprintf(text, sizeof(text), "%s: %.*s", ASKING_PROGRAM, NAME, c->models.names[i]);
    error_text(program, sizeof(program), text, strlen(text)); /* no message is to hold what a name may */
    if (is_done(answer)) {
        ending_print(program, answer);
        if (c->a->args->stats)
            plain_stats(answer);
    } else if (!on_screen(c->a) && mp_map(answer, &map)) {
        (void)exit_error(program, mp_get(&map, "error")); /* else it stands below its column */
    }
}

/* As a whole: one that answered is what was asked for. */
static int status_of(const struct comparison *c)
{
    int first = EXIT_OK;
    char text[WHY];
    for (uint32_t i = 0; i < c->answers.size; i++) {
        msgpack_object_map map;
        if (is_done(&c->answers.ptr[i]))
            return EXIT_OK;
        if (first == EXIT_OK && mp_map(&c->answers.ptr[i], &map))
            first = exit_describe(text, sizeof(text), mp_get(&map, "error"));
    }
    return first;
}

/* -- the ranking -- */

static void collect(const struct comparison *c, struct judge_case *into)
{
    *into = (struct judge_case){.n = 0};
    for (unsigned i = 0; i < c->models.n; i++) {
        msgpack_object_map map;
        struct judge_answer *answer = &into->answers[into->n];
        if (!is_done(&c->answers.ptr[i]) || !mp_map(&c->answers.ptr[i], &map) ||
            !field_str(&map, "text", &answer->text, &answer->len) || answer->len == 0)
            continue;
        answer->arm = i;
        into->n++;
    }
}

/* On one line, whatever a judge put into it. */
static void print_reason(struct out *out, const struct judge_place *place)
{
    const char *s = place->reason, *end = s + place->len;
    while (s < end) {
        const char *line = memchr(s, '\n', (size_t)(end - s));
        (void)out_text(out, s, (size_t)((line != NULL ? line : end) - s));
        if (line != NULL)
            (void)out_write(out, " ", 1);
        s = line != NULL ? line + 1 : end;
    }
    (void)out_write(out, "\n", 1);
}

static void print_ranking(const struct comparison *c, const struct verdict *v)
{
    struct out *out = c->a->out;
    char number[16];
    (void)out_puts(out, "\n== Ranking by ");
    (void)out_text(out, c->a->args->judge, strlen(c->a->args->judge));
    (void)out_puts(out, " ==\n");
    for (unsigned i = 0; i < v->n; i++) {
        const char *name = c->models.names[v->places[i].arm];
        (void)snprintf(number, sizeof(number), "%u. ", i + 1);
        (void)out_puts(out, number);
        (void)out_text(out, name, strlen(name));
        (void)out_puts(out, ": ");
        print_reason(out, &v->places[i]);
    }
}

static void put_ranking(struct buf *b, const struct comparison *c, const struct verdict *v)
{
    mp_put_cstr(b, "ranking");
    mp_put_array(b, v->n);
    for (unsigned i = 0; i < v->n; i++) {
        mp_put_map(b, 3);
        mp_put_entry_uint(b, "arm", v->places[i].arm);
        mp_put_entry(b, "model", c->models.names[v->places[i].arm]);
        mp_put_cstr(b, "reason");
        mp_put_str(b, v->places[i].reason, v->places[i].len);
    }
}

/* {model, ranking or error, answer?}: answer is the judge's own answer map. */
static void put_judgement(struct buf *b, const struct comparison *c, const struct verdict *v,
                          const msgpack_object *answer, const char *why)
{
    msgpack_object_map map;
    const bool has_answer = mp_map(answer, &map) && mp_get(&map, "state") != NULL;
    mp_put_map(b, has_answer ? 3 : 2);
    mp_put_entry(b, "model", c->a->args->judge);
    if (why[0] == '\0')
        put_ranking(b, c, v);
    else
        mp_put_entry(b, "error", why);
    if (!has_answer)
        return;
    mp_put_cstr(b, "answer");
    mp_put_object(b, answer);
}

/* EXIT_OK where there is a ranking, or nothing to rank. `judgement`, for who wants JSON, gets a map of it. */
static int judge(const struct comparison *c, struct buf *judgement)
{
    struct judge_case judged;
    struct verdict verdict;
    msgpack_unpacked reply;
    char why[WHY];
    collect(c, &judged);
    if (judged.n < JUDGE_MIN) {
        exit_print(ASKING_PROGRAM, "%s has nothing to rank: fewer than %d models answered", c->a->args->judge,
                   JUDGE_MIN);
        return EXIT_OK;
    }
    verdict_init(&verdict);
    msgpack_unpacked_init(&reply);
    exit_print_wait(ASKING_PROGRAM, "the answers are being ranked");
    int status = judge_ask(c->a, c->q, &judged, &verdict, &reply, why, sizeof(why));
    if (status != EXIT_OK && why[0] != '\0')
        exit_print(ASKING_PROGRAM, "%s has not ranked the answers: %s", c->a->args->judge, why);
    else if (status == EXIT_OK && args_for_people(c->a->args))
        print_ranking(c, &verdict);
    if (status == EXIT_OK && c->a->args->stats)
        plain_stats(&reply.data);
    if (status == EXIT_OK || why[0] != '\0')
        put_judgement(judgement, c, &verdict, &reply.data, why);
    msgpack_unpacked_destroy(&reply);
    verdict_done(&verdict);
    return status;
}

/* -- the end -- */

static void print_packed(struct out *out, const struct buf *packed)
{
    msgpack_unpacked value;
    size_t at = 0;
    msgpack_unpacked_init(&value);
    if (msgpack_unpack_next(&value, (const char *)packed->data, packed->len, &at) == MSGPACK_UNPACK_SUCCESS)
        (void)json_print(out, &value.data);
    msgpack_unpacked_destroy(&value);
}

/* The daemon's result, with `judge` in it where there was one; behind a stream, that alone. */
static void print_json(const struct comparison *c, const struct buf *judgement)
{
    struct out *out = c->a->out;
    msgpack_object_map map = {0};
    const bool whole = c->a->args->format == ARGS_JSON;
    if (!whole && judgement->len == 0)
        return;
    (void)out_write(out, "{", 1);
    (void)mp_map(&c->result.data, &map);
    for (uint32_t i = 0; whole && i < map.size; i++) {
        (void)out_puts(out, i > 0 ? "," : "");
        (void)json_print(out, &map.ptr[i].key);
        (void)out_write(out, ":", 1);
        (void)json_print(out, &map.ptr[i].val);
    }
    if (judgement->len > 0) {
        (void)out_puts(out, whole ? ",\"judge\":" : "\"judge\":");
        print_packed(out, judgement);
    }
    (void)out_puts(out, "}\n");
}

static int finish(const struct comparison *c)
{
    const struct args *args = c->a->args;
    struct buf judgement;
    int judged = EXIT_OK;
    int status = exit_flush(ASKING_PROGRAM, c->a->out, "the answers");
    if (status != EXIT_OK)
        return status;
    for (unsigned i = 0; i < c->models.n; i++)
        tell(c, i);
    buf_init(&judgement, ASKING_PARAMS_MAX);
    if (args->judge != NULL)
        judged = judge(c, &judgement);
    if (!args_for_people(args))
        print_json(c, &judgement);
    buf_done(&judgement);
    status = exit_flush(ASKING_PROGRAM, c->a->out, "the answers");
    if (status == EXIT_OK)
        status = judged != EXIT_OK ? judged : status_of(c);
    return status == EXIT_OK && args->pick ? pick_run(c->a, &c->models, &c->answers) : status;
}

static bool copy_result(struct comparison *c, const msgpack_object *reply)
{
    size_t at = 0;
    msgpack_object_map map;
    mp_put_object(&c->memory, reply);
    return !c->memory.failed &&
           msgpack_unpack_next(&c->result, (const char *)c->memory.data, c->memory.len, &at) ==
               MSGPACK_UNPACK_SUCCESS &&
           mp_map(&c->result.data, &map) && field_array(&map, "answers", &c->answers) && c->answers.size == c->models.n;
}

static int run(struct comparison *c)
{
    msgpack_unpacked reply;
    struct question all = *c->q;
    struct view *view = c->a->asked != NULL ? asked_view(view_of(c->a), c->a->asked) : view_of(c->a);
    if (view == NULL) {
        exit_print(ASKING_PROGRAM, "out of memory");
        return EXIT_OS;
    }
    all.model = NULL;
    all.models = c->models.names;
    all.n_models = c->models.n;
    msgpack_unpacked_init(&reply);
    int status = asking_run(c->a, view, &all, &reply);
    view_free(view);
    const bool known = status == EXIT_OK && copy_result(c, &reply.data);
    if (status == EXIT_OK && !known) {
        exit_print(ASKING_PROGRAM,
                   "the daemon's result has not an answer for each model: check that its version is ours");
        status = EXIT_PROTOCOL;
    }
    msgpack_unpacked_destroy(&reply);
    return known ? finish(c) : status;
}

int compare_run(const struct asking *a, const struct question *q)
{
    struct comparison c = {.a = a, .q = q};
    int status = EXIT_OS;
    if (a->args->pick && !confirm_possible()) {
        exit_print(ASKING_PROGRAM, "--pick asks at a terminal, and there is none: leave it out");
        return EXIT_USAGE;
    }
    buf_init(&c.memory, ASKING_PARAMS_MAX);
    msgpack_unpacked_init(&c.result);
    if (models_split(&c.models, a->args->model))
        status = run(&c);
    else
        exit_print(ASKING_PROGRAM, "out of memory");
    models_done(&c.models);
    msgpack_unpacked_destroy(&c.result);
    buf_done(&c.memory);
    return status;
}
