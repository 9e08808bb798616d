#include "daemon/engine/premium.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define DAY_US INT64_C(86400000000)

static struct model_premium rows[] = {
    {.since_us = 2 * DAY_US, .until_us = 3 * DAY_US, .multiplier_nano = 330000000},
    {.since_us = 3 * DAY_US, .until_us = 4 * DAY_US, .multiplier_nano = 0},
    {.at = "other", .multiplier_nano = 5000000000},
};
static const struct model listed = {.premiums = rows, .n_premiums = sizeof rows / sizeof *rows}, unlisted = {.id = "m"};

static void add_message(struct chat_request *q, enum role role, bool result, bool words)
{
    struct message *m = chat_request_add_message(q, role);

    if (result)
        message_add_part(m, PART_TOOL_RESULT);
    if (words)
        message_add_text(m, "go on", 5);
}

/* Of a question of such messages: a letter for each one's role, r for a tool's result that a user's message holds, w
 * for one with words behind it. */
static int64_t premium(const struct model *m, const char *kind, const char *roles, int64_t now_us)
{
    static const struct {
        char letter;
        enum role role;
    } letters[] = {{'s', ROLE_SYSTEM}, {'u', ROLE_USER}, {'a', ROLE_ASSISTANT},
                   {'t', ROLE_TOOL},   {'r', ROLE_USER}, {'w', ROLE_USER}};
    const struct facts f = {.model = m, .kind = kind, .name = "m"};
    struct chat_request *q = chat_request_new();

    for (; *roles; roles++)
        for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
            if (letters[i].letter == *roles)
                add_message(q, letters[i].role, strchr("rw", *roles) != NULL, *roles == 'w');
    int64_t nano = premium_of(&f, q, now_us);
    chat_request_free(q);
    return nano;
}

static void the_rows_of_a_day(void **state)
{
    static const struct {
        const struct model *model;
        const char *kind;
        int64_t now_us, nano;
    } days[] = {
        {&listed, "copilot", 2 * DAY_US - 1, PREMIUM_USUAL_NANO},
        {&listed, "copilot", 2 * DAY_US, 330000000},
        {&listed, "copilot", 3 * DAY_US - 1, 330000000},
        {&listed, "copilot", 3 * DAY_US, 0},
        {&listed, "copilot", 4 * DAY_US, PREMIUM_USUAL_NANO},
        {&listed, "other", 0, 5000000000},
        {&listed, "openai", 2 * DAY_US, 0},
        {&unlisted, "copilot", 0, PREMIUM_USUAL_NANO},
        {&unlisted, "other", 0, 0},
        {NULL, "copilot", 0, PREMIUM_USUAL_NANO},
        {NULL, "other", 0, 0},
    };
    (void)state;

    for (size_t i = 0; i < sizeof days / sizeof *days; i++)
        if (premium(days[i].model, days[i].kind, "u", days[i].now_us) != days[i].nano)
            fail_msg("row %zu", i);
}

static void prompts_alone_count(void **state)
{
    static const struct {
        const char *roles;
        int64_t nano;
    } turns[] = {
        {"u", PREMIUM_USUAL_NANO},
        {"su", PREMIUM_USUAL_NANO},
        {"uatau", PREMIUM_USUAL_NANO},
        {"uu", PREMIUM_USUAL_NANO},
        {"uat", 0},
        {"uatt", 0},
        {"ua", 0},
        {"s", 0},
        {"", 0},
        {"uatu", PREMIUM_USUAL_NANO},
        {"uar", 0},
        {"uaw", PREMIUM_USUAL_NANO},
    };
    (void)state;

    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++)
        if (premium(&unlisted, "copilot", turns[i].roles, 0) != turns[i].nano)
            fail_msg("'%s'", turns[i].roles);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rows_of_a_day),
        cmocka_unit_test(prompts_alone_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
