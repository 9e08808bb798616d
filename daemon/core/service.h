/* What a service manager gives and gets: sockets handed over, and word of our state. Without libsystemd, or where no
 * manager started us, each call does nothing. */
#ifndef ASKD_CORE_SERVICE_H
#define ASKD_CORE_SERVICE_H

/* A listening Unix stream socket that was handed over (LISTEN_FDS), or -1. The variables are removed from the
 * environment. */
int service_take_socket(void);

void service_ready(void);
void service_stopping(void);

#endif
