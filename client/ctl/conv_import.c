/* askctl conv import: conversations from files, a piece at a time. */
#include "client/common/field.h"
#include "client/ctl/conv.h"
#include "client/ctl/conv_files.h"
#include "client/ctl/progress.h"
#include "lib/base/fd.h"
#include "lib/base/file_kind.h"
#include "lib/proto/mp.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE (1 << 20)
#define LOOK (64 << 10) /* bytes that tell the format */

struct import {
    struct ctl *c;
    struct ask *a;
    const char *name, *format;
    int fd;
    double size, sent;        /* bytes; size 0: not known */
    char id[CTL_ANSWER_SIZE]; /* "": its first piece is to come */
    struct progress progress;
    size_t made, skipped, wrong; /* wrong: of the skipped, those that are not there already */
};

/* -- what it is -- */

static bool holds(const char *data, size_t len, const char *word)
{
    return memmem(data, len < LOOK ? len : LOOK, word, strlen(word)) != NULL;
}

/* NULL where it cannot be told. */
static const char *guess(const char *data, size_t len)
{
    size_t at = len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    if (file_kind_sqlite(data, len))
        return "llm";
    while (at < len && strchr(" \t\r\n", data[at]) != NULL && data[at] != '\0')
        at++;
    if (at == len)
        return NULL;
    if (data[at] == '[' || data[at] == '{')
        return holds(data, len, "\"askd-conversation\"") ? "json" : holds(data, len, "\"mapping\"") ? "chatgpt" : NULL;
    return data[at] == '#' || (len - at > 3 && memcmp(data + at, "---", 3) == 0) ? "markdown" : NULL;
}

static int find_format(struct import *im, const char *data, size_t len)
{
    im->format = (im->c->given & CTL_FORMAT) != 0 ? im->c->format : guess(data, len);
    if (im->format != NULL)
        return EXIT_OK;
    const char *advice = file_kind_advice(data, len);
    exit_print(im->c->program, "%s: %s", im->name,
               advice != NULL ? advice
                              : "it is not to be seen what this is: say --format json, markdown, chatgpt or llm");
    return EXIT_DATA;
}

/* -- what came of it -- */

static void take_skipped(struct import *im, const msgpack_object *item)
{
    char line[CONV_LINE];
    msgpack_object_map map;
    const char *known;
    size_t len;
    if (!mp_map(item, &map))
        return;
    im->skipped++;
    im->wrong += !field_str(&map, "conversation", &known, &len);
    if (!im->c->json)
        exit_print(im->c->program, "%s: skipped %s", im->name, conv_line(line, &map, "reason"));
}

static int take_result(struct import *im, const msgpack_object *reply)
{
    msgpack_object_map map;
    msgpack_object_array list;
    if (!mp_map(reply, &map))
        return EXIT_PROTOCOL;
    progress_end(&im->progress);
    if (field_array(&map, "conversations", &list))
        im->made += list.size;
    if (field_array(&map, "skipped", &list))
        for (uint32_t i = 0; i < list.size; i++)
            take_skipped(im, &list.ptr[i]);
    return im->c->json ? ctl_print_json(im->c, reply) : EXIT_OK;
}

/* -- pieces -- */

static int send_piece(struct import *im, const char *data, size_t len, bool more)
{
    struct buf params;
    msgpack_unpacked reply;
    msgpack_object_map map;
    const char *id;
    size_t n;
    buf_init(&params, PIECE + CONV_PARAMS_MAX);
    msgpack_unpacked_init(&reply);
    mp_put_map(&params, im->id[0] != '\0' ? 4 : 3);
    mp_put_entry(&params, "format", im->format);
    mp_put_cstr(&params, "data");
    mp_put_bin(&params, data, len);
    mp_put_cstr(&params, "more");
    mp_put_bool(&params, more);
    if (im->id[0] != '\0')
        mp_put_entry(&params, "import", im->id);
    int status = ctl_call(im->c, im->a, "conversation.import", &params, &reply);
    if (status == EXIT_OK && !more)
        status = take_result(im, &reply.data);
    else if (status == EXIT_OK && mp_map(&reply.data, &map) && field_str(&map, "import", &id, &n) && n < sizeof(im->id))
        memcpy(im->id, id, n);
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    im->sent += (double)len;
    progress_at(&im->progress, im->sent / 1e6, im->size / 1e6, "MB");
    return status;
}

/* Fills the piece as far as there is anything; -1 for a fault. */
static ssize_t read_piece(struct import *im, char *piece)
{
    ssize_t len = fd_read_up_to(im->fd, piece, PIECE);
    if (len < 0)
        exit_print(im->c->program, "cannot read %s: %s", im->name, strerror(errno));
    return len;
}

static int send_all(struct import *im, char *piece)
{
    ssize_t len = read_piece(im, piece);
    int status = len < 0 ? EXIT_IO : find_format(im, piece, (size_t)len);
    while (status == EXIT_OK) {
        bool more = len == PIECE; /* maybe nothing: then the last piece is empty */
        status = send_piece(im, piece, (size_t)len, more);
        if (!more)
            break;
        if (status == EXIT_OK && (len = read_piece(im, piece)) < 0)
            status = EXIT_IO;
    }
    return status;
}

static int open_file(struct import *im)
{
    struct stat st;
    if (strcmp(im->name, "-") == 0) {
        im->fd = STDIN_FILENO;
        return EXIT_OK;
    }
    im->fd = open(im->name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (im->fd < 0 || fstat(im->fd, &st) != 0) {
        exit_print(im->c->program, "cannot open %s: %s", im->name, strerror(errno));
        return EXIT_IO;
    }
    if (S_ISDIR(st.st_mode)) {
        exit_print(im->c->program, "%s is a folder: name the files in it", im->name);
        return EXIT_USAGE;
    }
    im->size = S_ISREG(st.st_mode) ? (double)st.st_size : 0;
    return EXIT_OK;
}

static int import_file(struct import *im, char *piece)
{
    im->fd = -1;
    im->id[0] = '\0';
    im->size = im->sent = 0;
    progress_begin(&im->progress, im->name);
    im->c->progress = &im->progress;
    int status = open_file(im);
    if (status == EXIT_OK)
        status = send_all(im, piece);
    im->c->progress = NULL;
    progress_end(&im->progress);
    if (im->fd > STDIN_FILENO)
        close(im->fd);
    return status;
}

static int import_files(struct import *im, char *piece)
{
    int first = EXIT_OK;
    for (int i = 0; i < im->c->n_args; i++) {
        im->name = im->c->args[i];
        int status = import_file(im, piece);
        if (first == EXIT_OK)
            first = status;
    }
    if (!im->c->json)
        ctl_printf(im->c, "%zu conversations, %zu skipped\n", im->made, im->skipped);
    int status = ctl_flush(im->c);
    if (first == EXIT_OK)
        first = status;
    return first == EXIT_OK && im->wrong > 0 ? EXIT_DATA : first;
}

int conv_import(struct ctl *c)
{
    int status;
    if (!conv_format_is_known(c))
        return EXIT_USAGE;
    char *piece = malloc(PIECE);
    if (piece == NULL) {
        exit_print(c->program, "out of memory");
        return EXIT_OS;
    }
    struct import im = {.c = c, .a = ctl_open(c, &status)};
    if (im.a != NULL) {
        status = import_files(&im, piece);
        ask_close(im.a);
    }
    free(piece);
    return status;
}
