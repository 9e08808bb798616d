/* A word to somebody who has turned to something else. */
#ifndef CLIENT_CTL_NOTIFY_H
#define CLIENT_CTL_NOTIFY_H

/* Rings the bell of the terminal that stderr is, and has notify-send tell the desktop where there is such a program and
 * a session bus. It is not waited for, and what goes wrong is told to nobody. text is plain: what a desktop would take
 * for markup is made harmless. */
void notify_tell(const char *title, const char *text);

#endif
