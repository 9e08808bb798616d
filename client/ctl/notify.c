#include "client/ctl/notify.h"
#include "lib/base/buf.h"
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BODY_MAX = 4096 };

static void ring(void)
{
    if (isatty(STDERR_FILENO) != 0 && write(STDERR_FILENO, "\a", 1) < 0)
        return; /* nobody is left to hear it */
}

/* Without one notify-send would start a bus of its own, or wait for one. */
static bool has_bus(void)
{
    const char *address = getenv("DBUS_SESSION_BUS_ADDRESS"), *runtime = getenv("XDG_RUNTIME_DIR");
    char path[PATH_MAX];
    if (address != NULL && address[0] != '\0')
        return true;
    if (runtime == NULL || runtime[0] != '/')
        return false;
    int n = snprintf(path, sizeof(path), "%s/bus", runtime);
    return n > 0 && (size_t)n < sizeof(path) && access(path, F_OK) == 0;
}

static void escape(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&': (void)buf_puts(out, "&amp;"); break;
        case '<': (void)buf_puts(out, "&lt;"); break;
        case '>': (void)buf_puts(out, "&gt;"); break;
        default: (void)buf_putc(out, *text);
        }
    }
}

/* It keeps none of our descriptors: whoever reads our output is not to wait for it. */
static void start(char *const argv[])
{
    posix_spawn_file_actions_t files;
    pid_t pid;
    if (posix_spawn_file_actions_init(&files) != 0)
        return;
    bool ready = true;
    for (int fd = 0; fd <= 2; fd++)
        ready = posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0) == 0 && ready;
    if (ready)
        (void)posix_spawnp(&pid, argv[0], &files, NULL, argv, environ);
    (void)posix_spawn_file_actions_destroy(&files);
}

void notify_tell(const char *title, const char *text)
{
    struct buf body;
    ring();
    if (!has_bus())
        return;
    buf_init(&body, BODY_MAX);
    escape(&body, text);
    char name[] = "notify-send", app[] = "--app-name=askd", end[] = "--", *head = strdup(title);
    char *argv[] = {name, app, end, head, (char *)(uintptr_t)buf_cstr(&body), NULL};
    if (head != NULL)
        start(argv);
    free(head);
    buf_done(&body);
}
