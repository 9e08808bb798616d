/* askctl conv export: conversations as files. */
#include "client/common/field.h"
#include "client/ctl/conv.h"
#include "client/ctl/conv_files.h"
#include "client/ctl/progress.h"
#include "lib/base/grow.h"
#include "lib/proto/mp.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEXT "<!-- askd next -->\n"

struct export
{
    struct ctl *c;
    const char *format, *folder; /* folder NULL: all goes to `out` */
    struct out *out;
    struct progress progress;
    size_t done, all; /* all 0: not known */
};

static bool is_markdown(const struct export *e)
{
    return strcmp(e->format, "markdown") == 0;
}

static int failed(const struct export *e, const char *path, int errnum)
{
    exit_print(e->c->program, "cannot write %s: %s", path, strerror(errnum));
    return EXIT_IO;
}

/* A file of its own, which is there whole or not at all. No link is followed. */
static int write_file(struct export *e, const char *id, const char *data, size_t len)
{
    char path[4096], part[4096 + 8];
    struct out *out = malloc(sizeof(*out));
    int n = snprintf(path, sizeof(path), "%s/%s.%s", e->folder, id, is_markdown(e) ? "md" : "json");
    if (out == NULL || n < 0 || (size_t)n >= sizeof(path)) {
        free(out);
        return failed(e, e->folder, out == NULL ? ENOMEM : ENAMETOOLONG);
    }
    snprintf(part, sizeof(part), "%s.part", path);
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        free(out);
        return failed(e, part, errno);
    }
    out_init(out, fd);
    bool good = out_write(out, data, len) && out_flush(out);
    int errnum = out->error;
    free(out);
    if (close(fd) != 0 && good) {
        good = false;
        errnum = errno;
    }
    if (good && rename(part, path) == 0)
        return EXIT_OK;
    int status = failed(e, path, good ? errno : errnum);
    unlink(part);
    return status;
}

static int put(struct export *e, const char *id, const msgpack_object *reply)
{
    msgpack_object_map map;
    const char *data;
    size_t len;
    if (e->c->json)
        return ctl_print_json(e->c, reply);
    if (!mp_map(reply, &map) || !field_str(&map, "data", &data, &len)) {
        exit_print(e->c->program, "the daemon's reply holds no data");
        return EXIT_PROTOCOL;
    }
    if (e->folder != NULL)
        return write_file(e, id, data, len);
    if (e->done > 0 && is_markdown(e))
        (void)out_puts(e->out, NEXT);
    if (e->out->terminal)
        (void)out_text(e->out, data, len);
    else
        (void)out_write(e->out, data, len);
    return out_flush(e->out) ? EXIT_OK : failed(e, "the output", e->out->error);
}

static int export_one(struct export *e, struct ask *a, const char *id)
{
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    int status = conv_change(e->c, a, "conversation.export", id, "format", e->format, &reply);
    if (status == EXIT_OK)
        status = put(e, id, &reply.data);
    msgpack_unpacked_destroy(&reply);
    if (status == EXIT_OK && (e->folder != NULL || !e->out->terminal)) /* or the line would stand among them */
        progress_at(&e->progress, (double)++e->done, (double)e->all, "conversations");
    return status;
}

/* -- which -- */

typedef char conversation_id[ID_LEN + 1];

struct ids {
    conversation_id *ids;
    size_t n;
};

static void add_id(void *data, const msgpack_object_map *item, const char *id)
{
    struct ids *l = data;
    (void)item;
    l->ids = grow_one(l->ids, l->n, sizeof(*l->ids));
    memcpy(l->ids[l->n++], id, sizeof(*l->ids));
}

/* What fails for one will fail for all: there is no daemon, or nowhere to write to. A conversation that was deleted
 * meanwhile, or is too large, is none of the others' trouble. */
static bool is_end(int status)
{
    return status != EXIT_OK && status != EXIT_OTHER && status != EXIT_DATA && status != EXIT_SOFTWARE;
}

static int export_all(struct export *e, struct ask *a)
{
    struct ids l = {0};
    int status = conv_each_listed(e->c, a, false, add_id, &l);
    e->all = l.n;
    int first = status;
    for (size_t i = 0; i < l.n && !is_end(status); i++) {
        status = export_one(e, a, l.ids[i]);
        if (first == EXIT_OK)
            first = status;
    }
    free(l.ids);
    return first;
}

static struct export *under_way; /* what conv_with_each has no place for */

static int export_named(struct ctl *c, struct ask *a, const char *id)
{
    (void)c;
    return export_one(under_way, a, id);
}

static int export_what_is_named(struct export *e)
{
    int status;
    if ((e->c->given & CTL_ALL) == 0) {
        under_way = e;
        return conv_with_each(e->c, false, export_named);
    }
    struct ask *a = ctl_open(e->c, &status);
    if (a == NULL)
        return status;
    status = export_all(e, a);
    ask_close(a);
    return status;
}

/* -- where to -- */

static int to_file(struct export *e, const char *path)
{
    struct out *out = malloc(sizeof(*out));
    int fd = out == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0) {
        int errnum = out == NULL ? ENOMEM : errno;
        free(out);
        return failed(e, path, errnum);
    }
    out_init(out, fd);
    e->out = out;
    int status = export_what_is_named(e);
    if (close(fd) != 0 && status == EXIT_OK)
        status = failed(e, path, errno);
    free(out);
    return status;
}

static int to_where(struct export *e)
{
    struct stat st;
    const char *path = (e->c->given & CTL_OUTPUT) != 0 ? e->c->output : "-";
    if (strcmp(path, "-") == 0)
        return export_what_is_named(e);
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return to_file(e, path);
    e->folder = path;
    return export_what_is_named(e);
}

int conv_export(struct ctl *c)
{
    struct export e = {.c = c, .format = (c->given & CTL_FORMAT) != 0 ? c->format : "markdown", .out = c->out};
    bool all = (c->given & CTL_ALL) != 0;
    if (!conv_format_is_known(c))
        return EXIT_USAGE;
    if (all == (c->n_args > 0)) {
        exit_print(c->program, all ? "--all means all: name none beside it"
                                   : "which conversations? Name them, or say --all: askctl conv list shows them");
        return EXIT_USAGE;
    }
    if (strcmp(e.format, "markdown") != 0 && strcmp(e.format, "json") != 0) {
        exit_print(c->program, "conversations are exported as markdown or json, not as %.20s", e.format);
        return EXIT_USAGE;
    }
    progress_begin(&e.progress, "exporting");
    int status = to_where(&e);
    progress_end(&e.progress);
    return status;
}
