#define FUZZ_API "cohere"
#define FUZZ_STREAM "text/event-stream"
#include "tests/fuzz/adapter.h"
