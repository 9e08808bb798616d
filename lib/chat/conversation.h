/* Bounds of what a conversation is called, by whoever names it: a client, a model, an import. */
#ifndef ASKD_CHAT_CONVERSATION_H
#define ASKD_CHAT_CONVERSATION_H

#define CONVERSATION_TITLE_MAX 200 /* characters */
#define CONVERSATION_TAG_MAX 64    /* characters */
#define CONVERSATION_TAGS_MAX 64   /* of one conversation, and in each list of them */

#endif
