/* ask-tty attach ANSWER [SOCKET]: what `askctl attach` becomes on a terminal, an answer of somebody's on a screen. */
#ifndef CLIENT_TTY_ATTACH_H
#define CLIENT_TTY_ATTACH_H

/* argv: the answer's id, and the socket where that is not the usual one. The exit status. */
int attach_run(int argc, char **argv);

#endif
