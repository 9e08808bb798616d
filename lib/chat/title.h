/* What a conversation is called while nobody has given it a title: the first words of its first question. */
#ifndef ASKD_CHAT_TITLE_H
#define ASKD_CHAT_TITLE_H

#include "lib/chat/message.h"

#define TITLE_WORDS 60                           /* characters, the mark of a cut among them */
#define TITLE_SIZE ((size_t)4 * TITLE_WORDS + 1) /* bytes, with the NUL */

/* The first line of the text that has something on it, without control characters and with single spaces, cut between
 * two words where it is long. False, and title "": there is none such. The text is UTF-8. */
bool title_of_text(const char *text, size_t len, char title[TITLE_SIZE]);

/* Of the first message of the user's that has text, else of the first that has. */
bool title_of_messages(const struct message *messages, size_t n, char title[TITLE_SIZE]);

#endif
