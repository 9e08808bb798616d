#include "daemon/core/log_journal.h"

#ifdef HAVE_LIBSYSTEMD
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>
#include <unistd.h>

/* libsystemd says nothing of a line for which there is no such socket, as in a root of our own. */
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

bool log_journal_is_here(void)
{
    struct stat st;
    unsigned long long dev, ino;
    const char *stream = getenv("JOURNAL_STREAM");
    return stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
           st.st_dev == dev && st.st_ino == ino && access(JOURNAL_SOCKET, W_OK) == 0;
}

static struct iovec field(char *out, size_t size, const char *name, const char *value)
{
    int n = snprintf(out, size, "%s%s", name, value);
    return (struct iovec){out, (size_t)n < size ? (size_t)n : size - 1};
}

bool log_journal_send(enum log_level level, const struct log_fields *fields, const char *text)
{
    enum { NAME_MAX_LEN = 24, OWN = 3 };
    char message[LOG_LINE_MAX + NAME_MAX_LEN], priority[NAME_MAX_LEN], named[] = "SYSLOG_IDENTIFIER=askd";
    char values[LOG_FIELDS][LOG_VALUE_MAX + NAME_MAX_LEN], number[2] = {(char)('0' + log_priority(level)), '\0'};
    struct iovec iov[OWN + LOG_FIELDS] = {
        field(message, sizeof message, "MESSAGE=", text),
        field(priority, sizeof priority, "PRIORITY=", number),
        {named, strlen(named)},
    };
    int n = OWN;
    for (size_t i = 0; i < LOG_FIELDS; i++) {
        const char *value = log_field_value(fields, i);
        if (*value)
            iov[n++] = field(values[i], sizeof values[i], log_field_rows[i].journal, value);
    }
    return sd_journal_sendv(iov, n) >= 0;
}
#else
bool log_journal_is_here(void)
{
    return false;
}

bool log_journal_send(enum log_level level, const struct log_fields *fields, const char *text)
{
    (void)level;
    (void)fields;
    (void)text;
    return false;
}
#endif
