/* The units of the service manager, where one runs and has them. */
#include "client/ctl/doctor.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { OUTPUT_MAX = 64 << 10, WORD = 40 };

struct unit {
    char load[WORD], active[WORD], file[WORD], result[WORD];
};

/* A block of "Name=value" lines; they come in any order. Returns what follows it. */
static const char *read_unit(const char *text, struct unit *u)
{
    const struct {
        const char *name;
        char *to;
    } fields[] = {
        {"LoadState=", u->load}, {"ActiveState=", u->active}, {"UnitFileState=", u->file}, {"Result=", u->result}};
    *u = (struct unit){0};
    text += strspn(text, "\n");
    while (*text != '\0' && *text != '\n') {
        const size_t len = strcspn(text, "\n");
        for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
            const size_t name = strlen(fields[i].name);
            if (strncmp(text, fields[i].name, name) == 0)
                (void)snprintf(fields[i].to, WORD, "%.*s", (int)(len - name < WORD ? len - name : WORD - 1),
                               text + name);
        }
        text += len + (text[len] == '\n');
    }
    return text;
}

/* How that manager is called in a shell. */
static const char *call_of(const struct doctor *d)
{
    return d->place.kind == PLACE_SYSTEM ? "sudo systemctl" : "systemctl --user";
}

static bool ask_manager(const struct doctor *d, struct unit *socket, struct unit *service)
{
    const char *const argv[] = {"systemctl",   d->place.kind == PLACE_SYSTEM ? "--system" : "--user",
                                "show",        "--property=LoadState,ActiveState,UnitFileState,Result",
                                "askd.socket", "askd.service",
                                NULL};
    struct buf out;
    buf_init(&out, OUTPUT_MAX);
    const bool told = doctor_run(argv, &out) == 0;
    if (told)
        (void)read_unit(read_unit(buf_cstr(&out), socket), service);
    buf_done(&out);
    return told && strcmp(socket->load, "loaded") == 0;
}

static bool is(const char *word, const char *what)
{
    return strcmp(word, what) == 0;
}

static void tell_of_failure(struct doctor *d, const char *unit, const char *result)
{
    doctor_tell(d, DOCTOR_FAULT, "the unit %s has failed (%s): its log says why", unit, result);
    doctor_mend(d, "journalctl %s -u %s -n 20 --no-pager", d->place.kind == PLACE_SYSTEM ? "--system" : "--user", unit);
    doctor_mend(d, "%s reset-failed askd.socket askd.service; %s start askd.socket", call_of(d), call_of(d));
}

/* What lasts beyond the last login session. */
static void tell_of_linger(struct doctor *d)
{
    char uid[16];
    struct buf out;
    (void)snprintf(uid, sizeof(uid), "%u", (unsigned)geteuid());
    const char *const argv[] = {"loginctl", "show-user", uid, "--property=Linger", NULL};
    buf_init(&out, OUTPUT_MAX);
    if (doctor_run(argv, &out) == 0 && strncmp(buf_cstr(&out), "Linger=no", 9) == 0) {
        doctor_tell(d, DOCTOR_NOTE, "the user's manager ends with the last login session, and askd with it");
        doctor_mend(d, "loginctl enable-linger");
    }
    buf_done(&out);
}

void doctor_units(struct doctor *d)
{
    struct unit socket, service;
    if (!doctor_has_program("systemctl") || !ask_manager(d, &socket, &service))
        return;
    const bool enabled = is(socket.file, "enabled") || is(service.file, "enabled");
    const bool active = is(socket.active, "active") || is(service.active, "active");
    if (is(service.active, "failed") || is(socket.active, "failed")) {
        const bool by_service = is(service.active, "failed");
        tell_of_failure(d, by_service ? "askd.service" : "askd.socket", by_service ? service.result : socket.result);
    } else if (!enabled && !active) {
        doctor_tell(d, DOCTOR_NOTE, "the units are installed but not enabled: clients start askd when they need it");
        doctor_mend(d, "%s%s enable --now askd.socket", d->autostarted ? "askctl call shutdown; " : "", call_of(d));
    } else if (d->autostarted) {
        doctor_tell(d, DOCTOR_WARNING, "the askd that answers was started by a client, beside the unit askd.socket");
        doctor_mend(d, "askctl call shutdown; %s restart askd.socket", call_of(d));
    } else if (!active) {
        doctor_tell(d, DOCTOR_WARNING, "the unit askd.socket is enabled, but not started");
        doctor_mend(d, "%s start askd.socket", call_of(d));
    } else {
        doctor_tell(d, DOCTOR_OK, "the unit askd.socket is %s and active", enabled ? "enabled" : "not enabled");
    }
    if (enabled && d->place.kind != PLACE_SYSTEM && doctor_has_program("loginctl"))
        tell_of_linger(d);
}
