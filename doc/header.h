/* mdoc of a C header: what libask(3) has of ask.h. It knows the form of that one file, whose functions begin with
 * ASK_API and whose types end with "};" in the first column. */
#ifndef ASKD_DOC_HEADER_H
#define ASKD_DOC_HEADER_H

#include <stdio.h>

void header_functions(FILE *header, FILE *out); /* the prototypes, for SYNOPSIS */
void header_types(FILE *header, FILE *out);     /* structs and enums as they stand there, but for that of statuses */
void header_statuses(FILE *header, FILE *out);  /* enum ask_status, a list */

#endif
