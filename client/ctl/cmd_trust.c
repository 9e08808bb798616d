/* askctl trust, untrust: which project files ask may go by. */
#include "client/common/escape.h"
#include "client/common/project_file.h"
#include "client/common/trust.h"
#include "client/ctl/ctl.h"
#include "client/ctl/typed.h"
#include "lib/proto/mp.h"
#include <string.h>
#include <unistd.h>

static int fail(struct ctl *c, enum error_code code, const struct error *err)
{
    exit_print(c->program, "%s", err->message);
    switch (code) {
    case ERR_NOT_FOUND: return EXIT_OTHER;
    case ERR_PERMISSION_DENIED: return EXIT_DENIED;
    case ERR_OVERLOADED: return EXIT_AGAIN;
    case ERR_INTERNAL: return EXIT_OS;
    default: return EXIT_DATA;
    }
}

/* The file that is named, or the one that ask would find here. */
static enum error_code open_named(struct ctl *c, struct project_file *p, struct error *err)
{
    return c->n_args > 0 ? project_file_open(p, c->args[0], err) : project_file_find(p, err);
}

/* As it is, to somebody who is to decide on it. */
static void show(struct ctl *c, const struct project_file *p)
{
    struct buf shown;
    buf_init(&shown, 16 * PROJECT_FILE_MAX); /* each byte takes four at most, and a mark not many more than it has */
    escape_visible(&shown, p->path, strlen(p->path), "");
    (void)buf_puts(&shown, ":\n");
    escape_visible(&shown, (const char *)p->content.data, p->content.len, "\n\t");
    if (shown.len > 0 && shown.data[shown.len - 1] != '\n')
        (void)buf_putc(&shown, '\n');
    (void)out_write(c->out, shown.data, shown.len);
    buf_done(&shown);
}

/* What it says could be half of what it is, where it is not all shown. */
static int agree(struct ctl *c, const struct project_file *p)
{
    if ((c->given & CTL_YES) != 0)
        return EXIT_OK;
    if (isatty(STDIN_FILENO) == 0) {
        exit_print(c->program, "nobody is there to say that %s is to be trusted: give --yes", p->path);
        return EXIT_USAGE;
    }
    show(c, p);
    int status = ctl_flush(c);
    if (status == EXIT_OK && typed_yes("Let ask use this file, as long as it stays like that?", false) != 1)
        status = EXIT_OTHER;
    return status;
}

static int give(struct ctl *c, struct project_file *p)
{
    struct error err = ERROR_INIT;
    enum error_code code = open_named(c, p, &err);
    if (code == ERR_NONE)
        code = project_file_read(p, &err);
    if (code != ERR_NONE)
        return fail(c, code, &err);
    int status = agree(c, p);
    if (status != EXIT_OK)
        return status;
    code = trust_give(p->path, &p->content, &err); /* what was shown, whatever is there by now */
    return code == ERR_NONE ? EXIT_OK : fail(c, code, &err);
}

/* What became of a file that was trusted. */
static const char *state_of(const struct trust_entry *e)
{
    static const char *const words[] = {
        [TRUST_NONE] = "untrusted", [TRUST_CHANGED] = "changed", [TRUST_GIVEN] = "trusted"};
    char path[PATH_MAX];
    struct project_file p;
    struct error err = ERROR_INIT;
    enum trust state = TRUST_NONE;
    if (e->path_len >= sizeof(path))
        return "gone";
    memcpy(path, e->path, e->path_len);
    path[e->path_len] = '\0';
    project_file_init(&p);
    enum error_code code = project_file_open(&p, path, &err);
    const char *word = code == ERR_NONE ? NULL : code == ERR_NOT_FOUND ? "gone" : "refused";
    if (word == NULL)
        word = trust_look(path, &p.content, &state, &err) == ERR_NONE ? words[state] : "refused";
    project_file_done(&p);
    return word;
}

static int print_rows(struct ctl *c, const struct buf *list)
{
    struct trust_entry e;
    if (c->out->terminal && list->len == 0)
        exit_print(c->program, "no project file is trusted: askctl trust, beside a file .askd, shows it and asks");
    for (size_t at = 0; trust_next(list, &at, &e);) {
        (void)out_puts(c->out, state_of(&e));
        (void)out_puts(c->out, "\t");
        (void)out_text(c->out, e.path, e.path_len);
        (void)out_puts(c->out, "\n");
    }
    return ctl_flush(c);
}

static int print_json(struct ctl *c, const struct buf *list)
{
    struct buf rows;
    struct trust_entry e;
    msgpack_unpacked all;
    uint32_t n = 0;
    for (size_t at = 0; trust_next(list, &at, &e);)
        n++;
    buf_init(&rows, 2 * TRUST_FILE_MAX);
    mp_put_array(&rows, n);
    for (size_t at = 0; trust_next(list, &at, &e);) {
        mp_put_map(&rows, 3);
        mp_put_entry(&rows, "state", state_of(&e));
        mp_put_cstr(&rows, "path");
        mp_put_str(&rows, e.path, e.path_len);
        mp_put_cstr(&rows, "sha256");
        mp_put_str(&rows, e.digest, SHA256_HEX);
    }
    msgpack_unpacked_init(&all);
    int status = EXIT_SOFTWARE;
    if (!rows.failed && msgpack_unpack_next(&all, (const char *)rows.data, rows.len, NULL) == MSGPACK_UNPACK_SUCCESS)
        status = ctl_print_json(c, &all.data);
    msgpack_unpacked_destroy(&all);
    buf_done(&rows);
    return status;
}

static int list_all(struct ctl *c)
{
    struct buf list;
    struct error err = ERROR_INIT;
    enum error_code code = trust_read(&list, &err);
    int status = code != ERR_NONE ? fail(c, code, &err) : c->json ? print_json(c, &list) : print_rows(c, &list);
    buf_done(&list);
    return status;
}

int cmd_trust(struct ctl *c)
{
    struct project_file p;
    if ((c->given & CTL_LIST) != 0) {
        if (c->n_args == 0)
            return list_all(c);
        exit_print(c->program, "trust --list takes no file");
        return EXIT_USAGE;
    }
    project_file_init(&p);
    int status = give(c, &p);
    project_file_done(&p);
    return status;
}

/* A file that is gone, or that would not be taken any more, has a path all the same. */
int cmd_untrust(struct ctl *c)
{
    struct project_file p;
    struct error err = ERROR_INIT;
    bool was = false;
    project_file_init(&p);
    enum error_code code = open_named(c, &p, &err);
    if (p.path[0] != '\0' && (code != ERR_NOT_FOUND || c->n_args > 0))
        code = trust_take(p.path, &was, &err);
    int status = code != ERR_NONE ? fail(c, code, &err) : EXIT_OK;
    if (status == EXIT_OK && !was) {
        exit_print(c->program, "%s was not trusted", p.path);
        status = EXIT_OTHER;
    }
    project_file_done(&p);
    return status;
}
