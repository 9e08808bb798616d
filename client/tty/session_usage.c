/* /usage: what today and this conversation cost, by the daemon's ledger. */
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/common/figures.h"
#include "client/tty/session_state.h"
#include "lib/base/clock.h"
#include "lib/proto/mp.h"
#include <string.h>

enum { DAY_S = 86400, ID_TIME_DIGITS = 12 };

/* Appends what a row tells: "3 answers, 1.2k tokens, 0.0123 USD". */
static void put_row(struct buf *line, const msgpack_object_map *row)
{
    int64_t answers = 0, input = 0, output = 0, nano;
    char tokens[FIGURE_LEN], cost[FIGURE_LEN], currency[8] = "";
    (void)field_int(row, "answers", &answers);
    (void)field_int(row, "input_tokens", &input);
    (void)field_int(row, "output_tokens", &output);
    figures_tokens(tokens, (double)input + (double)output, true);
    (void)buf_printf(line, "%s%lld answer%s, %s tokens", line->len > 0 ? "; " : "", (long long)answers,
                     answers == 1 ? "" : "s", tokens);
    if (!field_copy(row, "currency", currency, sizeof(currency)) || !field_int(row, "cost_nano", &nano))
        return;
    figures_nano_rounded(cost, nano);
    (void)buf_printf(line, ", %s %s", cost, currency);
}

static bool is_wanted(const msgpack_object_map *row, const char *conversation)
{
    char id[ASKED_ID_SIZE];
    return conversation == NULL || (field_copy(row, "conversation", id, sizeof(id)) && strcmp(id, conversation) == 0);
}

/* Of all, or of one conversation. */
static void report(struct session *s, const char *what, int64_t since, const char *conversation)
{
    struct buf params, line;
    msgpack_unpacked reply;
    msgpack_object_map map, row;
    msgpack_object_array rows;
    buf_init(&params, SESSION_PARAMS_MAX);
    buf_init(&line, SESSION_PARAMS_MAX);
    msgpack_unpacked_init(&reply);
    mp_put_map(&params, conversation != NULL ? 2 : 1);
    mp_put_entry_int(&params, "since", since);
    if (conversation != NULL) {
        mp_put_cstr(&params, "by");
        mp_put_array(&params, 1);
        mp_put_cstr(&params, "conversation");
    }
    if (session_call(s, "usage.report", &params, &reply) && mp_map(&reply.data, &map) &&
        field_array(&map, "rows", &rows)) {
        for (uint32_t i = 0; i < rows.size; i++)
            if (mp_map(&rows.ptr[i], &row) && is_wanted(&row, conversation))
                put_row(&line, &row);
        exit_print(ASKING_PROGRAM, "%s: %s", what, line.len > 0 ? buf_cstr(&line) : "nothing");
    }
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    buf_done(&line);
}

/* When the conversation was begun, which the first 48 bits of its id tell in milliseconds. */
static int64_t begun(const char *id)
{
    int64_t ms = 0;
    unsigned digits = 0;
    static const char hex[] = "0123456789abcdef";
    for (; *id != '\0' && digits < ID_TIME_DIGITS; id++) {
        const char *digit = strchr(hex, *id);
        if (digit == NULL)
            continue;
        ms = ms << 4 | (digit - hex);
        digits++;
    }
    return ms / 1000;
}

enum session_next session_usage(struct session *s, const char *argument)
{
    (void)argument;
    const int64_t now = clock_wall_us() / 1000000;
    report(s, "today (UTC)", now - now % DAY_S, NULL);
    if (s->conversation[0] != '\0')
        report(s, "this conversation", begun(s->conversation), s->conversation);
    return SESSION_GO_ON;
}
