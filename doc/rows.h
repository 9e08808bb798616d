/* What is told to people, and to the tests, out of the rows: methods and their shapes, options. */
#ifndef ASKD_DOC_ROWS_H
#define ASKD_DOC_ROWS_H

#include <stdbool.h>
#include <stdio.h>

/* What can be made; the last one has no name. Each program has its own table. */
struct rows_block {
    const char *name;
    void (*print)(FILE *out);
    void (*print_file)(FILE *in, FILE *out); /* instead, of a file: its path from the folder of what is filled */
    const char *file;
};
extern const struct rows_block rows_blocks[];

/* rows.c: a paragraph, cut into lines of at most `width` bytes that begin with `prefix`. by_sentence: each sentence
 * also begins a line. */
void rows_wrap(const char *text, const char *prefix, size_t width, bool by_sentence, FILE *out);

/* rows_methods.c: Markdown for doc/protocol.md */
void rows_methods(FILE *out);
void rows_shapes(FILE *out);
void rows_events(FILE *out);
void rows_changes(FILE *out);
/* JSON: {"methods": {NAME: {"params": FIELDS, "result": [VALUE, …]}}, "events": {TYPE: FIELDS}, "changes": {TYPE:
 * FIELDS}, "error": FIELDS}, where FIELDS maps a name to a VALUE {"types": [str], "required"?: true, "items"?: [str],
 * "fields"?: FIELDS}. */
void rows_schema(FILE *out);

/* rows_options.c */
void rows_sample(FILE *out);  /* askd.conf.sample */
void rows_options(FILE *out); /* mdoc for askd.conf(5) */
void rows_models(FILE *out);  /* likewise, of models.ini */
void rows_apis(FILE *out);    /* likewise */
void rows_dialects(FILE *out);
void rows_providers(FILE *out);

#endif
