#define FUZZ_API "anthropic"
#define FUZZ_STREAM "text/event-stream"
#include "tests/fuzz/adapter.h"
