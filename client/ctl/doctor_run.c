/* Programs that checks run, and words as the shell reads them. */
#include "client/common/capture.h"
#include "client/common/escape.h"
#include "client/ctl/doctor.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COMMAND_MAX = 16 << 10 };

static bool is_plain(const char *word)
{
    static const char others[] = "/._-+:@%,=~";
    if (word[0] == '\0' || word[0] == '~')
        return false;
    for (; *word != '\0'; word++) {
        const char c = *word;
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr(others, c) != NULL))
            return false;
    }
    return true;
}

/* Between quotes nothing means anything but the quote itself. */
static void put_quoted(struct buf *b, const char *word)
{
    (void)buf_putc(b, '\'');
    for (; *word != '\0'; word++) {
        if (*word == '\'')
            (void)buf_puts(b, "'\\''");
        else
            (void)buf_putc(b, *word);
    }
    (void)buf_putc(b, '\'');
}

/* What would be no text on a terminal is named; shells that people type into know this form. */
static void put_named(struct buf *b, const char *word)
{
    (void)buf_puts(b, "$'");
    for (; *word != '\0'; word++) {
        const unsigned char c = (unsigned char)*word;
        if (c < ' ' || c >= 0x7f)
            (void)buf_printf(b, "\\x%02x", c);
        else if (c == '\'' || c == '\\')
            (void)buf_printf(b, "\\%c", c);
        else
            (void)buf_putc(b, (char)c);
    }
    (void)buf_putc(b, '\'');
}

const char *doctor_quote(char out[DOCTOR_QUOTED], const char *word)
{
    struct buf b;
    buf_init(&b, DOCTOR_QUOTED - 1);
    if (is_plain(word))
        (void)buf_puts(&b, word);
    else if (escape_harmless(word, strlen(word), "") == strlen(word))
        put_quoted(&b, word);
    else
        put_named(&b, word);
    (void)snprintf(out, DOCTOR_QUOTED, "%s", b.failed ? "…" : buf_cstr(&b));
    buf_done(&b);
    return out;
}

int doctor_run(const char *const argv[], struct buf *out)
{
    struct buf command;
    int status = -1;
    buf_init(&command, COMMAND_MAX);
    (void)buf_puts(&command, "exec");
    for (; *argv != NULL; argv++) {
        (void)buf_putc(&command, ' ');
        put_quoted(&command, *argv);
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
