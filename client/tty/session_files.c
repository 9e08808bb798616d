/* Commands of a session that bring something in or take it out: /attach, /save, /copy. */
#include "client/ask/confirm.h"
#include "client/ask/copy.h"
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/tty/session_state.h"
#include "lib/base/fd.h"
#include "lib/proto/mp.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A name as a shell would take it where it begins with "~/". False where it does not fit. */
static bool expand(const char *name, char path[PATH_MAX])
{
    const char *home = name[0] == '~' && name[1] == '/' ? getenv("HOME") : NULL;
    const int n =
        home != NULL ? snprintf(path, PATH_MAX, "%s%s", home, name + 1) : snprintf(path, PATH_MAX, "%s", name);
    if (n >= 0 && n < PATH_MAX)
        return true;
    exit_print(ASKING_PROGRAM, "the name is too long: choose another");
    return false;
}

enum session_next session_attach(struct session *s, const char *argument)
{
    char path[PATH_MAX];
    struct error err = ERROR_INIT;
    if (strcmp(argument, "-") == 0)
        exit_print(ASKING_PROGRAM, "standard input is the session's own: /attach FILE");
    else if (expand(argument, path) && attach_add(&s->attached, path, &err) != ERR_NONE)
        exit_print(ASKING_PROGRAM, "%s", err.message);
    else
        exit_print(ASKING_PROGRAM, "%u attached to the next question", (unsigned)s->attached.n);
    return SESSION_GO_ON;
}

/* -- /save -- */

static bool write_all(int fd, const char *data, size_t len)
{
    const bool good = fd_write_all(fd, data, len);
    const int error = errno;
    if (close(fd) == 0 && good)
        return true;
    errno = good ? errno : error;
    return false;
}

static void save_to(const char *path, const char *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno == EEXIST) {
        if (confirm_choose("It is there already. Write over it? [y]es, [n]o ", "yn") != 'y')
            return;
        fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    }
    if (fd < 0 || !write_all(fd, data, len))
        exit_print(ASKING_PROGRAM, "cannot write %s: %s: choose another place", path, strerror(errno));
    else
        exit_print(ASKING_PROGRAM, "saved to %s", path);
}

enum session_next session_save(struct session *s, const char *argument)
{
    char path[PATH_MAX];
    struct buf params;
    msgpack_unpacked reply;
    msgpack_object_map map;
    const char *data;
    size_t len;
    if (s->conversation[0] == '\0') {
        exit_print(ASKING_PROGRAM,
                   session_keeps(s) ? "nothing was asked here yet" : "nothing is stored of this session");
        return SESSION_GO_ON;
    }
    buf_init(&params, SESSION_PARAMS_MAX);
    msgpack_unpacked_init(&reply);
    mp_put_map(&params, 2);
    mp_put_entry(&params, "conversation", s->conversation);
    mp_put_entry(&params, "format", "markdown");
    if (expand(argument, path) && session_call(s, "conversation.export", &params, &reply) &&
        mp_map(&reply.data, &map) && field_str(&map, "data", &data, &len))
        save_to(path, data, len);
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    return SESSION_GO_ON;
}

/* -- /copy -- */

enum session_next session_copy(struct session *s, const char *argument)
{
    (void)argument;
    if (s->last.text.len == 0)
        exit_print(ASKING_PROGRAM, "there is no answer to copy yet");
    else if (copy_text(s->asking.out, (const char *)s->last.text.data, s->last.text.len) == EXIT_OK)
        exit_print(ASKING_PROGRAM, "the last answer is in the terminal's clipboard, where that allows it");
    return SESSION_GO_ON;
}
