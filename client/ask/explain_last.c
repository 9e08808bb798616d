#include "client/ask/explain_last.h"
#include "client/ask/explain_again.h"
#include "client/ask/explain_cut.h"
#include "client/ask/input.h"
#include "client/ask/shell_answer.h"
#include "client/common/capture.h"
#include "client/common/exit.h"
#include "client/common/signals.h"
#include "lib/base/paths.h"
#include "lib/base/utf8.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Who knows what was printed, the nearest to us first. */
static const struct source {
    const char *variable; /* is set there */
    const char *command;  /* prints it */
    bool screen;          /* all that the terminal shows, and not the output alone */
} sources[] = {
    {"TMUX_PANE", "exec tmux capture-pane -p -J -S -2000 -t \"$TMUX_PANE\"", true},
    {"KITTY_LISTEN_ON", "exec kitty @ get-text --match \"id:$KITTY_WINDOW_ID\" --extent last_non_empty_output", false},
};

static const char *value_of(const char *variable)
{
    const char *value = getenv(variable);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* NULL where it is not known. */
static const char *last_command(void)
{
    const char *command = value_of("ASK_LAST_COMMAND");
    return command != NULL && strlen(command) <= SHELL_ANSWER_MAX && utf8_valid(command, strlen(command)) ? command
                                                                                                          : NULL;
}

/* How the last command ended, where the shell has told and the output does not. */
static void append_status(struct buf *out)
{
    const char *status = value_of("ASK_LAST_STATUS");
    if (status != NULL && status[strspn(status, "0123456789")] == '\0')
        (void)buf_printf(out, "[exit status %s]\n", status);
}

/* False where it does not know, after all. */
static bool read_source(const struct source *source, const char *command, struct buf *text, struct error *err)
{
    int status = 0;
    if (!source->screen && command != NULL)
        (void)buf_printf(text, "$ %s\n", command);
    const size_t before = text->len;
    if (capture_run(source->command, -1, CAPTURE_MS, text, &status, err) == ERR_NONE && status == 0 &&
        text->len > before)
        return true;
    buf_clear(text);
    return false;
}

/* The first source that knows; else from a second run. *screen: text is all that the terminal shows. */
static enum error_code read_text(struct buf *text, const char *command, bool *screen, struct error *err)
{
    *screen = false;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        if (value_of(sources[i].variable) == NULL || !read_source(&sources[i], command, text, err))
            continue;
        *screen = sources[i].screen;
        if (!*screen)
            append_status(text);
        return ERR_NONE;
    }
    if (signals_pending() != 0)
        return error_set(err, ERR_CANCELLED, "interrupted");
    if (command != NULL)
        return explain_again(text, command, err);
    char path[PATH_MAX];
    paths_data_file("shell", path, sizeof(path));
    return error_set(err, ERR_UNAVAILABLE,
                     "which command ran last is not known here: work in tmux, or have your shell read its file in %s",
                     path);
}

/* How much of a line is told. */
enum { TOLD = 160 };

static void tell(const char *program, const char *kept, const struct explain_cut *cut)
{
    const size_t len = strcspn(kept, "\n"), told = len > TOLD ? utf8_whole(kept, TOLD) : len;
    if (cut->found)
        exit_print(program, "%u line%s go%s to the model, from '%.*s%s' on", cut->lines, cut->lines > 1 ? "s" : "",
                   cut->lines > 1 ? "" : "es", (int)told, kept, told < len ? "…" : "");
    else
        exit_print(program, "the last %u lines here go to the model, for it is not known where the last command begins",
                   cut->lines);
}

/* Behind the question, if there is one. */
static enum error_code append(struct buf *out, const struct buf *text, const char *command, bool screen,
                              const char *program, struct error *err)
{
    struct explain_cut cut;
    struct buf whole;
    buf_init(&whole, INPUT_MAX);
    bool good = utf8_append_repaired(&whole, (const char *)text->data, text->len);
    if (out->len > 0)
        (void)buf_puts(out, "\n\n");
    const size_t at = out->len;
    if (good && screen)
        explain_cut_screen(out, (const char *)whole.data, whole.len, command, &cut);
    else if (good)
        explain_cut_output(out, (const char *)whole.data, whole.len, &cut);
    buf_done(&whole);
    if (!good || out->failed)
        return error_set(err, ERR_TOO_LARGE, "what the last command printed does not fit into memory");
    if (out->len == at)
        return error_set(err, ERR_UNAVAILABLE, "this terminal shows nothing yet that could be explained");
    tell(program, buf_cstr(out) + at, &cut);
    if (screen)
        append_status(out);
    out->len -= out->data[out->len - 1] == '\n';
    return ERR_NONE;
}

enum error_code explain_last_read(struct buf *out, const struct args *args, const char *program, struct error *err)
{
    const char *command = last_command();
    struct buf text;
    bool screen;
    enum error_code code = input_read(out, args->words, args->n_words, -1, err);
    if (code != ERR_NONE && code != ERR_NOT_FOUND)
        return code;
    buf_init(&text, INPUT_MAX);
    code = read_text(&text, command, &screen, err);
    if (code == ERR_NONE)
        code = append(out, &text, command, screen, program, err);
    buf_done(&text);
    return code;
}
