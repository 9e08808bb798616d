/* Jobs for the tests of backends: made, run on a backend in a folder of its own, and looked into. */
#ifndef ASKD_TESTS_STORE_BACKEND_JOBS_H
#define ASKD_TESTS_STORE_BACKEND_JOBS_H

#include "daemon/store/backend.h"
#include "lib/base/alloc.h"
#include "lib/proto/codec.h"
#include "tests/unit/folder_remove.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define T0 INT64_C(1700000000000000)
#define SECOND INT64_C(1000000)
#define ME 1000
#define OTHER 1001

struct variant {
    const struct store_backend *backend;
    bool cut; /* every slice ends as soon as it can */
};

struct fixture {
    const struct variant *variant;
    char dir[64];
    struct store_place place;
    struct store_db *db, *reader;
    struct error err;
};

/* As the engine's would, but its text is the events' bytes as they are. */
static inline void reply_of_runs(const char *provider, const char *model, const struct store_run *runs, size_t n,
                                 struct store_reply *ret)
{
    struct buf text;

    buf_init(&text, SIZE_MAX);
    for (size_t i = 0; i < n; i++)
        buf_append(&text, runs[i].data, runs[i].len);
    *ret = (struct store_reply){.text = store_bytes_take(&text)};
    snprintf(ret->provider, sizeof(ret->provider), "%s", provider ? provider : "");
    snprintf(ret->model, sizeof(ret->model), "%s", model ? model : "");
}

static inline void open_db(struct fixture *f)
{
    const struct store_backend *b = f->variant->backend;

    if (b->open(&f->place, &f->db, &f->err) != ERR_NONE)
        fail_msg("%s", f->err.message);
    if (b->open_reader(&f->place, &f->reader, &f->err) != ERR_NONE)
        f->reader = NULL;
}

static inline void close_db(struct fixture *f)
{
    f->reader = f->variant->backend->close(f->reader);
    f->db = f->variant->backend->close(f->db);
}

static inline void reopen(struct fixture *f)
{
    close_db(f);
    open_db(f);
}

static inline int set_up(void **state)
{
    static const uint8_t interrupted[] = {0x81, 0xa4, 'c', 'o', 'd', 'e', 0xa1, 'i'};
    struct fixture *f = NEW(struct fixture);

    f->variant = *state;
    strcpy(f->dir, "/tmp/askd-test-store-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    f->place = (struct store_place){
        .path_memory = 1 << 20,
        .dir = f->dir,
        .locking = STORE_LOCKING_SHARED,
        .now_us = T0 + 1000 * SECOND,
        .recovery = {.reply = reply_of_runs, .error = store_bytes_copy(interrupted, sizeof(interrupted))}};
    open_db(f);
    *state = f;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;

    close_db(f);
    int rc = folder_remove(f->dir);
    free(f->place.recovery.error.data);
    free(f);
    return rc;
}

/* Running */

static inline struct store_job *job(enum store_kind kind)
{
    struct store_job *j = store_job_new(kind, NULL, NULL);

    buf_init(&j->out, 1 << 20);
    return j;
}

/* One slice, in a transaction where it writes; on the handle that the store takes for it. */
static inline enum store_step slice(struct fixture *f, struct store_job *j)
{
    const struct store_backend *b = f->variant->backend;
    int64_t until = f->variant->cut ? 0 : INT64_MAX;

    if (STORE_IS_READ(j->kind))
        return b->run(f->reader && j->kind != STORE_PATH ? f->reader : f->db, j, until);
    assert_int_equal(b->begin(f->db, &f->err), ERR_NONE);
    enum store_step step = b->run(f->db, j, until);
    if (j->code != ERR_UNAVAILABLE && b->commit(f->db, &j->error) != ERR_NONE)
        j->code = j->error.code;
    j->more = step == STORE_STEP_MORE && j->code == ERR_NONE; /* as the store does */
    if (j->code != ERR_UNAVAILABLE)
        return step;
    b->rollback(f->db);
    return STORE_STEP_DONE;
}

static inline enum error_code run(struct fixture *f, struct store_job *j)
{
    do
        while (slice(f, j) == STORE_STEP_MORE)
            ;
    while (j->kind == STORE_EXPIRE && j->code == ERR_NONE && j->expire.n_gone > 0); /* as the engine does */
    if (j->code == ERR_NONE && j->out.failed)                                       /* as the store does */
        store_job_too_large(j);
    if (j->code != ERR_NONE)
        assert_true(strlen(j->error.message) > 0);
    return j->code;
}

/* Runs and frees. */
static inline enum error_code does(struct fixture *f, struct store_job *j)
{
    enum error_code code = run(f, j);

    store_job_free(j);
    return code;
}

/* Fails with this code and param. */
static inline void refused(struct fixture *f, struct store_job *j, enum error_code code, const char *param)
{
    assert_int_equal(run(f, j), code);
    assert_int_equal(j->error.code, code);
    assert_string_equal(j->error.param, param);
    store_job_free(j);
}

/* Making. Ids are short words here, put into the form of ids. */

static inline void set_id(char id[STORE_ID], const char *word)
{
    snprintf(id, STORE_ID, "%s%.*s", word, *word ? ID_LEN - (int)strlen(word) : 0,
             "------------------------------------");
}

static inline bool is_id(const char *id, const char *word)
{
    char want[STORE_ID];

    set_id(want, word);
    return strcmp(id, want) == 0;
}

static inline struct store_bytes bytes(const char *s)
{
    return store_bytes_copy(s, strlen(s));
}

static inline void add_message(struct store_message **messages, size_t *n, const char *id, enum role role,
                               const char *text)
{
    *messages = xrealloc(*messages, (*n + 1) * sizeof(**messages));
    struct store_message *m = &(*messages)[(*n)++];
    *m = (struct store_message){.role = role, .created_us = T0, .text = bytes(text)};
    set_id(m->id, id);
}

/* Answer `a` on a log of its own, asked at T0 + at seconds; in a conversation where that is not NULL: question "q"a,
 * reply "r"a, below parent. */
static inline struct store_job *begin(const char *a, int at, const char *conversation, bool create, const char *parent)
{
    struct store_job *j = job(STORE_BEGIN);
    struct store_begin *b = &j->begin;
    char id[40];

    set_id(b->answer, a);
    snprintf(id, sizeof(id), "l%s", a);
    set_id(b->log, id);
    b->uid = ME;
    b->started_us = T0 + at * SECOND;
    b->provider = xstrdup("openai");
    b->model = xstrdup("openai/gpt");
    b->preview = xasprintf("preview of %s", a);
    b->title = xasprintf("words of %s", a);
    b->start = bytes("start");
    if (!conversation)
        return j;
    set_id(b->conversation, conversation);
    b->create = create;
    set_id(b->parent, parent);
    snprintf(id, sizeof(id), "q%s", a);
    add_message(&b->messages, &b->n_messages, id, ROLE_USER, "question");
    snprintf(id, sizeof(id), "r%s", a);
    set_id(b->message, id);
    return j;
}

static inline struct store_job *at_place(struct store_job *begin, const char *directory, const char *terminal)
{
    begin->begin.directory = xstrdup(directory);
    begin->begin.terminal = xstrdup(terminal);
    return begin;
}

static inline struct store_run make_run(const char *a, uint64_t seq, const char *data)
{
    struct store_run r = {.seq = seq, .events = 1, .data = (const uint8_t *)data, .len = strlen(data)};
    char log[40];

    snprintf(log, sizeof(log), "l%s", a);
    set_id(r.log, log);
    return r;
}

static inline struct store_job *runs(const char *a, uint64_t seq, const char *data)
{
    struct store_job *j = job(STORE_RUNS);

    j->runs.runs = NEW(struct store_run);
    j->runs.runs[j->runs.n++] = make_run(a, seq, data);
    return j;
}

static inline struct store_job *end(const char *a, int at, const char *conversation, const char *state,
                                    const char *text)
{
    struct store_job *j = job(STORE_END);
    struct store_end *e = &j->end;
    char id[40];

    set_id(e->answer, a);
    e->state = state;
    e->ended_us = T0 + at * SECOND;
    snprintf(id, sizeof(id), "r%s", a);
    if (conversation) {
        set_id(e->conversation, conversation);
        set_id(e->message, id);
    }
    e->reply.text = bytes(text);
    strcpy(e->reply.provider, "deepseek");
    strcpy(e->reply.model, "deepseek/chat");
    return j;
}

/* A whole turn. */
static inline void turn(struct fixture *f, const char *a, int at, const char *conversation, bool create,
                        const char *parent)
{
    assert_int_equal(does(f, begin(a, at, conversation, create, parent)), ERR_NONE);
    assert_int_equal(does(f, end(a, at + 1, conversation, "done", "reply")), ERR_NONE);
}

static inline struct store_job *path_of(const char *conversation, const char *parent)
{
    struct store_job *j = job(STORE_PATH);

    j->path.uid = ME;
    set_id(j->path.conversation, conversation);
    set_id(j->path.parent, parent);
    return j;
}

static inline struct store_job *get_of(const char *conversation, const char *branch)
{
    struct store_job *j = job(STORE_GET);

    j->get.uid = ME;
    set_id(j->get.conversation, conversation);
    set_id(j->get.branch, branch);
    return j;
}

static inline struct store_job *list_of(uint32_t limit)
{
    struct store_job *j = job(STORE_LIST);

    j->list.uid = ME;
    j->list.limit = limit;
    return j;
}

static inline struct store_job *answer_of(const char *a)
{
    struct store_job *j = job(STORE_ANSWER);

    j->answer.uid = ME;
    set_id(j->answer.answer, a);
    return j;
}

static inline struct store_job *answers(const char *state)
{
    struct store_job *j = job(STORE_ANSWERS);

    j->answers.uid = ME;
    j->answers.state = state;
    return j;
}

static inline struct store_job *delete_of(const char *conversation)
{
    struct store_job *j = job(STORE_DELETE);

    j->delete.uid = ME;
    set_id(j->delete.conversation, conversation);
    return j;
}

static inline struct store_job *restore_of(const char *conversation)
{
    struct store_job *j = job(STORE_RESTORE);

    j->restore.uid = ME;
    set_id(j->restore.conversation, conversation);
    return j;
}

static inline struct store_job *pin_of(const char *conversation, bool pinned)
{
    struct store_job *j = job(STORE_PIN);

    j->pin.uid = ME;
    set_id(j->pin.conversation, conversation);
    j->pin.pinned = pinned;
    return j;
}

/* One tag on, one off; NULL for none. */
static inline struct store_job *tag_of(const char *conversation, const char *add, const char *remove)
{
    struct store_job *j = job(STORE_TAG);

    j->tag.uid = ME;
    set_id(j->tag.conversation, conversation);
    j->tag.add = NEW(char *);
    j->tag.remove = NEW(char *);
    if (add)
        j->tag.add[j->tag.n_add++] = xstrdup(add);
    if (remove)
        j->tag.remove[j->tag.n_remove++] = xstrdup(remove);
    return j;
}

static inline struct store_job *head_of(const char *conversation, const char *message)
{
    struct store_job *j = job(STORE_HEAD);

    j->head.uid = ME;
    set_id(j->head.conversation, conversation);
    set_id(j->head.message, message);
    return j;
}

static inline struct store_job *find_of(const char *conversation)
{
    struct store_job *j = job(STORE_FIND);

    j->find.uid = ME;
    set_id(j->find.conversation, conversation);
    return j;
}

static inline struct store_job *title_of(const char *conversation, const char *title)
{
    struct store_job *j = job(STORE_TITLE);

    j->title.uid = ME;
    set_id(j->title.conversation, conversation);
    j->title.title = xstrdup(title);
    return j;
}

/* A path to what an edit or another answer follows. */
static inline struct store_job *to_message(enum store_path_to to, const char *conversation, const char *of)
{
    struct store_job *j = path_of(conversation, "");

    j->path.to = to;
    set_id(j->path.of, of);
    return j;
}

static inline struct store_job *rename_of(const char *conversation, const char *title)
{
    struct store_job *j = job(STORE_RENAME);

    j->rename.uid = ME;
    set_id(j->rename.conversation, conversation);
    j->rename.title = xstrdup(title);
    return j;
}

static inline struct store_job *fork_of(const char *from, const char *message, const char *conversation)
{
    struct store_job *j = job(STORE_FORK);

    j->fork.uid = ME;
    j->fork.created_us = T0 + 500 * SECOND;
    set_id(j->fork.from, from);
    set_id(j->fork.message, message);
    set_id(j->fork.conversation, conversation);
    return j;
}

static inline struct store_job *expire(int answers_before, int64_t answers_max, int conversations_before)
{
    struct store_job *j = job(STORE_EXPIRE);

    j->expire.answers_before_us = T0 + answers_before * SECOND;
    j->expire.answers_max = answers_max;
    j->expire.trash_before_us = INT64_MAX;
    j->expire.conversations_before_us = conversations_before ? T0 + conversations_before * SECOND : 0;
    return j;
}

static inline struct store_job *add_speed(struct store_job *save, const char *model, double first_ms, int at)
{
    struct store_speeds *s = &save->speeds;

    s->speeds = xrealloc(s->speeds, (s->n + 1) * sizeof(*s->speeds));
    struct store_speed *speed = &s->speeds[s->n++];
    *speed = (struct store_speed){.first_ms = first_ms, .samples = 1, .updated_us = T0 + at * SECOND};
    strcpy(speed->provider, "openai");
    snprintf(speed->model, sizeof(speed->model), "%s", model);
    return save;
}

/* Looking */

/* The packed values of out, as one string of JSON-like text: "" strings, bare numbers. */
static inline char *shown(const uint8_t *data, size_t len)
{
    msgpack_unpacked u;
    size_t off = 0;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    msgpack_unpacked_init(&u);
    while (off < len) {
        assert_int_equal(msgpack_unpack_next(&u, (const char *)data, len, &off), MSGPACK_UNPACK_SUCCESS);
        msgpack_object_print(out, u.data);
        fputc('\n', out);
    }
    msgpack_unpacked_destroy(&u);
    fclose(out);
    return text;
}

static inline void assert_shows(const uint8_t *data, size_t len, const char *part, bool there)
{
    char *text = shown(data, len);

    if ((strstr(text, part) != NULL) != there)
        fail_msg("%s%s\nin %s", there ? "no " : "", part, text);
    free(text);
}

#define SHOWS(job, part) assert_shows((job)->out.data, (job)->out.len, part, true)
#define SHOWS_NOT(job, part) assert_shows((job)->out.data, (job)->out.len, part, false)

/* The path's ids and texts: "qa question|ra reply". */
static inline void assert_path(struct fixture *f, struct store_job *j, const char *want)
{
    char got[1024] = "";

    if (run(f, j) != ERR_NONE)
        fail_msg("%s", j->error.message);
    for (size_t i = 0; i < j->path.n_said; i++) {
        const struct store_said *s = &j->path.said[i];
        size_t at = strlen(got);
        snprintf(got + at, sizeof(got) - at, "%s%.*s %s", i ? "|" : "", (int)strcspn(s->id, "-"), s->id,
                 s->message.n_parts ? s->message.parts[0].text : s->state);
    }
    assert_string_equal(got, want);
    store_job_free(j);
}

/* The ids of the list: "c b a". */
static inline void assert_list(struct fixture *f, struct store_job *j, const char *want)
{
    char got[1024] = "";
    msgpack_unpacked u;
    size_t off = 0;
    uint32_t n = 0;

    assert_int_equal(run(f, j), ERR_NONE);
    msgpack_unpacked_init(&u);
    for (; off < j->out.len; n++) {
        msgpack_object_map m;
        const char *id;
        size_t len, at = strlen(got);
        assert_int_equal(msgpack_unpack_next(&u, (char *)j->out.data, j->out.len, &off), MSGPACK_UNPACK_SUCCESS);
        assert_true(mp_map(&u.data, &m) && mp_str(mp_get(&m, "conversation"), &id, &len));
        assert_int_equal(m.size, j->list.deleted ? 10 : 9);
        const char *word = memchr(id, '-', len);
        snprintf(got + at, sizeof(got) - at, "%s%.*s", n ? " " : "", word ? (int)(word - id) : (int)len, id);
    }
    msgpack_unpacked_destroy(&u);
    assert_int_equal(n, j->n_out);
    assert_string_equal(got, want);
    store_job_free(j);
}

/* What is known of the speed of models: "b 20.5/1 a 10.0/1". */
static inline void assert_speeds(struct fixture *f, const char *want)
{
    char got[1024] = "";
    struct store_job *j = job(STORE_SPEEDS);

    assert_int_equal(run(f, j), ERR_NONE);
    for (size_t i = 0; i < j->speeds.n; i++) {
        const struct store_speed *s = &j->speeds.speeds[i];
        size_t at = strlen(got);
        assert_string_equal(s->provider, "openai");
        snprintf(got + at, sizeof(got) - at, "%s%s %.1f/%d", i ? " " : "", s->model, s->first_ms, (int)s->samples);
    }
    assert_string_equal(got, want);
    store_job_free(j);
}

/* The last conversation */

static inline struct store_job *last(const char *directory, const char *terminal, int not_before)
{
    struct store_job *j = path_of("", "");

    j->path.directory = xstrdup(directory);
    j->path.terminal = xstrdup(terminal);
    j->path.not_before_us = T0 + not_before * SECOND;
    return j;
}

static inline void assert_last(struct fixture *f, struct store_job *j, const char *want)
{
    if (run(f, j) != ERR_NONE)
        fail_msg("%s", j->error.message);
    assert_true(is_id(j->path.conversation, want));
    store_job_free(j);
}

/* The search */

static inline struct store_job *search_of(const char *query)
{
    struct store_job *j = job(STORE_SEARCH);

    j->search.uid = ME;
    j->search.limit = 50;
    j->search.query = bytes(query);
    return j;
}

/* Slice after slice, until all that is stored can be found. */
static inline void index_all(struct fixture *f)
{
    bool more = true;

    while (more) {
        struct store_job *j = job(STORE_INDEX);
        assert_int_equal(run(f, j), ERR_NONE);
        more = j->index.more;
        store_job_free(j);
    }
}

/* The words of the ids of the messages that are found, the best first; of a title, that of its conversation. */
static inline void assert_found(struct fixture *f, struct store_job *j, const char *want)
{
    char got[512] = "";
    size_t at = 0;
    msgpack_unpacked item;

    if (run(f, j) != ERR_NONE)
        fail_msg("%s", j->error.message);
    msgpack_unpacked_init(&item);
    for (uint32_t i = 0; i < j->n_out; i++) {
        assert_int_equal(msgpack_unpack_next(&item, (const char *)j->out.data, j->out.len, &at),
                         MSGPACK_UNPACK_SUCCESS);
        const msgpack_object *message = mp_get(&item.data.via.map, "message");
        const msgpack_object *id = message ? message : mp_get(&item.data.via.map, "conversation");
        snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%.*s", i ? " " : "",
                 (int)strcspn(id->via.str.ptr, "-"), id->via.str.ptr);
    }
    msgpack_unpacked_destroy(&item);
    assert_string_equal(got, want);
    store_job_free(j);
}

/* Each test on each backend: with its jobs whole, and cut into the smallest slices. */

static inline int run_over_backends(const struct CMUnitTest *tests, size_t n)
{
    static const struct store_backend *const backends[] = {&store_sqlite};
    enum { VARIANTS = 2 * sizeof(backends) / sizeof(backends[0]), TESTS = 64 };
    static struct variant variants[VARIANTS];
    static struct CMUnitTest all[VARIANTS * TESTS];
    static char names[VARIANTS * TESTS][80];

    assert_in_range(n, 1, TESTS);
    for (size_t v = 0; v < VARIANTS; v++) {
        variants[v] = (struct variant){backends[v / 2], v % 2 == 1};
        for (size_t i = 0; i < n; i++) {
            size_t at = v * n + i;
            all[at] = tests[i];
            all[at].initial_state = &variants[v];
            all[at].name = names[at];
            snprintf(names[at], sizeof(names[0]), "%s%s: %s", backends[v / 2]->name,
                     variants[v].cut ? " in slices" : "", tests[i].name);
        }
    }
    return _cmocka_run_group_tests("backends", all, VARIANTS * n, NULL, NULL);
}

#endif
