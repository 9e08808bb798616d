/* The units of this user's systemd, where it runs and they are installed; and that they go on without a login. */
#include "client/common/capture.h"
#include "client/common/child.h"
#include "client/common/field.h"
#include "client/common/signals.h"
#include "client/ctl/setup.h"
#include "client/ctl/typed.h"
#include "lib/base/paths.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SOCKET_UNIT "askd.socket"

#define SHOW_UNIT "systemctl --user show -p LoadState,UnitFileState,ActiveState " SOCKET_UNIT

enum { TOLD_MAX = 4096, NO_PROGRAM = 127, END_WAIT_MS = 20000 /* more than drain_timeout's default */ };

/* What it prints; the status of the shell where it is not there. */
static int look(const char *command, struct buf *told)
{
    struct error err = ERROR_INIT;
    int status = NO_PROGRAM;
    if (capture_run(command, -1, CAPTURE_MS, told, &status, &err) == ERR_NONE)
        return status;
    buf_clear(told);
    (void)buf_puts(told, err.message);
    return -1;
}

/* -- what there is -- */

enum units { UNITS_UNKNOWN, UNITS_NOT_HERE, UNITS_OFF, UNITS_ON };

/* why: what stands in the way. */
static enum units look_at_units(char *why, size_t size)
{
    struct buf told;
    enum units found = UNITS_UNKNOWN;
    buf_init(&told, TOLD_MAX);
    const int status = look(SHOW_UNIT, &told);
    const char *text = buf_cstr(&told);
    const int line = (int)strcspn(text, "\n");
    if (status == NO_PROGRAM)
        (void)snprintf(why, size, "systemd is not here");
    else if (status != 0)
        (void)snprintf(why, size, "your systemd cannot be reached: %.*s", line, text);
    else if (strstr(text, "LoadState=loaded") == NULL)
        found = UNITS_NOT_HERE;
    else
        found = strstr(text, "UnitFileState=enabled") != NULL && strstr(text, "ActiveState=active") != NULL ? UNITS_ON
                                                                                                            : UNITS_OFF;
    if (found == UNITS_NOT_HERE)
        (void)snprintf(why, size,
                       "%s is not installed where systemd looks: make install with --prefix=/usr or "
                       "/usr/local puts it there",
                       SOCKET_UNIT);
    buf_done(&told);
    return found;
}

/* The units listen in one place alone. */
static bool socket_is_theirs(const struct setup *s)
{
    char usual[PATH_MAX], ours[PATH_MAX];
    struct ask_error err;
    return paths_user_socket(usual, sizeof(usual), NULL) == ERR_NONE &&
           ask_locate(&s->c->options, ours, sizeof(ours), &err) == ASK_OK && strcmp(usual, ours) == 0;
}

/* -- a daemon that a client started -- */

static int is_autostarted(struct setup *s, bool *ret)
{
    msgpack_unpacked reply;
    msgpack_object_map map;
    msgpack_unpacked_init(&reply);
    const int status = ctl_call(s->c, s->ask, "hello", NULL, &reply);
    *ret = status == EXIT_OK && mp_map(&reply.data, &map) && field_true(&map, "autostarted");
    msgpack_unpacked_destroy(&reply);
    return status;
}

/* Its socket stands where the unit's is to be. It ends its answers first. */
static int end_daemon(struct setup *s)
{
    struct pollfd p = {.fd = ask_fd(s->ask), .events = POLLRDHUP};
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    const int status = ctl_call(s->c, s->ask, "shutdown", NULL, &reply);
    msgpack_unpacked_destroy(&reply);
    if (status == EXIT_OK)
        (void)poll(&p, 1, END_WAIT_MS);
    ask_close(s->ask);
    s->ask = NULL;
    return status;
}

/* -- switched on -- */

/* True for exit status 0. It says itself what is wrong, and may ask for a password. */
static bool run(struct setup *s, const char *const argv[])
{
    const int status = child_run(argv);
    if (status == CHILD_NONE)
        setup_complain(s, "%s cannot be run: %s", argv[0], strerror(errno));
    else if (status != 0)
        setup_complain(s, "%s has failed: its message above says why", argv[0]);
    return status == 0;
}

static int enable(struct setup *s)
{
    static const char *const enable_now[] = {"systemctl", "--user", "enable", "--now", SOCKET_UNIT, NULL};
    bool autostarted;
    int status = is_autostarted(s, &autostarted);
    if (status != EXIT_OK)
        return status;
    if (!autostarted) {
        setup_complain(s, "a daemon runs that nobody but you can end: systemctl --user enable --now " SOCKET_UNIT
                          " once it has ended");
        return SETUP_FAULT;
    }
    status = end_daemon(s);
    const bool good = status == EXIT_OK && run(s, enable_now);
    s->ask = status == EXIT_OK ? ctl_open(s->c, &status) : NULL;
    if (good)
        setup_say(s, "systemd starts the daemon from now on, with the first question after each login");
    s->units = good ? "enabled" : "failed";
    return status == EXIT_OK && !good ? SETUP_FAULT : status;
}

/* As the option says, else as somebody says. -1: a signal. */
static int is_wanted(const struct setup *s, ctl_options option, bool value, const char *question, bool usual)
{
    if ((s->c->given & option) != 0)
        return value;
    if (s->talks)
        return typed_yes(question, usual);
    return usual && (s->c->given & CTL_YES) != 0;
}

static int interrupted(void)
{
    return signals_pending() != 0 ? 128 + signals_pending() : (int)EXIT_OTHER;
}

/* What is not asked for by an option is only said to who may wonder. */
static int not_possible(struct setup *s, ctl_options option, bool wanted, const char *what, const char *why)
{
    if ((s->c->given & option) != 0 && wanted) {
        setup_complain(s, "%s: %s", what, why);
        return SETUP_FAULT;
    }
    if (s->talks)
        setup_say(s, "\n%s: %s", what, why);
    return EXIT_OK;
}

/* -- lingering -- */

static bool lingers(const char *uid)
{
    char command[64];
    struct buf told;
    (void)snprintf(command, sizeof(command), "loginctl show-user %s -p Linger", uid);
    buf_init(&told, TOLD_MAX);
    const bool yes = look(command, &told) == 0 && strncmp(buf_cstr(&told), "Linger=yes", 10) == 0;
    buf_done(&told);
    return yes;
}

static int set_lingering(struct setup *s)
{
    char uid[16];
    const char *const argv[] = {"loginctl", "enable-linger", uid, NULL};
    (void)snprintf(uid, sizeof(uid), "%u", (unsigned)geteuid());
    if (lingers(uid)) {
        s->linger = "on";
        setup_say(s, "your services run without a login too");
        return EXIT_OK;
    }
    const int wanted = is_wanted(s, CTL_LINGER, s->c->linger, "Let it answer while you are not logged in, too?", false);
    if (wanted <= 0)
        return wanted < 0 ? interrupted() : EXIT_OK;
    const bool good = run(s, argv);
    s->linger = good ? "enabled" : "failed";
    if (good)
        setup_say(s, "your services run without a login from now on");
    return good ? EXIT_OK : (int)SETUP_FAULT;
}

/* -- the step -- */

static int switch_on(struct setup *s, enum units found)
{
    if (found == UNITS_ON) {
        s->units = "on";
        setup_say(s, "systemd starts the daemon already");
        return EXIT_OK;
    }
    const int wanted = is_wanted(s, CTL_UNITS, s->c->units,
                                 "\nHave systemd start the daemon, and not the first "
                                 "question?",
                                 true);
    if (wanted <= 0)
        return wanted < 0 ? interrupted() : EXIT_OK;
    return enable(s);
}

int setup_units(struct setup *s)
{
    char why[SETUP_LINE + 128] = "";
    const bool refused = (s->c->given & CTL_UNITS) != 0 && !s->c->units;
    const bool by_options = (s->c->given & (CTL_UNITS | CTL_LINGER | CTL_YES)) != 0;
    if (!by_options && (!s->talks || !setup_any_works(s)))
        return EXIT_OK;
    enum units found = UNITS_OFF;
    if (!refused && !socket_is_theirs(s))
        (void)snprintf(why, sizeof(why), "they listen on another socket than --socket or $ASKD_SOCKET names");
    else if (!refused)
        found = look_at_units(why, sizeof(why));
    int status = EXIT_OK;
    if (!refused)
        status = why[0] != '\0' ? not_possible(s, CTL_UNITS, s->c->units,
                                               "the first question starts the daemon, and systemd does not", why)
                                : switch_on(s, found);
    if (status != EXIT_OK && status != SETUP_FAULT)
        return status;
    const bool by_option = (s->c->given & CTL_LINGER) != 0 && s->c->linger;
    const bool units_are_on = s->units != NULL && strcmp(s->units, "failed") != 0;
    const int linger = by_option || (units_are_on && (s->c->given & CTL_LINGER) == 0) ? set_lingering(s) : EXIT_OK;
    return linger != EXIT_OK ? linger : status;
}
