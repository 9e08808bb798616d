/* A buffered writer over a descriptor. stdio is left out: a short write, a full disk and a signal must be told apart,
 * and what has come together leaves in one write. */
#ifndef CLIENT_OUT_H
#define CLIENT_OUT_H

#include "lib/base/buf.h"
#include <stdbool.h>
#include <stddef.h>

struct out {
    int fd;
    struct buf *into; /* instead of fd, borrowed; NULL: none */
    int screen;       /* the terminal whose size is told: fd, unless what is written is captured */
    int error;        /* the errno that stopped it, EINTR for a caught signal; nothing is written afterwards */
    bool terminal;    /* text from outside is made harmless (out_text) */
    char last;        /* the last byte that was put, 0 at the beginning */
    size_t len;
    char data[16 * 1024];
};

/* Puts /dev/null where descriptor 0, 1 or 2 is closed, so that no socket lands there. To be called first. */
void out_keep_standard(void);

void out_init(struct out *o, int fd);
void out_init_memory(struct out *o, struct buf *into);       /* what does not fit into it is ENOMEM */
bool out_write(struct out *o, const void *data, size_t len); /* buffered; false once it was stopped */
bool out_puts(struct out *o, const char *s);
bool out_flush(struct out *o);
unsigned out_columns(const struct out *o); /* of the terminal, 0 where it is none or does not tell */
unsigned out_rows(const struct out *o);    /* likewise */

/* Text from a model. On a terminal C0 controls other than \n and \t, DEL, C1 controls and bytes that are no UTF-8
 * appear as \x1b and the like; elsewhere the bytes go out bare. */
bool out_text(struct out *o, const char *s, size_t len);

#endif
