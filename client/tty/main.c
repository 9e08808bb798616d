#include "client/ask/command.h"
#include "client/common/exit.h"
#include "client/common/out.h"
#include "client/tty/attach.h"
#include "client/tty/code_view.h"
#include "client/tty/columns.h"
#include "client/tty/screen.h"
#include "client/tty/session.h"
#include "client/tty/tty.h"
#include "lib/base/buf.h"
#include "lib/proto/frame.h"
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What ask becomes on a terminal. */
static const struct frontend frontend = {
    .screen = true, .answer = screen_new, .compare = columns_new, .code = code_view_new, .session = session_run};

enum { TABLE_MAX = 64 << 20, VALUES_MAX = 8 << 20, DEPTH_MAX = 8 };

static const struct {
    const char *name;
    tty_verb *run;
} verbs[] = {{"table", tty_table}};
enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

/* What comes is UTF-8, and so is what goes out. No more is set than what characters are: figures have a point. */
static void set_locale(void)
{
    (void)setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        (void)setlocale(LC_CTYPE, "C.UTF-8");
}

static int read_input(struct buf *input)
{
    enum { PIECE = 64 << 10 };
    ssize_t n;
    while ((n = buf_reserve(input, PIECE) ? read(STDIN_FILENO, input->data + input->len, PIECE) : 0) != 0) {
        if (n > 0) {
            input->len += (size_t)n;
        } else if (errno != EINTR) {
            exit_print(TTY_PROGRAM, "cannot read what to show: %s", strerror(errno));
            return EXIT_IO;
        }
    }
    if (input->failed) {
        exit_print(TTY_PROGRAM, "what to show is over %d MiB", TABLE_MAX >> 20);
        return EXIT_DATA;
    }
    return EXIT_OK;
}

/* One value within the bounds, looked at before msgpack-c makes room for what its headers promise: it is walked over as
 * the parameter of a notification. */
static bool is_value(const struct buf *input)
{
    static const uint8_t head[] = {0x93, 0x02, 0xa0, 0x91};
    const struct frame_limits limits = {TABLE_MAX, VALUES_MAX, DEPTH_MAX};
    struct frame_reader reader;
    size_t used = 0;
    frame_init(&reader, &limits);
    (void)frame_feed(&reader, head, sizeof(head), &used);
    return frame_feed(&reader, input->data, input->len, &used) == FRAME_WHOLE && used == input->len;
}

static int run(tty_verb *verb)
{
    struct buf input;
    msgpack_unpacked value;
    size_t at = 0;
    buf_init(&input, TABLE_MAX);
    msgpack_unpacked_init(&value);
    int status = read_input(&input);
    if (status == EXIT_OK && (!is_value(&input) || msgpack_unpack_next(&value, (const char *)input.data, input.len,
                                                                       &at) != MSGPACK_UNPACK_SUCCESS)) {
        exit_print(TTY_PROGRAM, "what to show is no MessagePack value, or too large a one");
        status = EXIT_DATA;
    }
    if (status == EXIT_OK)
        status = verb(&value.data);
    msgpack_unpacked_destroy(&value);
    buf_done(&input);
    return status;
}

int main(int argc, char **argv)
{
    out_keep_standard();
    set_locale();
    if (argc >= 2 && strcmp(argv[1], "ask") == 0)
        return command_main(argc - 1, argv + 1, &frontend);
    if ((argc == 3 || argc == 4) && strcmp(argv[1], "attach") == 0)
        return attach_run(argc - 2, argv + 2);
    for (size_t i = 0; i < VERBS; i++)
        if (argc == 2 && strcmp(argv[1], verbs[i].name) == 0)
            return run(verbs[i].run);
    exit_print(TTY_PROGRAM, "ask and askctl run this program to draw on a terminal: it is not for hands");
    return EXIT_USAGE;
}
