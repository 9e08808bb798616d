#include "client/ask/shell_propose.h"
#include "client/ask/confirm.h"
#include "client/ask/editor.h"
#include "client/ask/shell_show.h"
#include "client/common/exit.h"
#include "client/common/signals.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int shell_judge(const struct shell_answer *command)
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

/* Told to whoever reads it before the yes. That it failed is told too, and no reason not to ask. */
static void explain(const struct asking *a, const struct question *asked, const struct shell_vars *v,
                    const struct shell_answer *command)
{
    struct question q = {.prompt = command->text,
                         .prompt_len = command->len,
                         .model = asked->model,
                         .cache = asked->cache,
                         .budget = asked->budget};
    shell_vars_put(&q, "explain-command", v);
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

static int show(const struct asking *a, const struct shell_answer *command)
{
    if (shell_show(a->out, command))
        return exit_flush(ASKING_PROGRAM, a->out, "the command");
    exit_print(ASKING_PROGRAM, "out of memory");
    return EXIT_OS;
}

/* The command is what was written then, and text holds it. EXIT_OK where there is one to ask about, the old one too. */
static int edit(const struct asking *a, struct buf *text, struct shell_answer *command)
{
    struct editor_draft draft;
    struct error err = ERROR_INIT;
    struct buf written;
    buf_init(&written, text->max);
    (void)buf_append(&written, command->text, command->len);
    const enum error_code code = editor_run(&written, &draft, &err);
    editor_settle(&draft, ASKING_PROGRAM, code == ERR_NONE);
    if (code != ERR_NONE) {
        buf_done(&written);
        exit_print(ASKING_PROGRAM, "%s", err.message);
        return EXIT_OK;
    }
    buf_done(text);
    *text = written;
    shell_answer_take(command, buf_cstr(text), text->len);
    const int status = shell_judge(command);
    return status == EXIT_OK ? show(a, command) : status;
}

static int decide(const struct asking *a, struct buf *text, struct shell_answer *command)
{
    char choice = 'e';
    int status = EXIT_OK;
    if (!confirm_possible()) {
        exit_print(ASKING_PROGRAM, "there is no terminal to ask at, and nothing is run");
        return EXIT_OTHER;
    }
    while (status == EXIT_OK && choice == 'e') {
        choice = confirm_choose("Run it? [y]es, [n]o, [e]dit: ", "yen");
        if (signals_pending() != 0)
            return 128 + signals_pending();
        if (choice == 'e')
            status = edit(a, text, command);
    }
    if (status != EXIT_OK)
        return status;
    return choice == 'y' ? run(command) : EXIT_OTHER;
}

int shell_propose(const struct asking *a, const struct question *q, const struct shell_vars *v, struct buf *text,
                  struct shell_answer *command)
{
    int status = show(a, command);
    if (status != EXIT_OK)
        return status;
    explain(a, q, v, command);
    status = exit_flush(ASKING_PROGRAM, a->out, "what the command does");
    if (signals_pending() != 0)
        return 128 + signals_pending();
    return status == EXIT_OK ? decide(a, text, command) : status;
}
