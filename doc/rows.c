/* rows WHAT: prints what is made from the rows. rows fill FILE: prints FILE with what is made from rows put between
 * its marks, two lines that hold "made from rows: WHAT" and "end of rows". */
#include "doc/rows.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define BEGIN_MARK "made from rows: "
#define END_MARK "end of rows"

void rows_wrap(const char *text, const char *prefix, size_t width, bool by_sentence, FILE *out)
{
    size_t column = 0;
    bool ended = false; /* the word before closed a sentence */
    while (*text) {
        size_t word = strcspn(text, " ");
        bool new_line = column + 1 + word > width || (by_sentence && ended && isupper((unsigned char)*text));
        if (column && new_line) {
            fputc('\n', out);
            column = 0;
        }
        column += (size_t)fprintf(out, "%s%.*s", column ? " " : prefix, (int)word, text);
        ended = word && text[word - 1] == '.';
        text += word;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

/* The block whose name text begins with, NULL if there is none. */
static const struct rows_block *find(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz-");
    for (const struct rows_block *b = rows_blocks; b->name; b++)
        if (strlen(b->name) == len && memcmp(b->name, text, len) == 0)
            return b;
    return NULL;
}

/* Prints a block of what is filled at path. */
static int put_block(const struct rows_block *b, const char *path, FILE *out)
{
    char file[4096];
    const char *slash = strrchr(path, '/');
    if (b->print) {
        b->print(out);
        return 0;
    }
    snprintf(file, sizeof file, "%.*s%s", slash ? (int)(slash + 1 - path) : 0, path, b->file);
    FILE *in = fopen(file, "re");
    if (!in) {
        perror(file);
        return EX_NOINPUT;
    }
    b->print_file(in, out);
    fclose(in);
    return 0;
}

static int fill_lines(FILE *in, const char *path, FILE *out)
{
    char *line = NULL;
    size_t size = 0;
    bool inside = false;
    int status = 0;
    while (status == 0 && getline(&line, &size, in) >= 0) {
        const char *mark = strstr(line, BEGIN_MARK);
        const struct rows_block *b = mark ? find(mark + strlen(BEGIN_MARK)) : NULL;
        if (mark && (inside || !b)) {
            fprintf(stderr, "rows: %s: no such rows, or no end of those above: %s", path, line);
            status = EX_DATAERR;
        }
        inside = inside && !strstr(line, END_MARK);
        if (!inside)
            fputs(line, out);
        if (b && status == 0) {
            status = put_block(b, path, out);
            inside = true;
        }
    }
    free(line);
    if (status == 0 && inside) {
        fprintf(stderr, "rows: %s: rows without an end\n", path);
        status = EX_DATAERR;
    }
    return status;
}

static int fill(const char *path, FILE *out)
{
    FILE *in = fopen(path, "re");
    if (!in) {
        perror(path);
        return EX_NOINPUT;
    }
    int status = fill_lines(in, path, out);
    fclose(in);
    return status;
}

static int usage(void)
{
    fputs("usage: rows fill FILE\n       rows WHAT, which is", stderr);
    for (const struct rows_block *b = rows_blocks; b->name; b++)
        if (b->print)
            fprintf(stderr, " %s", b->name);
    fputs("\n", stderr);
    return EX_USAGE;
}

int main(int argc, char **argv)
{
    const struct rows_block *b = argc == 2 ? find(argv[1]) : NULL;
    int status = 0;
    if (argc == 3 && strcmp(argv[1], "fill") == 0) {
        status = fill(argv[2], stdout);
    } else if (b && b->print && strcmp(b->name, argv[1]) == 0) {
        b->print(stdout);
    } else {
        status = usage();
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("rows");
        status = EX_IOERR;
    }
    return status;
}
