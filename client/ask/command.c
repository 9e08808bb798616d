#include "client/ask/command.h"
#include "client/ask/compare.h"
#include "client/ask/copy.h"
#include "client/ask/dry_run.h"
#include "client/ask/edit.h"
#include "client/ask/help.h"
#include "client/ask/material.h"
#include "client/ask/resume.h"
#include "client/ask/screen.h"
#include "client/ask/shell.h"
#include "client/common/exit.h"
#include "client/common/signals.h"
#include "client/common/view_json.h"
#include "client/common/view_text.h"
#include "lib/base/utf8.h"
#include "lib/base/version.h"
#include <string.h>
#include <unistd.h>

static struct out out;

static int print_help(const char *topic)
{
    if (!help_print(&out, topic)) {
        exit_print(ASKING_PROGRAM, "--help has no topic '%.40s': see ask --help", topic);
        return EXIT_USAGE;
    }
    return out_flush(&out) ? EXIT_OK : EXIT_IO;
}

static int print_version(void)
{
    (void)out_puts(&out, "ask ");
    (void)out_puts(&out, askd_version);
    (void)out_puts(&out, "\n");
    return out_flush(&out) ? EXIT_OK : EXIT_IO;
}

static void on_wait(void *data, const char *what)
{
    (void)data;
    exit_print_wait(ASKING_PROGRAM, what);
}

bool command_on_screen(const struct frontend *f, const struct args *args, const struct out *o)
{
    return f->answer != NULL && args->format != ARGS_CODE && screen_wanted(args, o);
}

struct view *command_view(const struct frontend *f, const struct args *args, struct out *o)
{
    const struct view_text_options text = {.program = ASKING_PROGRAM,
                                           .silent = args->format == ARGS_JSON,
                                           .whole = args->no_stream,
                                           .reasoning = args->reasoning == ARGS_REASONING_ONLY   ? VIEW_REASONING_ONLY
                                                        : args->reasoning == ARGS_REASONING_SHOW ? VIEW_REASONING_SHOW
                                                                                                 : VIEW_REASONING_HIDE};
    if (args->format == ARGS_JSON_STREAM)
        return view_json_new(o);
    if (args->format == ARGS_CODE && f->code != NULL)
        return f->code(args, o);
    return command_on_screen(f, args, o) ? f->answer(args, o) : view_text_new(&text, o);
}

static int estimate(const struct asking *a, const struct question *q)
{
    struct buf params;
    int status = asking_encode(q, &params);
    if (status == EXIT_OK)
        status = dry_run(ASKING_PROGRAM, a->ask, &params, a->args->format == ARGS_JSON, a->out);
    buf_done(&params);
    return status;
}

static int send_question(const struct asking *a, struct question *q)
{
    if (a->args->task == ARGS_SHELL)
        return shell_run(a, q);
    if (a->args->dry_run)
        return estimate(a, q);
    if (args_compares(a->args))
        return compare_run(a, q);
    return a->args->detach ? asking_detach(a, q) : asking_follow(a, q);
}

/* What was said goes before what is said now, without a seam. */
static int go_on(const struct asking *a, struct question *q)
{
    struct resume resume;
    struct asking with = *a;
    int status = resume_find(ASKING_PROGRAM, a->ask, a->args->conversation, &resume);
    if (status == EXIT_OK) {
        resume_ask(&resume, q);
        with.said = args_for_people(a->args) ? &resume.text : NULL;
        status = send_question(&with, q);
    }
    resume_done(&resume);
    return status;
}

/* Somebody sits at a terminal and has asked nothing yet. */
static bool is_session(const struct args *args, const struct frontend *f)
{
    return f->session != NULL && isatty(STDIN_FILENO) == 1 && out.terminal && args->task == ARGS_QUESTION &&
           args->format == ARGS_TEXT && args->n_words == 0 && args->template == NULL && !args->editor &&
           !args->interrupted && !args->detach && !args->dry_run;
}

/* The daemon is there from here on. */
static int ask(const struct args *args, const struct frontend *f, struct question *q, struct material *m)
{
    struct ask_error err;
    const struct ask_options options = {.socket = args->socket, .on_wait = on_wait};
    struct asking a = {
        .args = args, .frontend = f, .ask = ask_open(&options, &err), .out = &out, .project = &m->project};
    if (a.ask == NULL)
        return signals_pending() != 0 ? 128 + signals_pending() : exit_failure(ASKING_PROGRAM, &err);
    int status = args->interrupted         ? go_on(&a, q)
                 : args->task == ARGS_EDIT ? edit_run(&a, q, &m->edited)
                 : m->no_prompt            ? f->session(&a, q)
                                           : send_question(&a, q);
    ask_close(a.ask);
    return status;
}

static bool is_text(const char *s)
{
    return s == NULL || utf8_valid(s, strlen(s));
}

static bool are_texts(const struct args *args)
{
    bool good = is_text(args->model) && is_text(args->system) && is_text(args->conversation) && is_text(args->template);
    good = good && is_text(args->judge) && is_text(args->branch);
    for (unsigned i = 0; i < args->n_vars; i++)
        good = good && is_text(args->vars[i]);
    for (unsigned i = 0; i < args->n_contexts; i++)
        good = good && is_text(args->contexts[i]);
    return good;
}

static int ask_prompt(const struct args *args, const struct frontend *f)
{
    struct question q;
    struct material m;
    struct error err = ERROR_INIT;
    int status = args->copy ? copy_check(&out) : (int)EXIT_OK;
    if (status != EXIT_OK)
        return status;
    material_init(&m);
    m.no_prompt = is_session(args, f);
    const enum error_code code = material_read(&m, args, ASKING_PROGRAM, &q, &err);
    status = m.status;
    if (code == ERR_NONE) {
        signals_catch();
        status = ask(args, f, &q, &m);
    } else if (code != ERR_CANCELLED) {
        exit_print(ASKING_PROGRAM, "%s", err.message);
    }
    material_settle(&m, ASKING_PROGRAM, status);
    material_done(&m);
    return status;
}

int command_main(int argc, char **argv, const struct frontend *f)
{
    struct args args;
    out_keep_standard();
    out_init(&out, STDOUT_FILENO);
    switch (args_parse(&args, argc, argv)) {
    case ARGS_HELP: return print_help(args.topic);
    case ARGS_VERSION: return print_version();
    case ARGS_WRONG: exit_print(ASKING_PROGRAM, "%s: see ask --help", args.why); return EXIT_USAGE;
    case ARGS_ASK: break;
    }
    if (!are_texts(&args)) {
        exit_print(ASKING_PROGRAM, "a value of an option is not UTF-8 text: convert it, for instance with iconv");
        return EXIT_DATA;
    }
    if (args.task == ARGS_UNDO)
        return edit_undo(&args, &out);
    if (!f->screen && screen_wanted(&args, &out))
        screen_run(argv);
    if (!f->screen && args.format == ARGS_CODE) {
        exit_print(ASKING_PROGRAM, "--code needs the program ask-tty, which is not installed: install all of askd");
        return EXIT_UNAVAILABLE;
    }
    return ask_prompt(&args, f);
}
