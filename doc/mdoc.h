/* Markdown as mdoc(7): the words of rows, and doc/protocol.md, for manual pages. Of Markdown it knows what these hold:
 * paragraphs, `code`, *arguments*, **sections**, lists, tables, fences. */
#ifndef ASKD_DOC_MDOC_H
#define ASKD_DOC_MDOC_H

#include <stdio.h>

/* Sentences, each on a line of its own; an empty line in it begins a paragraph. Code is shown as what it looks like: an
 * option, a variable of the environment, a path, a word, else a literal; name(N) refers to a page. */
void mdoc_text(const char *text, FILE *out);

/* What a usage says of arguments, as words behind a macro: "METHOD [JSON]" becomes " Ar method Op Ar json". */
void mdoc_arguments(const char *usage, FILE *out);

/* The same of text in whose lines lists, tables and fences may stand too. */
void mdoc_more(const char *lines, FILE *out);

/* The same as the rest of a line with a macro: ".It " before it makes an item of it. */
void mdoc_words(const char *text, FILE *out);
/* Words as they are, behind a macro. */
void mdoc_literal(const char *text, FILE *out);

/* A whole page of Markdown but for its title; headings of the second level become sections. */
void mdoc_page(FILE *markdown, FILE *out);

#endif
