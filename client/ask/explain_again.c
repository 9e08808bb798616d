#include "client/ask/explain_again.h"
#include "client/ask/confirm.h"
#include "client/ask/shell_show.h"
#include "client/common/capture.h"
#include "client/common/signals.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The command is in the environment already, whatever is in it. */
#define RUN "exec \"${SHELL:-sh}\" -c \"$ASK_LAST_COMMAND\""

static enum error_code show(const struct shell_answer *command, struct error *err)
{
    struct out out;
    const int fd = open("/dev/tty", O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return error_set(
            err, ERR_UNAVAILABLE,
            "what the last command printed is not known, and there is no terminal to ask at whether to run "
            "it again: work in tmux");
    out_init(&out, fd);
    (void)out_puts(&out, "ask: what this command printed is not known here; to explain it, it has to run again\n");
    const bool good = shell_show(&out, command) && out_flush(&out);
    (void)close(fd);
    return good ? ERR_NONE : error_set(err, ERR_UNAVAILABLE, "the last command cannot be shown, and was not run again");
}

/* That it was ended is part of what is to be explained. */
static enum error_code run(struct buf *out, struct error *err)
{
    struct error why = ERROR_INIT;
    int status = 0;
    const enum error_code code = capture_run(RUN, -1, CAPTURE_MS, out, &status, &why);
    if (code == ERR_NONE) {
        (void)buf_printf(out, "\n[exit status %d]\n", status);
    } else if (code == ERR_TIMEOUT || code == ERR_TOO_LARGE) {
        (void)buf_printf(out, "\n[ended here, for it %s]\n",
                         code == ERR_TIMEOUT ? "took longer than it may when it is run again"
                                             : "printed more than it may when it is run again");
    } else {
        *err = why;
        return code;
    }
    return ERR_NONE;
}

enum error_code explain_again(struct buf *out, const char *command, struct error *err)
{
    struct shell_answer shown;
    shell_answer_take(&shown, command, strlen(command));
    if (shown.kind != SHELL_COMMAND)
        return error_set(err, ERR_UNAVAILABLE, "the last command cannot be run again as it is known here");
    enum error_code code = show(&shown, err);
    if (code != ERR_NONE)
        return code;
    signals_catch();
    const char choice = confirm_choose("Run it again, and send what it prints? [y]es, [n]o: ", "yn");
    if (signals_pending() != 0)
        return error_set(err, ERR_CANCELLED, "interrupted");
    if (choice != 'y')
        return error_set(err, ERR_UNAVAILABLE, "the last command was not run again, and nothing was asked");
    (void)buf_printf(out, "$ %s\n", command);
    return run(out, err);
}
