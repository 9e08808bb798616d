#include "client/ask/shell.h"
#include "client/ask/command.h"
#include "client/ask/confirm.h"
#include "client/ask/plain.h"
#include "client/ask/shell_show.h"
#include "client/ask/shell_system.h"
#include "client/common/ending.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/common/signals.h"
#include "client/common/view_text.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MAX (4 * SHELL_ANSWER_MAX) /* bytes of an answer with what may stand around a command */

enum { VAR_SIZE = 300 };

/* What the prompts of the library are told of where the command runs. */
struct vars {
    char shell[VAR_SIZE], system[VAR_SIZE];
    const char *list[2];
};

static void find_vars(struct vars *v)
{
    char system[SHELL_SYSTEM_SIZE];
    shell_system_name(system);
    (void)snprintf(v->shell, sizeof(v->shell), "shell=%.255s", shell_system_shell_name());
    (void)snprintf(v->system, sizeof(v->system), "system=%s", system);
    v->list[0] = v->shell;
    v->list[1] = v->system;
}

static void ask_by(struct question *q, const char *template, const struct vars *v)
{
    q->template = template;
    q->vars = v->list;
    q->n_vars = sizeof(v->list) / sizeof(v->list[0]);
}

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

/* Why an answer is no command that could be run. EXIT_OK: it is one. */
static int judge(const struct shell_answer *command)
{
    static const struct {
        enum exit_status status;
        const char *why;
    } kinds[] = {
        [SHELL_COMMAND] = {EXIT_OK, NULL},
        [SHELL_NONE] = {EXIT_OTHER, NULL},
        [SHELL_EMPTY] = {EXIT_DATA, "the answer holds no command, and nothing is run: say it in other words"},
        [SHELL_TOO_LONG] = {EXIT_DATA, "the command has over 16 KiB, and nothing is run: ask for less at once"},
        [SHELL_NUL] = {EXIT_DATA, "the command holds a NUL, which no shell can run: ask again with -r"},
        [SHELL_OPTION] = {EXIT_DATA, "the answer begins with a dash or a plus, as no command does: ask again with -r"},
    };
    if (command->kind == SHELL_NONE)
        exit_print(ASKING_PROGRAM, "no command, for the answer is: %.*s", (int)command->len, command->text);
    else if (kinds[command->kind].why != NULL)
        exit_print(ASKING_PROGRAM, "%s", kinds[command->kind].why);
    return kinds[command->kind].status;
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

/* -- somebody does -- */

/* Told to whoever reads it before the yes. That it failed is told too, and no reason not to ask. */
static void explain(const struct asking *a, const struct question *asked, const struct vars *v,
                    const struct shell_answer *command)
{
    struct question q = {.prompt = command->text,
                         .prompt_len = command->len,
                         .model = asked->model,
                         .cache = asked->cache,
                         .budget = asked->budget};
    ask_by(&q, "explain-command", v);
    (void)out_puts(a->out, "\n");
    (void)asking_follow(a, &q);
    (void)out_puts(a->out, "\n");
}

/* It becomes the user's shell, so that the command has the terminal, and its exit status is ours. */
static int run(const struct shell_answer *command)
{
    char *text = strndup(command->text, command->len), option[] = "-c";
    char *name = strdup(shell_system_shell_name());
    char *const argv[] = {name, option, text, NULL};
    int errnum = ENOMEM;
    if (text != NULL && name != NULL) {
        signals_release();
        (void)execvp(shell_system_shell(), argv);
        errnum = errno;
    }
    free(text);
    free(name);
    exit_print(ASKING_PROGRAM, "cannot run %s: %s; $SHELL names the shell that runs commands", shell_system_shell(),
               strerror(errnum));
    return EXIT_OS;
}

static int propose(const struct asking *a, const struct question *q, const struct vars *v,
                   const struct shell_answer *command)
{
    if (!shell_show(a->out, command)) {
        exit_print(ASKING_PROGRAM, "out of memory");
        return EXIT_OS;
    }
    explain(a, q, v, command);
    int status = exit_flush(ASKING_PROGRAM, a->out, "the command");
    if (status != EXIT_OK)
        return status;
    if (signals_pending() == 0 && !confirm_possible()) {
        exit_print(ASKING_PROGRAM, "there is no terminal to ask at, and nothing is run");
        return EXIT_OTHER;
    }
    const char choice = signals_pending() == 0 ? confirm_choose("Run it? [y]es, [n]o: ", "yn") : 'n';
    if (signals_pending() != 0)
        return 128 + signals_pending();
    return choice == 'y' ? run(command) : EXIT_OTHER;
}

static int ask(const struct asking *a, const struct question *q, msgpack_unpacked *reply)
{
    static const struct view_text_options silent = {.program = ASKING_PROGRAM, .silent = true};
    struct view *view = view_text_new(&silent, a->out);
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
    struct vars vars;
    struct shell_answer command;
    struct buf text;
    msgpack_unpacked reply;
    find_vars(&vars);
    ask_by(q, "shell", &vars);
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
        status = judge(&command);
    }
    if (status == EXIT_OK)
        status = a->out->terminal ? propose(a, q, &vars, &command) : print(a, &command);
    buf_done(&text);
    return status;
}
