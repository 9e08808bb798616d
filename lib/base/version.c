#include "lib/base/version.h"

const char askd_version[] = PACKAGE_VERSION;
