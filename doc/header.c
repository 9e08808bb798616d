#include "doc/header.h"
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { PROTOTYPE_SIZE = 1024 };

/* -- functions -- */

static const char *skip_blanks(const char *s)
{
    return s + strspn(s, " \n");
}

/* One argument, from s to end. */
static void put_argument(const char *s, const char *end, FILE *out)
{
    fputs(".Fa \"", out);
    for (s = skip_blanks(s); s < end; s++) {
        if (*s != '\n')
            fputc(*s, out);
        else if (!isspace((unsigned char)s[1]))
            fputc(' ', out);
        else
            s = skip_blanks(s) - 1, fputc(' ', out);
    }
    fputs("\"\n", out);
}

/* "struct ask *ask_open(const struct ask_options *opt, struct ask_error *err);" */
static void put_prototype(const char *text, FILE *out)
{
    const char *open = strchr(text, '('), *name = open;
    if (!open)
        abort(); /* no function: the header has another form now */
    while (name > text && (isalnum((unsigned char)name[-1]) || name[-1] == '_'))
        name--;
    fprintf(out, ".Ft \"%.*s\"\n.Fo %.*s\n", (int)(name - text - (name[-1] == ' ')), text, (int)(open - name), name);
    for (const char *s = open + 1; *s && *s != ')';) {
        const char *end = s + strcspn(s, ",)");
        put_argument(s, end, out);
        s = end + (*end == ',');
    }
    fputs(".Fc\n", out);
}

void header_functions(FILE *header, FILE *out)
{
    static const char mark[] = "ASK_API ";
    char *line = NULL, text[PROTOTYPE_SIZE] = "";
    size_t size = 0;
    while (getline(&line, &size, header) >= 0) {
        const bool begins = strncmp(line, mark, sizeof mark - 1) == 0;
        if (!begins && !text[0])
            continue;
        const char *more = begins ? line + sizeof mark - 1 : line;
        if (strlen(text) + strlen(more) >= sizeof text)
            abort();
        strcat(text, more);
        if (strchr(text, ';')) {
            put_prototype(text, out);
            text[0] = '\0';
        }
    }
    free(line);
}

/* -- types -- */

enum { WIDTH = 72, COMMENT_SIZE = 1024 };

static bool begins_type(const char *line)
{
    return (strncmp(line, "struct ", 7) == 0 || strncmp(line, "enum ", 5) == 0) && strchr(line, '{');
}

static bool is_statuses(const char *line)
{
    return strncmp(line, "enum ask_status ", 16) == 0;
}

static void put_code(const char *s, size_t n, FILE *out)
{
    for (; n > 0; s++, n--)
        fputs(*s == '\\' ? "\\e" : (char[]){*s, '\0'}, out);
}

/* A comment that is too long for where it stands, before that, in lines that are not. */
static void put_comment(const char *text, FILE *out)
{
    size_t column = (size_t)fprintf(out, "    /*");
    while (*text) {
        const size_t word = strcspn(text, " \n");
        if (word > 0 && column + 1 + word > WIDTH)
            column = (size_t)fprintf(out, "\n     *") - 1;
        if (word > 0 && !(word == 1 && *text == '*')) /* a line of it begins so in the header too */
            column += (size_t)fprintf(out, " %.*s", (int)word, text);
        text += word + (text[word] != '\0');
    }
    fputs(" */\n", out);
}

/* A line of a type, which begins with `line`, and has the rest of its comment from the header. */
static void put_type_line(char *line, FILE *header, FILE *out)
{
    char comment[COMMENT_SIZE], more[COMMENT_SIZE];
    char *begin = strstr(line, "/*");
    if (!begin || (strlen(line) <= WIDTH && strstr(begin, "*/"))) {
        put_code(line, strlen(line), out);
        return;
    }
    snprintf(comment, sizeof comment, "%s", begin + 2);
    while (!strstr(comment, "*/") && fgets(more, sizeof more, header))
        snprintf(comment + strlen(comment), sizeof comment - strlen(comment), "%s", more);
    char *end = strstr(comment, "*/");
    if (!end)
        abort(); /* longer than we thought */
    *end = '\0';
    put_comment(comment, out);
    while (begin > line && begin[-1] == ' ')
        begin--;
    put_code(line, (size_t)(begin - line), out);
    fputs(begin > line ? "\n" : "", out);
}

void header_types(FILE *header, FILE *out)
{
    char *line = NULL;
    size_t size = 0;
    bool inside = false, first = true;
    fputs(".Bd -literal\n", out);
    while (getline(&line, &size, header) >= 0) {
        if (!inside && begins_type(line) && !is_statuses(line)) {
            fputs(first ? "" : "\n", out);
            inside = true;
            first = false;
        }
        const bool ends = strstr(line, "};") != NULL;
        if (inside)
            put_type_line(line, header, out);
        inside = inside && !ends;
    }
    free(line);
    fputs(".Ed\n", out);
}

/* "    ASK_NO_DAEMON, / * nobody listens * /": the word, and what is said of it. */
static void put_status(const char *line, FILE *out)
{
    const char *name = skip_blanks(line), *told = strstr(line, "/*"), *end = told ? strstr(told, "*/") : NULL;
    fprintf(out, ".It Dv %.*s\n", (int)strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"), name);
    if (end)
        fprintf(out, "%c%.*s.\n", toupper((unsigned char)told[3]), (int)(end - told) - 5, told + 4);
}

void header_statuses(FILE *header, FILE *out)
{
    char *line = NULL;
    size_t size = 0;
    bool inside = false;
    fputs(".Bl -tag -width ASK_INTERRUPTED\n", out);
    while (getline(&line, &size, header) >= 0) {
        if (inside && line[0] == '}')
            inside = false;
        if (inside)
            put_status(line, out);
        inside = inside || is_statuses(line);
    }
    free(line);
    fputs(".El\n", out);
}
