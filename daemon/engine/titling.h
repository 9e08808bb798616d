/* A better title for a new conversation than the first words of its question: where a title_model is configured it is
 * asked for one, once the first answer is committed. The title takes the place of an automatic one alone; a failure
 * costs a line in the log at most. */
#ifndef ASKD_ENGINE_TITLING_H
#define ASKD_ENGINE_TITLING_H

#include "daemon/engine/engine_internal.h"
#include "lib/chat/title.h"

#define TITLING_OF_MAX 2048 /* bytes of the question, and of the answer, that a title is made of */

/* What it needs of a question, which is the caller's to free; NULL: nothing in it is text. */
char *titling_question(const struct chat_request *req);

/* The answer has ended well, in a conversation that it has begun. */
void titling_ask(struct engine *e, const struct answer *answer, const char *question);

/* The title in what a model has said: its first line without quotes, marks of Markdown and a full stop. False: none. */
bool titling_clean(const char *said, char title[TITLE_SIZE]);

#endif
