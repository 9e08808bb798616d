/* How long ago something was, in one figure for people. Pure. */
#ifndef CLIENT_AGE_H
#define CLIENT_AGE_H

enum { AGE_LEN = 24 };

/* "5s", "12min", "3h", "2d": whole units, the largest that is full. "0s" of what is not in the past. */
void age_text(char out[AGE_LEN], double seconds);

#endif
