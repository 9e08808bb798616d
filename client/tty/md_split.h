/* Where the blocks of a Markdown text begin and end, line by line as it comes: CommonMark's quotations and list items,
 * which contain, and the leaves in them. md4c reads a text that is whole; this says which part of one that grows can no
 * longer change. Pure, and a plain value: a copy goes on by itself, which is how an unfinished line is tried.
 * It reads blocks as md4c does; tests/unit/tty/test_md_blocks.c holds it to that, and lists what it reads otherwise. */
#ifndef CLIENT_TTY_MD_SPLIT_H
#define CLIENT_TTY_MD_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

enum {
    MD_DEPTH_MAX = 24,         /* containers; a deeper one is text */
    MD_LINE_MAX = 4096,        /* bytes; a longer line comes in pieces */
    MD_LEAF_MAX = 4096,        /* bytes; a longer paragraph is ended, and the next goes on */
    MD_TABLE_COLUMNS_MAX = 64, /* what has more is shown as text */
    MD_ITEM_DIGITS_MAX = 9
};

enum md_leaf {
    LEAF_NONE,
    LEAF_TEXT,     /* a paragraph, or a heading that is underlined */
    LEAF_TABLE,    /* what began as text, and whose second line made it a table */
    LEAF_HEADING,  /* one line, with its marks */
    LEAF_RULE,     /* without a line */
    LEAF_FENCED,   /* code; its lines come as they are, without the fences */
    LEAF_INDENTED, /* code; without the indentation */
    LEAF_HTML
};

enum md_html {
    HTML_NONE,
    HTML_ELEMENT,  /* of a block, up to an empty line */
    HTML_VERBATIM, /* <pre> and the like, to one of their ends */
    HTML_COMMENT,
    HTML_INSTRUCTION, /* <? ?> */
    HTML_CDATA,
    HTML_DECLARATION /* <!DOCTYPE html> */
};

enum md_task { TASK_NONE, TASK_OPEN, TASK_DONE };

struct md_container {
    bool item; /* of a list; else a quotation */
    bool ordered;
    char mark; /* - + * . ) */
    enum md_task task;
    unsigned long number;
    unsigned offset; /* columns that its lines are indented by */
    bool empty;      /* nothing in it yet */
};

/* What is told, in order. Every leaf is begun and ended while its containers are there. */
struct md_sink {
    void (*push)(void *data, const struct md_container *c);
    void (*pop)(void *data);
    /* spaced: there was an empty line before it. info: of a fence, else "". */
    void (*begin)(void *data, enum md_leaf leaf, bool spaced, const char *info, size_t len);
    void (*become)(void *data, enum md_leaf leaf); /* LEAF_TABLE; comes before its second line */
    /* indent: that many spaces stand before it. whole: its end was seen, else the next goes on where it stops. */
    void (*line)(void *data, unsigned indent, const char *s, size_t len, bool whole);
    void (*end)(void *data);
};

struct md_list {
    char mark; /* of the list that may go on at this depth, 0 for none */
    unsigned long next;
};

struct md_split {
    const struct md_sink *sink;
    void *data;
    struct md_container stack[MD_DEPTH_MAX];
    struct md_list lists[MD_DEPTH_MAX + 1];
    unsigned depth;
    enum md_leaf leaf;
    size_t leaf_len; /* bytes of its lines */
    unsigned leaf_lines;
    bool defined;    /* its last line defines where a link leads: the next stands apart */
    bool spaced;     /* an empty line came since the last leaf */
    bool unfinished; /* the last line was not whole */
    unsigned blanks; /* empty lines within indented code, if it goes on */
    char fence;      /* its character */
    unsigned fence_len, fence_indent;
    enum md_html html;
};

void md_split_init(struct md_split *s, const struct md_sink *sink, void *data);

/* A line without its \n; what follows MD_LINE_MAX bytes comes as another one, and then this is not whole. */
void md_split_line(struct md_split *s, const char *text, size_t len, bool whole);

/* Ends all that is open. */
void md_split_end(struct md_split *s);

#endif
