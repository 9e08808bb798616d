#define FUZZ_API "dashscope"
#define FUZZ_STREAM "text/event-stream"
#include "tests/fuzz/adapter.h"
