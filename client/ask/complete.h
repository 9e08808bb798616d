/* What a shell offers behind `ask`: see client/common/completion.h. */
#ifndef CLIENT_ASK_COMPLETE_H
#define CLIENT_ASK_COMPLETE_H

/* n words, of which the last one is being typed. The exit status. */
int ask_complete(int n, char **words);

#endif
