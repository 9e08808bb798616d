/* Which socket it is and why, and what stands in its way before anybody listens: the runtime folder, the socket's own
 * folder, what lies in the socket's place. */
#include "client/ctl/doctor.h"
#include "lib/base/paths.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *why_there(const struct doctor *d)
{
    if (d->place.kind == PLACE_SYSTEM)
        return "the machine's, as you have no daemon of your own";
    if (d->place.kind == PLACE_USER)
        return "yours";
    return d->c->options.socket != NULL ? "named by --socket" : "named by $ASKD_SOCKET";
}

void doctor_socket(struct doctor *d)
{
    struct ask_error err = {0};
    if (locate_place(&d->c->options, &d->place, &err) != ASK_OK) {
        doctor_tell(d, DOCTOR_FAULT, "%s", err.message);
        doctor_mend(d, "unset ASKD_SOCKET");
        return;
    }
    const char *slash = strrchr(d->place.path, '/');
    (void)snprintf(d->folder, sizeof(d->folder), "%.*s", slash != NULL ? (int)(slash - d->place.path) : 1,
                   slash == NULL ? "." : d->place.path);
    if (d->folder[0] == '\0')
        (void)snprintf(d->folder, sizeof(d->folder), "/");
    d->knows |= DOCTOR_PLACED | (d->place.kind == PLACE_USER ? DOCTOR_OWN : 0);
    doctor_tell(d, DOCTOR_OK, "%s, %s", d->place.path, why_there(d));
}

/* -- the runtime folder -- */

static bool runs_systemd(void)
{
    return access("/run/systemd/system", F_OK) == 0;
}

/* What is wrong with what a variable names as a folder of ours alone; "" for nothing. */
static const char *wrong_with(const char *path, struct stat *st)
{
    if (path[0] != '/')
        return "is no path from the root";
    if (stat(path, st) != 0)
        return "is not there";
    if (!S_ISDIR(st->st_mode))
        return "is no folder";
    if (st->st_uid != geteuid())
        return "is another user's, as after su or sudo";
    return (st->st_mode & 07777) != 0700 ? "is open to others" : "";
}

/* Programs of a login session have $XDG_RUNTIME_DIR; what cron, su and some ssh servers start has none, and would look
 * for the daemon elsewhere. */
void doctor_runtime(struct doctor *d)
{
    struct stat st = {0};
    char quoted[SHELL_WORD_SIZE];
    const char *xdg = getenv("XDG_RUNTIME_DIR"), *wrong = xdg != NULL && xdg[0] != '\0' ? wrong_with(xdg, &st) : "";
    const bool in_tmp = strncmp(d->folder, "/tmp/", 5) == 0 && (xdg == NULL || xdg[0] == '\0' || wrong[0] != '\0');
    if (wrong[0] != '\0') {
        doctor_tell(d, in_tmp ? DOCTOR_WARNING : DOCTOR_NOTE,
                    "$XDG_RUNTIME_DIR, %s, %s, and is passed over: programs that have a good one find another daemon",
                    xdg, wrong);
        if (S_ISDIR(st.st_mode) && st.st_uid == geteuid())
            doctor_mend(d, "chmod 0700 %s", shell_word(quoted, xdg));
        else if (in_tmp && runs_systemd())
            doctor_mend(d, "loginctl enable-linger");
        else
            doctor_mend(d, "unset XDG_RUNTIME_DIR");
    } else if (in_tmp && runs_systemd()) {
        doctor_tell(d, DOCTOR_NOTE,
                    "there is no runtime folder here, as under cron, su or some ssh servers: the socket lies in %s",
                    d->folder);
        doctor_mend(d, "loginctl enable-linger && export XDG_RUNTIME_DIR=/run/user/%u", (unsigned)geteuid());
    }
}

/* -- the socket's folder -- */

static void tell_of_link(struct doctor *d, const char *quoted)
{
    char real[PATH_MAX], target[PATH_MAX + 64], word[SHELL_WORD_SIZE];
    const char *name = strrchr(d->place.path, '/');
    doctor_tell(d, DOCTOR_FAULT, "the socket's folder %s is a link, and is not followed", d->folder);
    if (d->place.kind != PLACE_NAMED) {
        doctor_mend(d, "rm %s", quoted);
    } else if (realpath(d->folder, real) != NULL) {
        (void)snprintf(target, sizeof(target), "%.*s/%.60s", PATH_MAX - 1, real, name != NULL ? name + 1 : "askd.sock");
        doctor_mend(d, "export ASKD_SOCKET=%s", shell_word(word, target));
    }
}

static bool tell_of_mode(struct doctor *d, const struct stat *st, const char *quoted)
{
    const unsigned mode = (unsigned)st->st_mode & 07777;
    const bool sticky = d->place.kind == PLACE_NAMED && (mode & S_ISVTX) != 0;
    if (d->place.kind == PLACE_USER && (mode & 077) != 0) {
        doctor_tell(d, DOCTOR_FAULT, "the socket's folder %s is open to others (mode %04o)", d->folder, mode);
        doctor_mend(d, "chmod 0700 %s", quoted);
    } else if ((mode & 022) != 0 && !sticky) {
        doctor_tell(d, DOCTOR_FAULT, "others can write to the socket's folder %s (mode %04o)", d->folder, mode);
        doctor_mend(d, "chmod go-w %s", quoted);
    } else {
        return false;
    }
    return true;
}

static bool tell_of_socket(struct doctor *d)
{
    struct stat st;
    char quoted[SHELL_WORD_SIZE];
    if (lstat(d->place.path, &st) != 0 || S_ISSOCK(st.st_mode))
        return false;
    doctor_tell(d, DOCTOR_FAULT, "what lies at %s is no socket, and no daemon can listen there", d->place.path);
    doctor_mend(d, "rm -r %s", shell_word(quoted, d->place.path));
    return true;
}

void doctor_folder(struct doctor *d)
{
    struct stat st;
    char quoted[SHELL_WORD_SIZE];
    (void)shell_word(quoted, d->folder);
    if (lstat(d->folder, &st) != 0) {
        if (errno != ENOENT)
            doctor_tell(d, DOCTOR_FAULT, "cannot look at the socket's folder %s: %s", d->folder, strerror(errno));
        return; /* the daemon makes it */
    }
    if (S_ISLNK(st.st_mode)) {
        tell_of_link(d, quoted);
    } else if (!S_ISDIR(st.st_mode)) {
        doctor_tell(d, DOCTOR_FAULT, "%s, where the socket's folder should be, is none", d->folder);
        doctor_mend(d, "rm %s", quoted);
    } else if (!locate_trusts(d->place.kind, st.st_uid)) {
        doctor_tell(d, DOCTOR_FAULT, "the socket's folder %s belongs to uid %u", d->folder, (unsigned)st.st_uid);
        doctor_mend(d, "sudo rm -r %s", quoted);
    } else if (!tell_of_mode(d, &st, quoted) && !tell_of_socket(d)) {
        doctor_tell(d, DOCTOR_OK, "its folder has the right owner and mode (%04o)", (unsigned)st.st_mode & 07777);
    }
}
