/* Addresses as values. Pure. */
#ifndef ASKD_HTTP_URL_H
#define ASKD_HTTP_URL_H

/* Where `to` leads when it is read at `from`; NULL for what is no address. From the heap. */
char *url_resolve(const char *from, const char *to);

#endif
