/* What this process takes of the system. Reads /proc, which waits for no disk. */
#ifndef ASKD_CORE_PROCESS_H
#define ASKD_CORE_PROCESS_H

struct process_figures { /* negative: the system does not tell */
    double cpu_seconds, resident_bytes, virtual_bytes, open_fds, max_fds;
};

void process_look(struct process_figures *ret);

#endif
