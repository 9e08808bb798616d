#include "client/ask/edit.h"
#include "client/ask/again.h"
#include "client/ask/command.h"
#include "client/ask/confirm.h"
#include "client/ask/edit_decide.h"
#include "client/ask/edit_fit.h"
#include "client/ask/plain.h"
#include "client/ask/undo.h"
#include "client/common/ending.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/common/signals.h"
#include <string.h>

static int fail(const struct error *err)
{
    exit_print(ASKING_PROGRAM, "%s", err->message);
    return exit_status_for(err->code);
}

/* -- the answer -- */

/* The model says in a comment why it does nothing, as its prompt wants it. */
static bool is_refusal(const char *text, size_t len)
{
    return len > 2 && memcmp(text, "# ", 2) == 0;
}

static int say_no(const char *text, size_t len)
{
    const char *lf = memchr(text, '\n', len);
    const size_t line = (lf != NULL ? (size_t)(lf - text) : len) - 2;
    exit_print(ASKING_PROGRAM, "nothing is changed, says the model: %.*s", (int)(line < 1024 ? line : 1024), text + 2);
    return EXIT_OTHER;
}

/* A diff that was cut off may fit, and do half of what it should. */
static bool is_whole(const msgpack_object_map *answer)
{
    char finish[32];
    return strcmp(field_line(answer, "finish_reason", finish, sizeof(finish)), "stop") == 0;
}

static int take_answer(const struct asking *a, const msgpack_object *reply, struct edit_files *files, struct error *err)
{
    msgpack_object_map map = {0};
    const char *text = "";
    size_t len = 0;
    if (mp_map(reply, &map))
        (void)field_str(&map, "text", &text, &len);
    ending_print(ASKING_PROGRAM, reply);
    if (a->out->terminal)
        plain_cached(reply);
    if (a->args->stats)
        plain_stats(reply);
    if (!is_whole(&map)) {
        exit_print(ASKING_PROGRAM, "there is no whole diff, and nothing is changed: ask for less at once");
        return EXIT_DATA;
    }
    enum error_code code = edit_fit(files, text, len, err);
    if (code == ERR_NONE)
        return EXIT_OK;
    return code == ERR_NOT_FOUND && is_refusal(text, len) ? say_no(text, len) : (int)EXIT_MISFIT;
}

/* The diff is shown once it is known to fit. */
static int ask_model(const struct asking *a, const struct question *q, msgpack_unpacked *reply)
{
    struct view *view = asking_waiting(a, false);
    if (view == NULL) {
        exit_print(ASKING_PROGRAM, "out of memory");
        return EXIT_OS;
    }
    int status = asking_run(a, view, q, reply);
    view_free(view);
    return status;
}

static int ask_once_more(const struct asking *a, struct question q, const struct again *again, msgpack_unpacked *reply)
{
    exit_print(ASKING_PROGRAM, "it is asked for once more");
    again_ask(again, &q);
    return ask_model(a, &q, reply);
}

/* As again.h does for a schema: with the reason, and once. */
static int try_again(const struct asking *a, const struct question *q, struct edit_files *files,
                     msgpack_unpacked *reply, struct error *err)
{
    msgpack_object_map map = {0};
    struct again again;
    char prompt[1024];
    (void)snprintf(prompt, sizeof(prompt),
                   "Your diff cannot be used: %s.\nAnswer again with the whole diff of all files that change, against "
                   "the files as they were attached, and with nothing else.",
                   err->message);
    (void)mp_map(&reply->data, &map);
    again_because(&again, &map, prompt);
    exit_print(ASKING_PROGRAM, "the model's diff cannot be used: %s", err->message);
    int status = EXIT_MISFIT;
    if (again_possible(&again, q))
        status = ask_once_more(a, *q, &again, reply);
    if (status == EXIT_OK) {
        status = take_answer(a, &reply->data, files, err);
        if (status == EXIT_MISFIT)
            exit_print(ASKING_PROGRAM, "nor can its second: %s", err->message);
    }
    if (status == EXIT_MISFIT)
        exit_print(ASKING_PROGRAM, "nothing is changed: ask for less at once, or another model (-m)");
    again_done(&again);
    return status;
}

static int get_answer(const struct asking *a, const struct question *q, struct edit_files *files)
{
    struct error err = ERROR_INIT;
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    int status = ask_model(a, q, &reply);
    if (status == EXIT_OK)
        status = take_answer(a, &reply.data, files, &err);
    if (status == EXIT_MISFIT)
        status = try_again(a, q, files, &reply, &err);
    msgpack_unpacked_destroy(&reply);
    return status;
}

/* What would stand in the way of the last step is told before the first. */
static int get_ready(const struct asking *a, const struct edit_files *files)
{
    struct error err = ERROR_INIT;
    if (!a->out->terminal)
        return EXIT_OK;
    if (edit_files_writable(files, &err) != ERR_NONE)
        return fail(&err);
    if (confirm_possible())
        return EXIT_OK;
    exit_print(ASKING_PROGRAM, "there is no terminal to ask at whether the change is wanted: send the output to a file "
                               "or a pipe to get its diff");
    return EXIT_USAGE;
}

int edit_run(const struct asking *a, const struct question *q, struct edit_files *files)
{
    int status = get_ready(a, files);
    if (status == EXIT_OK)
        status = get_answer(a, q, files);
    return status == EXIT_OK ? edit_decide(a, files) : status;
}

int edit_undo(const struct args *args, struct out *out)
{
    struct error err = ERROR_INIT;
    struct undo undo;
    signals_catch(); /* one that comes now is too late: what was begun is done */
    enum error_code code = undo_open(&undo, false, &err);
    if (code == ERR_NONE)
        code = undo_take(&undo, out, args->format == ARGS_PLAIN, &err);
    undo_close(&undo);
    int status = exit_flush(ASKING_PROGRAM, out, "the diff");
    if (code != ERR_NONE)
        return fail(&err);
    exit_print_wait(ASKING_PROGRAM, "the files are as they were before the edit");
    return status;
}
