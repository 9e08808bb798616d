/* The daemon as it was before the first release, for the test of the hand-over. */
#include "lib/base/version.h"

const char askd_version[] = "0.0.1";
