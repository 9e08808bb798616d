/* Does a daemon answer, which one, and of which version; who holds the locks. */
#include "client/common/field.h"
#include "client/common/figures.h"
#include "client/ctl/doctor.h"
#include "lib/base/fd.h"
#include "lib/base/version.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* -- does it answer -- */

static void tell_of_answer(struct doctor *d)
{
    msgpack_object_map map;
    char since[FIGURE_LEN] = "";
    double uptime;
    if (doctor_map(d, DOCTOR_STATUS, &map) && field_double(&map, "uptime", &uptime))
        figures_span(since, uptime);
    doctor_tell(d, DOCTOR_OK, "askd %s answers (pid %d, up %s%s)", d->version, (int)d->pid, since,
                d->autostarted ? ", started by a client" : "");
}

/* Nobody listens: would a client start one? */
static void tell_of_none(struct doctor *d)
{
    struct stat st;
    const bool stale = lstat(d->place.path, &st) == 0 && S_ISSOCK(st.st_mode);
    const char *left = stale ? ", though a dead one has left its socket" : "";
    if (d->place.kind == PLACE_SYSTEM) {
        doctor_tell(d, DOCTOR_FAULT, "nobody listens on the machine's socket");
        doctor_mend(d, "sudo systemctl enable --now askd.socket");
    } else if (d->place.kind == PLACE_NAMED) {
        doctor_tell(d, DOCTOR_FAULT, "no daemon listens on %s, and none is started for a socket that was named",
                    d->place.path);
        doctor_mend(d, "unset ASKD_SOCKET");
    } else if (d->program[0] == '\0') {
        doctor_tell(d, DOCTOR_FAULT, "no daemon runs, and no program askd is found: install it, or name it");
        doctor_mend(d, "export ASKD_DAEMON=/path/to/askd");
    } else if (!start_is_allowed(&d->c->options)) {
        doctor_tell(d, DOCTOR_FAULT, "no daemon runs%s, and ASKD_AUTOSTART=0 keeps clients from starting one", left);
        doctor_mend(d, "unset ASKD_AUTOSTART");
    } else if (d->report.counts[DOCTOR_FAULT] > 0) {
        doctor_tell(d, DOCTOR_NOTE, "no daemon runs%s; once what is told above is mended, the next question starts one",
                    left);
    } else {
        doctor_tell(d, DOCTOR_NOTE, "no daemon runs%s; the next question starts %s, and so does this:", left,
                    d->program);
        doctor_mend(d, "askctl doctor --start");
    }
}

void doctor_daemon(struct doctor *d)
{
    doctor_connect(d, false);
    const bool may = d->place.kind == PLACE_USER && d->program[0] != '\0' && start_is_allowed(&d->c->options);
    if ((d->knows & DOCTOR_DOWN) != 0 && (d->c->given & CTL_START) != 0 && may && d->report.counts[DOCTOR_FAULT] == 0) {
        d->knows &= ~DOCTOR_DOWN;
        doctor_connect(d, true);
    }
    if ((d->knows & DOCTOR_ANSWERS) != 0)
        tell_of_answer(d);
    else if ((d->knows & DOCTOR_DOWN) != 0)
        tell_of_none(d);
}

/* -- versions -- */

static bool runs_deleted(pid_t pid)
{
    char link[64], path[PATH_MAX];
    static const char end[] = " (deleted)";
    (void)snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
    const ssize_t n = readlink(link, path, sizeof(path));
    return n > (ssize_t)strlen(end) && memcmp(path + n - strlen(end), end, strlen(end)) == 0;
}

/* How the daemon is ended so that a newer one comes. */
static void mend_by_restart(struct doctor *d)
{
    if (d->place.kind == PLACE_SYSTEM)
        doctor_mend(d, "sudo systemctl restart askd.service");
    else
        doctor_mend(d, "askctl call shutdown");
}

void doctor_version(struct doctor *d)
{
    const bool replaced = d->pid > 0 && runs_deleted(d->pid);
    if (version_is_older(d->version, askd_version)) {
        doctor_tell(d, DOCTOR_WARNING, "the daemon is askd %s, older than this askctl, %s%s", d->version, askd_version,
                    d->autostarted && d->place.kind == PLACE_USER ? "; it gives way to the next client's" : "");
        mend_by_restart(d);
    } else if (version_is_older(askd_version, d->version)) {
        doctor_tell(d, DOCTOR_WARNING, "this askctl, %s, is older than the daemon, %s: is another one installed?",
                    askd_version, d->version);
        doctor_mend(d, "type -a askctl ask askd");
    } else if (replaced) {
        doctor_tell(d, DOCTOR_NOTE, "the daemon's program was replaced since it was started");
        mend_by_restart(d);
    } else if (d->installed[0] != '\0' && strcmp(d->installed, d->version) != 0) {
        doctor_tell(d, DOCTOR_NOTE, "the daemon is askd %s; clients would start %s, %s", d->version, d->program,
                    d->installed);
    } else {
        doctor_tell(d, DOCTOR_OK, "askctl and askd are %s", askd_version);
    }
}

/* -- locks -- */

/* A line of /proc/locks: "1: FLOCK  ADVISORY  WRITE 4242 fe:01:131 0 EOF". The device of a file is not everywhere what
 * stat(2) tells of it (Btrfs, overlays): where it differs, the file itself must name the same process. */
static pid_t holder_in(const char *line, const struct stat *st, pid_t named)
{
    int pid;
    unsigned major_number, minor_number;
    unsigned long inode;
    if (sscanf(line, "%*[^:]: FLOCK %*s %*s %d %x:%x:%lu", &pid, &major_number, &minor_number, &inode) != 4 ||
        inode != (unsigned long)st->st_ino || pid <= 0)
        return 0;
    const bool same = major_number == major(st->st_dev) && minor_number == minor(st->st_dev);
    return same || pid == named ? (pid_t)pid : 0;
}

pid_t doctor_lock_holder(const char *folder)
{
    char path[PATH_MAX + 16], text[64] = "", *line = NULL;
    size_t size = 0;
    struct stat st;
    pid_t found = 0;
    (void)snprintf(path, sizeof(path), "%s/askd.lock", folder);
    if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return 0;
    int named = 0;
    if (doctor_read(path, text, sizeof(text)))
        (void)sscanf(text, "%d", &named);
    FILE *f = fopen("/proc/locks", "re");
    if (f == NULL)
        return 0;
    while (found == 0 && getline(&line, &size, f) > 0)
        found = holder_in(line, &st, named);
    free(line);
    (void)fclose(f);
    return found;
}

static bool on_another_host(const char *folder, struct fd_holder *holder)
{
    char path[PATH_MAX + 16], text[512];
    (void)snprintf(path, sizeof(path), "%s/askd.lock", folder);
    *holder = (struct fd_holder){0};
    long pid = 0;
    if (!doctor_read(path, text, sizeof(text)) || sscanf(text, "%ld %64[^\n ]", &pid, holder->host) != 2)
        return false;
    holder->pid = (pid_t)pid;
    return !fd_holder_is_here(holder);
}

void doctor_locks(struct doctor *d)
{
    const pid_t of_socket = doctor_lock_holder(d->folder);
    const pid_t of_state = d->state[0] != '\0' ? doctor_lock_holder(d->state) : 0;
    const bool answers = (d->knows & DOCTOR_ANSWERS) != 0;
    struct fd_holder holder;
    if (!answers && d->pid == 0 && of_socket > 0) {
        doctor_tell(d, DOCTOR_FAULT,
                    "askd (pid %d) holds the lock in %s but serves no socket there: its socket was removed, or it ends",
                    (int)of_socket, d->folder);
        doctor_mend(d, "kill %d", (int)of_socket);
    } else if (of_state > 0 && of_state != d->pid && of_state != of_socket) {
        doctor_tell(d, answers ? DOCTOR_WARNING : DOCTOR_FAULT,
                    "askd (pid %d) holds the state in %s but serves another socket: no daemon can start here",
                    (int)of_state, d->state);
        doctor_mend(d, "kill %d", (int)of_state);
    } else if (!answers && of_state == 0 && on_another_host(d->state, &holder)) {
        doctor_tell(d, DOCTOR_NOTE, "the state in %s was last held by a daemon on %s (pid %d), which may run", d->state,
                    holder.host, (int)holder.pid);
    } else if (answers && (of_socket == d->pid || of_state == d->pid)) {
        doctor_tell(d, DOCTOR_OK, "the daemon holds its locks");
    }
}
