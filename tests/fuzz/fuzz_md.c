/* Markdown for a terminal: in pieces and whole the same lines settle, and all of them hold what md.h says. First byte:
 * columns and style, second: size of the pieces. */
#include "client/tty/md.h"
#include "client/tty/md_code.h"
#include "tests/unit/tty/md_fault.h"
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        abort();
    return 0;
}

static void check(const struct buf *lines, unsigned columns)
{
    struct buf seen;
    buf_init(&seen, SIZE_MAX / 2);
    const char *fault = md_fault(lines, columns, &seen);
    buf_done(&seen);
    if (fault != NULL) {
        fprintf(stderr, "%s\n", fault);
        abort();
    }
}

static void render(const struct md_style *style, const uint8_t *data, size_t size, size_t piece, struct buf *settled)
{
    struct md *md = md_new(style);
    struct buf live;
    buf_init(&live, SIZE_MAX / 2);
    for (size_t at = 0; at < size; at += piece) {
        const size_t len = size - at < piece ? size - at : piece;
        char *copy = malloc(len); /* so that a look beyond the piece is seen */
        if (!md_feed(md, memcpy(copy, data + at, len), len))
            abort();
        free(copy);
        md_take(md, settled, &live);
        check(&live, style->columns);
    }
    md_end(md);
    md_take(md, settled, &live);
    if (live.len != 0)
        abort();
    buf_done(&live);
    md_free(md);
}

static void extract(const uint8_t *data, size_t size, size_t piece, struct buf *out)
{
    struct md_code *code = md_code_new();
    for (size_t at = 0; at < size; at += piece)
        if (!md_code_feed(code, (const char *)data + at, size - at < piece ? size - at : piece, out))
            abort();
    if (!md_code_end(code, out))
        abort();
    md_code_free(code);
}

static void same(const struct buf *a, const struct buf *b)
{
    if (a->len != b->len || (a->len > 0 && memcmp(a->data, b->data, a->len) != 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole, pieces;
    if (size < 2)
        return 0;
    const struct md_style style = {(data[0] & 1) != 0, (data[0] & 2) != 0, MD_COLUMNS_LEAST + (data[0] >> 2)};
    const size_t piece = 1 + data[1] % 64;
    data += 2;
    size -= 2;
    buf_init(&whole, SIZE_MAX / 2);
    buf_init(&pieces, SIZE_MAX / 2);
    render(&style, data, size, size > 0 ? size : 1, &whole);
    render(&style, data, size, piece, &pieces);
    check(&whole, style.columns);
    same(&whole, &pieces);
    buf_clear(&whole);
    buf_clear(&pieces);
    extract(data, size, size > 0 ? size : 1, &whole);
    extract(data, size, piece, &pieces);
    same(&whole, &pieces);
    buf_done(&whole);
    buf_done(&pieces);
    return 0;
}
