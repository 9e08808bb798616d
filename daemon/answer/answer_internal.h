/* Between answer.c and cursor.c. */
#ifndef ASKD_ANSWER_INTERNAL_H
#define ASKD_ANSWER_INTERNAL_H

#include "daemon/answer/answer.h"

#define ANSWER_PREVIEW 80 /* bytes of the question that lists show */

void answer_add_reader(struct answer *a, int delta);

#endif
