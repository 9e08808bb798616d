#include "client/ask/shell_system.h"
#include "lib/base/fd.h"
#include "lib/base/utf8.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define RELEASE "/etc/os-release"
#define RELEASE_MAX ((size_t)16 << 10)

const char *shell_system_shell(void)
{
    const char *shell = getenv("SHELL");
    return shell != NULL && shell[0] != '\0' ? shell : "sh";
}

const char *shell_system_shell_name(void)
{
    const char *shell = shell_system_shell(), *slash = strrchr(shell, '/');
    const char *name = slash != NULL ? slash + 1 : shell;
    return utf8_valid(name, strlen(name)) ? name : "sh";
}

/* What stands behind PRETTY_NAME=, without its quotation marks. */
static void add_distribution(char *name, size_t at, char *release)
{
    static const char key[] = "PRETTY_NAME=";
    char *rest = NULL;
    for (char *line = strtok_r(release, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, key, sizeof(key) - 1) != 0)
            continue;
        char *value = line + sizeof(key) - 1;
        value += strspn(value, "\"'");
        value[strcspn(value, "\"'")] = '\0';
        if (utf8_is_line(value, strlen(value), &(size_t){0}) && at + strlen(value) + 2 < SHELL_SYSTEM_SIZE)
            (void)snprintf(name + at, SHELL_SYSTEM_SIZE - at, ", %s", value);
        return;
    }
}

void shell_system_name(char name[SHELL_SYSTEM_SIZE])
{
    struct utsname system;
    struct buf release;
    struct error err = ERROR_INIT;
    const int n = snprintf(name, SHELL_SYSTEM_SIZE, "%s", uname(&system) == 0 ? system.sysname : "Unix");
    buf_init(&release, RELEASE_MAX);
    if (n > 0 && n < SHELL_SYSTEM_SIZE && fd_read_file(RELEASE, false, &release, &err) == ERR_NONE &&
        buf_cstr(&release)[0] != '\0')
        add_distribution(name, (size_t)n, (char *)release.data);
    buf_done(&release);
}

void shell_vars_find(struct shell_vars *v)
{
    char system[SHELL_SYSTEM_SIZE];
    shell_system_name(system);
    (void)snprintf(v->shell, sizeof(v->shell), "shell=%.255s", shell_system_shell_name());
    (void)snprintf(v->system, sizeof(v->system), "system=%s", system);
    v->list[0] = v->shell;
    v->list[1] = v->system;
}

void shell_vars_put(struct question *q, const char *template, const struct shell_vars *v)
{
    q->template = template;
    q->vars = v->list;
    q->n_vars = sizeof(v->list) / sizeof(v->list[0]);
}
