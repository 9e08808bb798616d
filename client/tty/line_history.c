#include "client/tty/line_history.h"
#include "lib/base/fd.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct line_history {
    HistoryW *events;
    HistoryW *one; /* a history of the newest input alone, which is appended to the file */
    char *name;    /* of the file in its folder; owned */
    int folder;    /* -1: no file */
};

static HistoryW *new_events(int size)
{
    HistEventW e;
    HistoryW *h = history_winit();
    if (h != NULL && (history_w(h, &e, H_SETSIZE, size) < 0 || history_w(h, &e, H_SETUNIQUE, 1) < 0)) {
        history_wend(h);
        return NULL;
    }
    return h;
}

/* The file, locked; NULL where it cannot be had. */
static FILE *open_file(const struct line_history *h, int flags, const char *mode)
{
    struct stat st;
    int fd = h->folder >= 0 ? openat(h->folder, h->name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600) : -1;
    if (fd < 0)
        return NULL;
    FILE *f = NULL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0)
        f = fdopen(fd, mode);
    if (f == NULL)
        (void)close(fd);
    return f;
}

/* Writes anew what is kept, so that the file does not grow for ever. Other sessions append to it only while they have
 * its lock, which is ours since it was read, and the file stays the same one. */
static void shorten(struct line_history *h, FILE *f)
{
    HistEventW e;
    if (ftruncate(fileno(f), 0) == 0)
        (void)history_w(h->events, &e, H_SAVE_FP, f);
}

static void load(struct line_history *h)
{
    char path[64];
    HistEventW e;
    FILE *f = open_file(h, O_RDWR, "r+");
    if (f == NULL)
        return;
    /* libedit opens by a path only; the folder may have moved since. */
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(f));
    const int n = history_w(h->events, &e, H_LOAD, path);
    if (n > LINE_HISTORY_MAX)
        shorten(h, f);
    (void)fclose(f);
}

static void open_folder(struct line_history *h, const char *path)
{
    struct error err = ERROR_INIT;
    char *copy = strdup(path);
    if (copy != NULL && fd_open_dir(dirname(copy), geteuid(), true, false, &h->folder, &err) != ERR_NONE)
        h->folder = -1;
    free(copy);
    const char *slash = strrchr(path, '/');
    h->name = strdup(slash != NULL ? slash + 1 : path);
}

struct line_history *line_history_new(const char *path)
{
    struct line_history *h = calloc(1, sizeof(*h));
    if (h == NULL)
        return NULL;
    h->folder = -1;
    h->events = new_events(LINE_HISTORY_MAX);
    h->one = new_events(1);
    if (path != NULL)
        open_folder(h, path);
    if (h->events == NULL || h->one == NULL || (path != NULL && h->name == NULL)) {
        line_history_free(h);
        return NULL;
    }
    load(h);
    return h;
}

void line_history_free(struct line_history *h)
{
    if (h == NULL)
        return;
    if (h->events != NULL)
        history_wend(h->events);
    if (h->one != NULL)
        history_wend(h->one);
    if (h->folder >= 0)
        (void)close(h->folder);
    free(h->name);
    free(h);
}

HistoryW *line_history_events(struct line_history *h)
{
    return h->events;
}

static void append(struct line_history *h, const wchar_t *input)
{
    HistEventW e;
    FILE *f = open_file(h, O_WRONLY | O_CREAT | O_APPEND, "a");
    if (f == NULL)
        return;
    (void)fseek(f, 0, SEEK_END); /* libedit writes the head of the file where this is its beginning */
    if (history_w(h->one, &e, H_ENTER, input) >= 0)
        (void)history_w(h->one, &e, H_SAVE_FP, f);
    (void)fclose(f);
}

void line_history_add(struct line_history *h, const wchar_t *input, bool file)
{
    HistEventW e;
    if (wcslen(input) > LINE_HISTORY_INPUT_MAX)
        return;
    (void)history_w(h->events, &e, H_ENTER, input);
    if (file)
        append(h, input);
}

const wchar_t *line_history_back(struct line_history *h, unsigned n)
{
    HistEventW e;
    int found = history_w(h->events, &e, H_FIRST);
    while (found >= 0 && --n > 0)
        found = history_w(h->events, &e, H_NEXT);
    return found >= 0 && e.str != NULL ? e.str : NULL;
}
