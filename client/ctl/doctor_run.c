/* Programs that checks run. */
#include "client/common/capture.h"
#include "client/ctl/doctor.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COMMAND_MAX = 16 << 10 };

int doctor_run(const char *const argv[], struct buf *out)
{
    struct buf command;
    int status = -1;
    buf_init(&command, COMMAND_MAX);
    (void)buf_puts(&command, "exec");
    for (; *argv != NULL; argv++) {
        (void)buf_putc(&command, ' ');
        shell_quote(&command, *argv);
    }
    const char *text = buf_cstr(&command);
    if (command.failed || capture_run(text, -1, DOCTOR_RUN_MS, out, &status, NULL) != ERR_NONE)
        status = -1;
    buf_done(&command);
    return status;
}

bool doctor_has_program(const char *name)
{
    const char *path = getenv("PATH");
    while (path != NULL && *path != '\0') {
        char file[PATH_MAX];
        const size_t len = strcspn(path, ":");
        const int n = snprintf(file, sizeof(file), "%.*s/%s", (int)len, path, name);
        if (*path == '/' && n > 0 && (size_t)n < sizeof(file) && access(file, X_OK) == 0)
            return true;
        path += len + (path[len] == ':');
    }
    return false;
}
