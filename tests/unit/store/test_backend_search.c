/* Every backend that stores, held to the same behaviour: what is found. */
#include "tests/unit/store/backend_jobs.h"

static struct store_job *create(const char *conversation, const char *title, const char *message, const char *text)
{
    struct store_job *j = job(STORE_CREATE);

    set_id(j->create.conversation, conversation);
    j->create.uid = ME;
    j->create.created_us = T0;
    j->create.title = xstrdup(title);
    add_message(&j->create.messages, &j->create.n_messages, message, ROLE_USER, text);
    return j;
}

static struct store_job *titled(struct store_job *begin, const char *title)
{
    free(begin->begin.title);
    begin->begin.title = xstrdup(title);
    return begin;
}

static void only_what_is_in_the_index(void **state)
{
    struct fixture *f = *state;

    assert_found(f, search_of("apple"), "");
    assert_int_equal(does(f, create("c", NULL, "m", "an apple")), ERR_NONE);
    assert_found(f, search_of("apple"), "");
    index_all(f);
    assert_found(f, search_of("apple"), "m");
    index_all(f); /* once is enough */
    assert_found(f, search_of("apple"), "m");
}

/* What an answer says is found once it has ended, though its turn came before. */
static void an_answer_that_runs_comes_later(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(does(f, begin("a", 1, "c", true, "")), ERR_NONE);
    index_all(f);
    assert_found(f, search_of("question"), "qa");
    turn(f, "b", 2, "d", true, "");
    index_all(f);
    assert_found(f, search_of("reply"), "rb");
    assert_int_equal(does(f, end("a", 3, "c", "done", "a late reply")), ERR_NONE);
    index_all(f);
    assert_found(f, search_of("late"), "ra");
}

static void one_that_died_is_found(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(does(f, begin("a", 1, "c", true, "")), ERR_NONE);
    assert_int_equal(does(f, runs("a", 1, "unfinished words")), ERR_NONE);
    index_all(f);
    reopen(f);
    index_all(f);
    assert_found(f, search_of("unfinished"), "ra");
}

static void titles(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(does(f, create("c", "first name", "m", "text")), ERR_NONE);
    assert_int_equal(does(f, create("u", NULL, "n", "text")), ERR_NONE);
    index_all(f);
    assert_found(f, search_of("first"), "c");
    assert_found(f, search_of("first text"), ""); /* all words in one place */
    assert_int_equal(does(f, rename_of("c", "other name")), ERR_NONE);
    index_all(f);
    assert_found(f, search_of("first"), "");
    assert_found(f, search_of("other"), "c");
    assert_int_equal(does(f, titled(begin("a", 1, "u", false, "n"), "late name")), ERR_NONE);
    index_all(f);
    assert_found(f, search_of("late"), "u");
    assert_int_equal(does(f, titled(begin("b", 2, "u", false, "qa"), "no name")), ERR_NONE); /* it has one */
    index_all(f);
    assert_found(f, search_of("no"), "");
    assert_int_equal(does(f, title_of("u", "by a model")), ERR_NONE);
    index_all(f);
    assert_found(f, search_of("late"), "");
    assert_found(f, search_of("\"a model\""), "u");
}

static void whose_and_which(void **state)
{
    struct fixture *f = *state;
    struct store_job *j;

    turn(f, "a", 1, "c", true, "");
    assert_int_equal(does(f, titled(at_place(begin("b", 2, "d", true, ""), "/x", "t"), "named")), ERR_NONE);
    assert_int_equal(does(f, end("b", 3, "d", "done", "reply")), ERR_NONE);
    index_all(f);
    assert_found(f, search_of("reply"), "rb ra");
    j = search_of("reply");
    j->search.uid = OTHER;
    assert_found(f, j, "");
    j = search_of("reply");
    j->search.directory = xstrdup("/x");
    assert_found(f, j, "rb");
    j = search_of("named");
    j->search.directory = xstrdup("/x");
    assert_found(f, j, "d");
    j = search_of("reply");
    j->search.limit = 1;
    assert_found(f, j, "rb");
    j = search_of("reply");
    j->search.model = xstrdup("nobody's");
    assert_found(f, j, "");
    j = search_of("question");
    j->search.since_us = T0 + 2 * SECOND;
    assert_found(f, j, "");
}

static void deleted_and_purged(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(does(f, create("c", "titled", "m", "to be gone")), ERR_NONE);
    index_all(f);
    assert_int_equal(does(f, delete_of("c")), ERR_NONE);
    assert_found(f, search_of("gone"), "");
    assert_found(f, search_of("titled"), "");
    assert_int_equal(does(f, expire(9, 0, 9)), ERR_NONE);
    /* Its numbers are used again: what it said is nobody's. */
    assert_int_equal(does(f, create("d", "another", "n", "to stay")), ERR_NONE);
    index_all(f);
    assert_found(f, search_of("gone"), "");
    assert_found(f, search_of("titled"), "");
    assert_found(f, search_of("stay"), "n");
    assert_found(f, search_of("another"), "d");
}

/* Purged before its turn came. */
static void gone_before_its_turn(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(does(f, create("a", NULL, "k", "kept")), ERR_NONE);
    index_all(f);
    assert_int_equal(does(f, create("c", NULL, "m", "to be gone")), ERR_NONE);
    assert_int_equal(does(f, delete_of("c")), ERR_NONE);
    assert_int_equal(does(f, expire(9, 0, 0)), ERR_NONE);
    assert_int_equal(does(f, create("d", NULL, "n", "to stay")), ERR_NONE);
    index_all(f);
    assert_found(f, search_of("gone"), "");
    assert_found(f, search_of("to"), "n");
    assert_found(f, search_of("kept"), "k");
}

static void a_query_over_its_bounds(void **state)
{
    struct fixture *f = *state;
    char long_one[1026];

    memset(long_one, 'a', sizeof(long_one));
    long_one[1025] = '\0';
    refused(f, search_of(long_one), ERR_INVALID_REQUEST, "query");
    long_one[1024] = '\0';
    assert_found(f, search_of(long_one), "");
}

/* What is new goes before what is old and as good, and the conversation that has more of the words before another. */
static void the_best_first(void **state)
{
    struct fixture *f = *state;
    const int64_t year = INT64_C(365) * 24 * 3600 * SECOND;

    for (int i = 0; i < 3; i++) {
        char name[] = {(char)('a' + i), '\0'}, message[] = {'m', (char)('a' + i), '\0'};
        struct store_job *j =
            create(name, NULL, message, i == 1 ? "pear pear pear pear" : "a pear and so on and so on");
        j->create.messages[0].created_us += i == 2 ? 40 * year : 0;
        assert_int_equal(does(f, j), ERR_NONE);
    }
    assert_int_equal(does(f, create("z", NULL, "mz", "none")), ERR_NONE);
    index_all(f);
    assert_found(f, search_of("pear"), "mb mc ma");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define T(name) {#name, name, set_up, tear_down, NULL}
        T(only_what_is_in_the_index),
        T(an_answer_that_runs_comes_later),
        T(one_that_died_is_found),
        T(titles),
        T(whose_and_which),
        T(deleted_and_purged),
        T(gone_before_its_turn),
        T(a_query_over_its_bounds),
        T(the_best_first),
#undef T
    };
    return run_over_backends(tests, sizeof(tests) / sizeof(tests[0]));
}
