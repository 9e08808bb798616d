/* What is kept: the store's own word, the room there is, and whether the databases are whole, by their heads. */
#include "client/common/field.h"
#include "client/common/figures.h"
#include "client/ctl/doctor.h"
#include "lib/base/fd.h"
#include "lib/base/paths.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { LINE = 500, HEAD = 100 };
#define LITTLE ((double)(256 << 20)) /* bytes: a warning */
#define NONE ((double)(4 << 20))     /* less than a database's log wants */

/* -- the store, by its own word -- */

/* What SQLite can read of a damaged database, into a new one; the old one stays beside it. */
static void mend_database(struct doctor *d, const char *folder)
{
    char word[SHELL_WORD_SIZE];
    doctor_mend(d,
                "askctl call shutdown; cd %s && sqlite3 askd.db .recover | sqlite3 askd.db.new && rm -f askd.db-wal "
                "askd.db-shm && mv askd.db askd.db.damaged && mv askd.db.new askd.db && chmod 600 askd.db",
                shell_word(word, folder));
}

static void tell_of_store(struct doctor *d, const char *error)
{
    char word[SHELL_WORD_SIZE];
    doctor_tell(d, DOCTOR_FAULT, "nothing is stored: %s", error);
    (void)shell_word(word, d->state);
    if (strstr(error, "damaged") != NULL)
        mend_database(d, d->state);
    else if (strstr(error, "max_size") != NULL)
        doctor_mend(d, "askctl conv list --limit 1000   # and askctl conv rm --purge what may go");
    else if (strstr(error, "full") != NULL)
        doctor_mend(d, "df -h %s", word);
    else if (strstr(error, "cannot be written") != NULL)
        doctor_mend(d, "chmod u+rwX %s %s/askd.db*", word, word);
    else if (strstr(error, "held by another") != NULL)
        doctor_mend(d, "fuser -v %s/askd.db", word);
}

void doctor_store(struct doctor *d)
{
    msgpack_object_map status, store, cache, tier;
    msgpack_object_array tiers = {0};
    char state[64], name[64], error[LINE];
    int64_t unstored = 0;
    if (!doctor_map(d, DOCTOR_STATUS, &status) || !field_map(&status, "store", &store))
        return;
    (void)field_line(&store, "state", state, sizeof(state));
    (void)field_line(&store, "error", error, sizeof(error));
    (void)field_int(&store, "unstored", &unstored);
    if (error[0] != '\0')
        tell_of_store(d, error);
    else
        doctor_tell(d, DOCTOR_OK, "the store is %s", state);
    if (field_map(&status, "cache", &cache))
        (void)field_array(&cache, "tiers", &tiers);
    for (uint32_t i = 0; i < tiers.size; i++) {
        if (!mp_map(&tiers.ptr[i], &tier) || field_line(&tier, "error", error, sizeof(error))[0] == '\0')
            continue;
        doctor_tell(d, DOCTOR_WARNING, "the cache's tier %s: %s", field_line(&tier, "name", name, sizeof(name)), error);
        if (strcmp(name, "sqlite") == 0)
            doctor_mend(d, "askctl cache clear");
    }
}

/* -- room -- */

static void check_room(struct doctor *d, const char *folder)
{
    struct statvfs fs;
    char text[FIGURE_LEN], word[SHELL_WORD_SIZE];
    if (statvfs(folder, &fs) != 0)
        return;
    const double free = (double)fs.f_bavail * (double)fs.f_frsize;
    figures_bytes(text, free);
    if ((fs.f_flag & ST_RDONLY) != 0) {
        doctor_tell(d, DOCTOR_FAULT, "%s lies on a file system that is mounted read-only", folder);
        doctor_mend(d, "findmnt -T %s", shell_word(word, folder));
    } else if (fs.f_files > 0 && fs.f_favail == 0) {
        doctor_tell(d, DOCTOR_FAULT, "the file system of %s takes no more files", folder);
        doctor_mend(d, "df -i %s", shell_word(word, folder));
    } else if (free < LITTLE) {
        doctor_tell(d, free < NONE ? DOCTOR_FAULT : DOCTOR_WARNING, "only %s are free in %s", free > 0 ? text : "0 B",
                    folder);
        doctor_mend(d, "df -h %s", shell_word(word, folder));
    } else {
        doctor_tell(d, DOCTOR_OK, "%s free in %s", text, folder);
    }
}

/* -- databases -- */

static uint32_t big_endian(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Of the file format of SQLite: the page size stands at 16 (1 for 65536), the count of pages at 28, which holds where
 * the change counter at 24 is that of 92. What a log beside it holds is not in the file yet. */
static const char *wrong_with(const unsigned char head[HEAD], ssize_t n, double size)
{
    const uint32_t page = (uint32_t)head[16] << 8 | head[17], pages = big_endian(head + 28);
    if (n == 0)
        return "";
    if (n < HEAD || memcmp(head, "SQLite format 3", 16) != 0)
        return "is no database of SQLite";
    if (big_endian(head + 24) == big_endian(head + 92) && size < (double)pages * (page == 1 ? 65536.0 : (double)page))
        return "is shorter than it should be";
    return "";
}

static const char *look_into(const char *path, double *size)
{
    unsigned char head[HEAD] = {0};
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    const ssize_t n = fd_read_up_to(fd, head, sizeof(head));
    *size = fstat(fd, &st) == 0 ? (double)st.st_size : 0;
    (void)close(fd);
    return n < 0 ? "cannot be read" : wrong_with(head, n, *size);
}

static void check_database(struct doctor *d, const char *folder, const char *name)
{
    char path[PATH_MAX + 16], text[FIGURE_LEN], word[SHELL_WORD_SIZE];
    double size = 0;
    const bool cache = strcmp(name, "cache.db") == 0;
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    const char *wrong = look_into(path, &size);
    if (wrong == NULL)
        return;
    if (wrong[0] == '\0') {
        figures_bytes(text, size);
        doctor_tell(d, DOCTOR_OK, "%s has %s", name, size > 0 ? text : "0 B");
        return;
    }
    doctor_tell(d, cache ? DOCTOR_WARNING : DOCTOR_FAULT, "%s %s", path, wrong);
    if (cache)
        doctor_mend(d, "askctl call shutdown; rm -f %s*", shell_word(word, path));
    else
        mend_database(d, folder);
}

void doctor_disk(struct doctor *d)
{
    struct stat state, cache;
    char folder[PATH_MAX];
    if (d->state[0] != '\0' && stat(d->state, &state) == 0) {
        check_room(d, d->state);
        check_database(d, d->state, "askd.db");
    }
    if (paths_cache_dir(folder, sizeof(folder), NULL) != ERR_NONE || stat(folder, &cache) != 0)
        return;
    if (d->state[0] == '\0' || stat(d->state, &state) != 0 || state.st_dev != cache.st_dev)
        check_room(d, folder);
    check_database(d, folder, "cache.db");
}
