/* A JSON schema in a few words, for the command line:
 *
 *   name:str, age:int "in years", nick?:str, tags:str[], mood:(good|bad), address:{city:str, zip:str}
 *
 * A member is a name, a ? where it may be missing, a colon, a type, and perhaps a description in quotes, in which \"
 * and \\ stand for themselves. A type is str, int, num, bool, words to choose from in parentheses, or members in
 * braces; each [] behind it makes a list of it. What comes of it is strict: no other members, and all but those with ?
 * required, so that providers can hold a model to it. Pure. */
#ifndef CLIENT_SCHEMA_SHORT_H
#define CLIENT_SCHEMA_SHORT_H

#include "lib/base/buf.h"

#define SCHEMA_SHORT_DEPTH 12    /* braces and lists within each other, the outermost members for one */
#define SCHEMA_SHORT_MEMBERS 256 /* between two braces */

/* Appends the schema as a map. False with a line in why that says where; also where out is full. text is UTF-8. */
bool schema_short_put(struct buf *out, const char *text, char *why, size_t why_size);

#endif
