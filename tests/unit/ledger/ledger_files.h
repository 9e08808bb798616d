/* What the tests of the ledger share: a configuration of text, as the daemon would read it, and rules of it. */
#ifndef ASKD_TESTS_LEDGER_FILES_H
#define ASKD_TESTS_LEDGER_FILES_H

#include "daemon/ledger/budget_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct config_room *const ledger_rooms[] = {&budget_room, &rates_room, NULL};

/* path: room for it, since errors name it. NULL where the file is refused, with the reason in *err. */
static inline struct config *ledger_config(const char *text, char path[64], struct error *err)
{
    struct config *c = NULL;

    strcpy(path, "/tmp/askd-ledger-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    (void)config_load(ledger_rooms, (const char *[]){path, NULL}, true, &c, err);
    unlink(path);
    return c;
}

static inline struct budget_rules *ledger_rules(const char *text)
{
    struct error err = ERROR_INIT;
    struct budget_rules *rules = NULL;
    char path[64];
    struct config *c = ledger_config(text, path, &err);

    if (!c || budget_rules_load(c, &rules, &err) != ERR_NONE)
        fail_msg("%s", err.message);
    config_free(c);
    return rules;
}

/* Expects the text to be refused, with the file, the line and `part` in the message. */
static inline void ledger_refuse(const char *text, unsigned line, const char *part)
{
    struct error err = ERROR_INIT;
    struct budget_rules *rules = NULL;
    char path[64], head[128];
    struct config *c = ledger_config(text, path, &err);

    if (c && budget_rules_load(c, &rules, &err) == ERR_NONE)
        fail_msg("taken: %s", text);
    config_free(c);
    snprintf(head, sizeof(head), "%s:%u: ", path, line);
    if (strncmp(err.message, head, strlen(head)) != 0 || !strstr(err.message, part))
        fail_msg("wanted line %u: %s; got %s", line, part, err.message);
}

#endif
