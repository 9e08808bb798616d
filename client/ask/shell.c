#include "client/ask/shell.h"
#include "client/ask/plain.h"
#include "client/ask/shell_propose.h"
#include "client/ask/shell_show.h"
#include "client/common/ending.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/common/view.h"
#include <string.h>

#define ANSWER_MAX (4 * SHELL_ANSWER_MAX) /* bytes of an answer with what may stand around a command */

/* -- the answer -- */

/* A command that was cut off does something else than it should. */
static bool is_whole(const msgpack_object_map *answer)
{
    char finish[32];
    return strcmp(field_line(answer, "finish_reason", finish, sizeof(finish)), "stop") == 0;
}

/* EXIT_OK: text holds the answer's, all of it. The reply's own memory is gone with the next call. */
static int read_reply(const struct asking *a, const msgpack_object *reply, struct buf *text)
{
    msgpack_object_map map;
    const char *answer = "";
    size_t len = 0;
    if (!mp_map(reply, &map)) {
        exit_print(ASKING_PROGRAM, "the daemon's response is no answer: check that its version is ours");
        return EXIT_PROTOCOL;
    }
    (void)field_str(&map, "text", &answer, &len);
    (void)buf_append(text, answer, len);
    ending_print(ASKING_PROGRAM, reply);
    if (a->out->terminal)
        plain_cached(reply);
    if (a->args->stats)
        plain_stats(reply);
    if (text->failed) {
        exit_print(ASKING_PROGRAM, "the answer has over %zu KiB, which is no command: ask for less at once",
                   ANSWER_MAX >> 10);
        return EXIT_DATA;
    }
    if (!is_whole(&map)) {
        exit_print(ASKING_PROGRAM, "there is no whole command, and nothing is run");
        return EXIT_DATA;
    }
    return EXIT_OK;
}

/* -- nobody looks on -- */

static int print(const struct asking *a, const struct shell_answer *command)
{
    if (!shell_is_plain(command->text, command->len)) {
        exit_print(ASKING_PROGRAM,
                   "the command holds what hides or turns characters: ask --shell on a terminal shows it");
        return EXIT_DATA;
    }
    (void)out_text(a->out, command->text, command->len);
    (void)out_puts(a->out, "\n");
    return exit_flush(ASKING_PROGRAM, a->out, "the command");
}

static int ask(const struct asking *a, const struct question *q, msgpack_unpacked *reply)
{
    struct view *view = asking_waiting(a, true);
    if (view == NULL) {
        exit_print(ASKING_PROGRAM, "out of memory");
        return EXIT_OS;
    }
    const int status = asking_run(a, view, q, reply);
    view_free(view);
    return status;
}

int shell_run(const struct asking *a, struct question *q)
{
    struct shell_vars vars;
    struct shell_answer command;
    struct buf text;
    msgpack_unpacked reply;
    shell_vars_find(&vars);
    shell_vars_put(q, "shell", &vars);
    if (!args_for_people(a->args))
        return asking_follow(a, q);
    buf_init(&text, ANSWER_MAX);
    msgpack_unpacked_init(&reply);
    int status = ask(a, q, &reply);
    if (status == EXIT_OK)
        status = read_reply(a, &reply.data, &text);
    msgpack_unpacked_destroy(&reply);
    if (status == EXIT_OK) {
        shell_answer_read(&command, buf_cstr(&text), text.len);
        status = shell_judge(&command);
    }
    if (status == EXIT_OK)
        status = a->out->terminal ? shell_propose(a, q, &vars, &text, &command) : print(a, &command);
    buf_done(&text);
    return status;
}
