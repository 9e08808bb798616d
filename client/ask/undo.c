#include "client/ask/undo.h"
#include "client/ask/diff_make.h"
#include "client/ask/diff_show.h"
#include "client/ask/replace.h"
#include "client/common/field.h"
#include "client/common/sha256.h"
#include "lib/base/fd.h"
#include "lib/base/paths.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char folder_name[] = "/undo", file_name[] = "last", lock_name[] = "lock";

/* -- its file -- */

enum error_code undo_open(struct undo *u, bool create, struct error *err)
{
    char path[PATH_MAX];
    struct fd_holder holder;
    *u = (struct undo){-1, -1};
    enum error_code code = paths_state_dir(path, sizeof(path) - sizeof(folder_name), err);
    if (code != ERR_NONE)
        return code;
    (void)strcat(path, folder_name);
    code = fd_open_dir(path, geteuid(), create, true, &u->folder, err);
    if (code == ERR_NOT_FOUND)
        return error_set(err, ERR_NOT_FOUND, "there is no edit to take back");
    return code == ERR_NONE ? fd_lock(u->folder, lock_name, &u->lock, &holder, err) : code;
}

void undo_close(struct undo *u)
{
    if (u->lock >= 0)
        (void)close(u->lock);
    if (u->folder >= 0)
        (void)close(u->folder);
    *u = (struct undo){-1, -1};
}

static enum error_code put_file(struct buf *b, const struct edit_file *e, struct error *err)
{
    char hash[SHA256_HEX + 1];
    enum error_code code = sha256_hex(e->after.data, e->after.len, hash, err);
    if (code != ERR_NONE)
        return code;
    mp_put_map(b, e->there ? 3 : 2);
    mp_put_cstr(b, "path");
    mp_put_bin(b, e->path, strlen(e->path)); /* of whatever bytes */
    mp_put_entry(b, "after", hash);
    if (e->there) {
        mp_put_cstr(b, "before");
        mp_put_bin(b, e->before.data, e->before.len);
    }
    return ERR_NONE;
}

enum error_code undo_keep(struct undo *u, const struct edit_files *f, struct error *err)
{
    struct buf b;
    uint32_t n = 0;
    enum error_code code = ERR_NONE;
    buf_init(&b, UNDO_MAX);
    for (unsigned i = 0; i < f->n; i++)
        n += f->list[i].changes;
    mp_put_array(&b, n);
    for (unsigned i = 0; i < f->n && code == ERR_NONE; i++)
        if (f->list[i].changes)
            code = put_file(&b, &f->list[i], err);
    if (code == ERR_NONE && b.failed)
        code = error_set(err, ERR_TOO_LARGE, "what the files hold does not fit into memory");
    if (code == ERR_NONE)
        code = fd_replace_file(u->folder, file_name, b.data, b.len, err);
    buf_done(&b);
    return code;
}

void undo_forget(struct undo *u)
{
    (void)unlinkat(u->folder, file_name, 0);
    (void)fsync(u->folder);
}

/* -- what it says, and what the files hold by now -- */

enum state {
    CHANGED, /* since, or gone, or come */
    EDITED,  /* as the edit left it */
    OLD      /* as it was before */
};

struct item {
    char *path; /* owned */
    char after[SHA256_HEX + 1];
    bool there; /* before the edit */
    struct buf before, now;
    struct stat stat;
    enum state state;
};

struct items {
    struct item *list;
    unsigned n;
};

static void items_done(struct items *items)
{
    for (unsigned i = 0; i < items->n; i++) {
        free(items->list[i].path);
        buf_done(&items->list[i].before);
        buf_done(&items->list[i].now);
    }
    free(items->list);
}

static bool read_item(const msgpack_object *o, struct item *item)
{
    msgpack_object_map map;
    const uint8_t *bytes;
    size_t len;
    buf_init(&item->before, EDIT_FILE_MAX);
    buf_init(&item->now, EDIT_FILE_MAX);
    if (!mp_map(o, &map) || mp_get(&map, "path") == NULL || !mp_bytes(mp_get(&map, "path"), &bytes, &len) ||
        memchr(bytes, '\0', len) != NULL || len == 0 || len >= PATH_MAX || bytes[0] != '/')
        return false;
    item->path = strndup((const char *)bytes, len);
    item->there = mp_get(&map, "before") != NULL;
    if (item->path == NULL || !field_copy(&map, "after", item->after, sizeof(item->after)))
        return false;
    return !item->there || (mp_bytes(mp_get(&map, "before"), &bytes, &len) && buf_append(&item->before, bytes, len));
}

static bool read_items(const msgpack_object *o, struct items *items)
{
    msgpack_object_array files;
    if (!mp_array(o, &files) || files.size == 0 || files.size > EDIT_FILES_MAX)
        return false;
    items->list = calloc(files.size, sizeof(*items->list));
    if (items->list == NULL)
        return false;
    for (; items->n < files.size; items->n++)
        if (!read_item(&files.ptr[items->n], &items->list[items->n])) {
            items->n++; /* what it has is freed with the others */
            return false;
        }
    return true;
}

static enum error_code read_file(const struct undo *u, struct buf *b, struct error *err)
{
    int fd = openat(u->folder, file_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return error_set(err, ERR_NOT_FOUND, "there is no edit to take back");
    if (fd < 0)
        return error_set_errno(err, ERR_PERMISSION_DENIED, errno, "cannot open what was kept of the last edit");
    enum error_code code = fd_read_all(fd, "what was kept of the last edit", b, err);
    (void)close(fd);
    return code;
}

static enum error_code read_kept(const struct undo *u, struct items *items, struct error *err)
{
    struct buf b;
    msgpack_unpacked kept;
    size_t at = 0;
    buf_init(&b, UNDO_MAX);
    msgpack_unpacked_init(&kept);
    enum error_code code = read_file(u, &b, err);
    if (code == ERR_NONE && (msgpack_unpack_next(&kept, (const char *)b.data, b.len, &at) != MSGPACK_UNPACK_SUCCESS ||
                             !read_items(&kept.data, items)))
        code = error_set(err, ERR_INTERNAL, "what was kept of the last edit cannot be read: it is of another version");
    msgpack_unpacked_destroy(&kept);
    buf_done(&b);
    return code;
}

static bool holds(const struct buf *now, const struct buf *then)
{
    return now->len == then->len && (now->len == 0 || memcmp(now->data, then->data, now->len) == 0);
}

/* False where it is there, and not to be read as a file of ours. */
static bool read_now(struct item *item, bool *there)
{
    int fd = open(item->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    *there = fd >= 0;
    if (fd < 0)
        return errno == ENOENT;
    bool good = fstat(fd, &item->stat) == 0 && S_ISREG(item->stat.st_mode) &&
                fd_read_all(fd, item->path, &item->now, NULL) == ERR_NONE;
    (void)close(fd);
    return good;
}

static enum error_code look(struct item *item, struct error *err)
{
    char hash[SHA256_HEX + 1];
    bool there;
    item->state = CHANGED;
    if (!read_now(item, &there))
        return ERR_NONE;
    if (there == item->there && (!there || holds(&item->now, &item->before))) {
        item->state = OLD;
        return ERR_NONE;
    }
    enum error_code code = there ? sha256_hex(item->now.data, item->now.len, hash, err) : ERR_NONE;
    if (there && code == ERR_NONE && strcmp(hash, item->after) == 0)
        item->state = EDITED;
    return code;
}

static enum error_code look_at_all(struct items *items, struct error *err)
{
    struct buf changed;
    enum error_code code = ERR_NONE;
    buf_init(&changed, EDIT_FILES_MAX * (size_t)(PATH_MAX + 2));
    for (unsigned i = 0; i < items->n && code == ERR_NONE; i++) {
        code = look(&items->list[i], err);
        if (items->list[i].state == CHANGED)
            (void)buf_printf(&changed, "%s%s", changed.len > 0 ? ", " : "", items->list[i].path);
    }
    if (code == ERR_NONE && changed.len > 0)
        code = error_set(err, ERR_INVALID_REQUEST, "changed since the edit: %.400s; nothing is taken back",
                         buf_cstr(&changed));
    buf_done(&changed);
    return code;
}

/* -- back -- */

/* As it is called from here. */
static const char *name_here(const char *path)
{
    static char here[PATH_MAX];
    const size_t len = getcwd(here, sizeof(here)) != NULL ? strlen(here) : 0;
    return len > 1 && strncmp(path, here, len) == 0 && path[len] == '/' ? path + len + 1 : path;
}

static enum error_code show(const struct items *items, struct out *out, bool plain, struct error *err)
{
    enum error_code code = ERR_NONE;
    for (unsigned i = 0; i < items->n && code == ERR_NONE; i++) {
        const struct item *item = &items->list[i];
        struct buf diff;
        buf_init(&diff, 4 * EDIT_FILE_MAX);
        if (item->state == EDITED)
            code = diff_make(name_here(item->path), &item->now, item->there ? &item->before : NULL, &diff, err);
        diff_show(out, &diff, plain);
        buf_done(&diff);
    }
    return code;
}

static enum error_code put_back(const struct items *items, struct error *err)
{
    struct replacement *r = calloc(items->n, sizeof(*r));
    size_t n = 0, done;
    if (r == NULL)
        return error_set(err, ERR_INTERNAL, "out of memory");
    for (unsigned i = 0; i < items->n; i++) {
        const struct item *item = &items->list[i];
        if (item->state == EDITED)
            r[n++] = (struct replacement){
                .path = item->path, .there = &item->stat, .text = item->there ? &item->before : NULL};
    }
    enum error_code code = replace_prepare(r, n, err);
    if (code == ERR_NONE)
        code = replace_commit(r, n, &done, err);
    replace_done(r, n);
    free(r);
    return code;
}

enum error_code undo_take(struct undo *u, struct out *shown, bool plain, struct error *err)
{
    struct items items = {NULL, 0};
    enum error_code code = read_kept(u, &items, err);
    if (code == ERR_NONE)
        code = look_at_all(&items, err);
    if (code == ERR_NONE)
        code = show(&items, shown, plain, err);
    if (code == ERR_NONE)
        code = put_back(&items, err);
    if (code == ERR_NONE)
        undo_forget(u);
    items_done(&items);
    return code;
}
