/* What an attachment is, and the form it is asked and kept in: text as UTF-8, everything with its MIME type, under a
 * name that is harmless wherever it is shown. */
#ifndef ASKD_ATTACH_KIND_H
#define ASKD_ATTACH_KIND_H

#include "daemon/attach/sniff.h"
#include "lib/chat/message.h"

#define ATTACHMENT_MAX ((size_t)32 << 20) /* bytes of one */

/* The part has data. Its type is found where none was told, or one that cannot be; then its kind, its data where it is
 * text in another character set, its name and the hash of its data are brought in order. Off the loop. *sniff: NULL at
 * first, made where it is needed; the caller frees it. ERR_INVALID_REQUEST, ERR_TOO_LARGE (over ATTACHMENT_MAX),
 * ERR_UNAVAILABLE. */
enum error_code kind_settle(struct part *p, struct sniff **sniff, struct error *err);

/* The hash of its data alone, by which the store keeps that once. Off the loop. */
enum error_code kind_hash(struct part *p, struct error *err);

/* The kind and type of what is at an address, as far as its path's end tells; false where it does not. Pure. */
bool kind_of_url(const char *url, enum part_kind *kind, const char **mime);

/* A name as it may be sent on: the part of the path that is below the place where it stands ("/etc/x" and "../x"
 * become "x"), control characters and broken UTF-8 replaced. In place; what is left of it is not empty. Pure. */
void kind_clean_name(char *name);

#endif
