/* What a service manager gives and gets: sockets handed over, a state folder, a watchdog, and word of our state. Where
 * no manager started us, or without libsystemd, each call does nothing.
 *
 * What takes variables out of the environment is called before a second thread exists. */
#ifndef ASKD_CORE_SERVICE_H
#define ASKD_CORE_SERVICE_H

#include <stdint.h>

/* A listening Unix stream socket that was handed over (LISTEN_FDS), or -1. The variables are removed from the
 * environment. */
int service_take_socket(void);

/* After how many milliseconds without service_alive the manager takes us for stuck, 0: never (WatchdogSec=). The
 * variables are removed from the environment. */
int64_t service_take_watchdog(void);

/* The folder of StateDirectory=, of CacheDirectory=, the first one where there are several; NULL: none. Static. */
const char *service_state_dir(void);
const char *service_cache_dir(void);

void service_ready(const char *status); /* at the end of the start, and of a reload */
void service_reloading(void);
void service_stopping(const char *status);
void service_alive(void);

#endif
