/* The configuration, as the daemon would read it now, and the modes of what it lies in; the folder of imported keys. */
#include "client/ctl/doctor.h"
#include "lib/base/key_folder.h"
#include "lib/base/paths.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUTPUT_MAX = 64 << 10 };

/* -- what askd says of it -- */

/* "…: /path can be read by others (mode 0644); chmod 600 it": the path, which stands behind the last ": " before. */
static bool readable_file(const char *line, char path[PATH_MAX])
{
    const char *end = strstr(line, " can be read by others"), *begin = line;
    if (end == NULL)
        return false;
    for (const char *p = line; (p = strstr(p, ": ")) != NULL && p < end; p += 2)
        begin = p + 2;
    (void)snprintf(path, PATH_MAX, "%.*s", (int)(end - begin), begin);
    return path[0] == '/';
}

/* "/path:12: …": the file, and the line. */
static bool named_line(const char *line, char path[PATH_MAX], int *number)
{
    const char *colon = line[0] == '/' ? strstr(line, ": ") : NULL;
    if (colon == NULL)
        return false;
    (void)snprintf(path, PATH_MAX, "%.*s", (int)(colon - line), line);
    char *last = strrchr(path, ':');
    *number = last != NULL ? atoi(last + 1) : 0;
    if (*number > 0)
        *last = '\0';
    return true;
}

static void mend_line(struct doctor *d, const char *line)
{
    char path[PATH_MAX], word[SHELL_WORD_SIZE];
    int number;
    if (readable_file(line, path))
        doctor_mend(d, "chmod 600 %s", shell_word(word, path));
    else if (!named_line(line, path, &number))
        return;
    else if (strstr(line, "can be read or written by others") != NULL)
        doctor_mend(d, "chmod 600 %s", shell_word(word, path));
    else if (number > 0)
        doctor_mend(d, "${EDITOR:-vi} +%d %s", number, shell_word(word, path));
    else
        doctor_mend(d, "${EDITOR:-vi} %s", shell_word(word, path));
}

/* A line each, without the program's name. */
static void tell_lines(struct doctor *d, enum doctor_level level, char *text)
{
    static const char *const heads[] = {"askd: ", "warning: "};
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
        for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
            if (strncmp(line, heads[i], strlen(heads[i])) == 0)
                line += strlen(heads[i]);
        doctor_tell(d, level, "%s", line);
        mend_line(d, line);
    }
}

static void check_by_daemon(struct doctor *d)
{
    struct buf out;
    const char *const argv[] = {d->program, d->place.kind == PLACE_SYSTEM ? "--system" : "--user", "--check-config",
                                NULL};
    buf_init(&out, OUTPUT_MAX);
    const int status = doctor_run(argv, &out);
    if (status < 0)
        doctor_tell(d, DOCTOR_WARNING, "%s --check-config did not end within %d s", d->program, DOCTOR_RUN_MS / 1000);
    else if (out.len > 0 && buf_putc(&out, '\0'))
        tell_lines(d, status == 0 ? DOCTOR_WARNING : DOCTOR_FAULT, (char *)out.data);
    else if (status == 0)
        doctor_tell(d, DOCTOR_OK, "the configuration is good");
    else
        doctor_tell(d, DOCTOR_FAULT, "%s --check-config fails with status %d", d->program, status);
    buf_done(&out);
}

/* -- modes -- */

/* Whoever can write it has a say in where keys go. */
static void check_writers(struct doctor *d, const char *path)
{
    struct stat st;
    char word[SHELL_WORD_SIZE];
    if (stat(path, &st) != 0)
        return;
    if (st.st_uid != geteuid() && st.st_uid != 0) {
        doctor_tell(d, DOCTOR_WARNING, "%s belongs to uid %u, who can change it", path, (unsigned)st.st_uid);
        doctor_mend(d, "sudo chown %u %s", (unsigned)geteuid(), shell_word(word, path));
    } else if ((st.st_mode & 022) != 0) {
        doctor_tell(d, DOCTOR_WARNING, "others can write to %s (mode %04o)", path, (unsigned)st.st_mode & 07777);
        doctor_mend(d, "chmod go-w %s", shell_word(word, path));
    }
}

static void check_dropins(struct doctor *d, const char *folder)
{
    DIR *all = opendir(folder);
    for (const struct dirent *e; all != NULL && (e = readdir(all)) != NULL;) {
        char path[2 * PATH_MAX];
        const char *end = strrchr(e->d_name, '.');
        (void)snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        if (end != NULL && strcmp(end, ".conf") == 0)
            check_writers(d, path);
    }
    if (all != NULL)
        (void)closedir(all);
}

void doctor_config(struct doctor *d)
{
    char path[PATH_MAX + 32];
    const char *folder = d->place.kind == PLACE_SYSTEM ? PATHS_SYSTEM_CONFIG : d->config;
    check_writers(d, folder);
    (void)snprintf(path, sizeof(path), "%s/askd.conf", folder);
    check_writers(d, path);
    (void)snprintf(path, sizeof(path), "%s/askd.conf.d", folder);
    check_writers(d, path);
    check_dropins(d, path);
    if (d->program[0] != '\0' && (d->place.kind != PLACE_SYSTEM || geteuid() == 0))
        check_by_daemon(d);
}

/* -- imported keys -- */

static bool ends_with(const char *name, const char *end)
{
    const size_t len = strlen(name), n = strlen(end);
    return len > n && strcmp(name + len - n, end) == 0;
}

/* The secret service has it: the daemon runs ask-secret to fetch it. */
static bool check_marker(struct doctor *d, const char *name)
{
    char helper[PATH_MAX], word[SHELL_WORD_SIZE], provider[NAME_MAX + 1];
    if (paths_helper(KEY_FOLDER_HELPER, helper, sizeof(helper), NULL) == ERR_NONE && access(helper, X_OK) == 0)
        return true;
    (void)snprintf(provider, sizeof(provider), "%.*s", (int)(strlen(name) - strlen(KEY_FOLDER_MARKER)), name);
    doctor_tell(d, DOCTOR_FAULT, "the key of %s is in the secret service, but %s, which fetches it, is not installed",
                provider, KEY_FOLDER_HELPER);
    doctor_mend(d, "askctl keys import %s   # into a file", shell_word(word, provider));
    return false;
}

static bool check_key(struct doctor *d, const char *folder, const char *name)
{
    char path[2 * PATH_MAX], word[SHELL_WORD_SIZE];
    struct stat st;
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (lstat(path, &st) != 0)
        return true;
    if (!S_ISREG(st.st_mode)) {
        doctor_tell(d, DOCTOR_FAULT, "%s is no file, and no key can be read from it", path);
        doctor_mend(d, "askctl keys import %s", shell_word(word, name));
    } else if ((st.st_mode & 077) != 0) {
        doctor_tell(d, DOCTOR_FAULT, "the key in %s is open to others (mode %04o)", path, (unsigned)st.st_mode & 07777);
        doctor_mend(d, "chmod 600 %s", shell_word(word, path));
    } else if (st.st_size == 0) {
        doctor_tell(d, DOCTOR_WARNING, "%s, which should hold a key, is empty", path);
        doctor_mend(d, "askctl keys import %s", shell_word(word, name));
    } else {
        return true;
    }
    return false;
}

static void check_keys(struct doctor *d, const char *folder)
{
    DIR *all = opendir(folder);
    unsigned n = 0, good = 0;
    for (const struct dirent *e; all != NULL && (e = readdir(all)) != NULL;) {
        const bool marker = ends_with(e->d_name, KEY_FOLDER_MARKER);
        if (!marker && !key_folder_name_valid(e->d_name))
            continue;
        n++;
        good += marker ? check_marker(d, e->d_name) : check_key(d, folder, e->d_name);
    }
    if (all != NULL)
        (void)closedir(all);
    d->key_files = n;
    if (n > 0 && n == good)
        doctor_tell(d, DOCTOR_OK, "%u imported key%s, closed to others", n, n == 1 ? "" : "s");
}

void doctor_key_files(struct doctor *d)
{
    char folder[PATH_MAX + sizeof("/" KEY_FOLDER)], word[SHELL_WORD_SIZE];
    struct stat st;
    (void)snprintf(folder, sizeof(folder), "%s/" KEY_FOLDER, d->config);
    if (lstat(folder, &st) != 0)
        return;
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid()) {
        doctor_tell(d, DOCTOR_FAULT, "%s, where imported keys lie, is no folder of yours", folder);
        doctor_mend(d, "mv %s %s.old", shell_word(word, folder), word);
        return;
    }
    if ((st.st_mode & 077) != 0) {
        doctor_tell(d, DOCTOR_FAULT, "the folder of keys %s is open to others (mode %04o)", folder,
                    (unsigned)st.st_mode & 07777);
        doctor_mend(d, "chmod 0700 %s", shell_word(word, folder));
    }
    check_keys(d, folder);
}
