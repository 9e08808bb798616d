/* The rows of the languages whose code is highlighted. */
#ifndef CLIENT_TTY_HIGHLIGHT_LANGUAGES_H
#define CLIENT_TTY_HIGHLIGHT_LANGUAGES_H

#include <stdbool.h>
#include <stddef.h>

enum { HIGHLIGHT_LONG_MAX = 4 };

struct highlight_language {
    const char *names;                     /* a space around each, small letters */
    const char *keywords;                  /* the same */
    const char *comments;                  /* what begins one that ends with its line, a space around each */
    const char *open, *close;              /* a comment that may have many lines */
    const char *quotes;                    /* each begins and ends a string of one line */
    const char *longs[HIGHLIGHT_LONG_MAX]; /* each begins and ends a string of many lines */
    const char *in_words;                  /* what else a word may have */
    bool apart;                            /* a comment stands behind a space, or where a line begins */
    char key;                              /* behind a word or a string that is a field's name, 0 for none */
    bool no_escapes;                       /* \ is no more than a character in strings */
    bool any_case;                         /* of keywords */
    bool diff;                             /* a line is what its first character says */
    bool markup;                           /* names and attributes stand in <...> */
};

/* NULL: none has that name. */
const struct highlight_language *highlight_language(const char *name, size_t len);

/* Is the word in such a list? */
bool highlight_listed(const char *list, const char *word, size_t len, bool any_case);

#endif
