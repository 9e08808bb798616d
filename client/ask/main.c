/* ask: one question to a language model. */
#include "client/ask/command.h"

int main(int argc, char **argv)
{
    static const struct frontend text_alone = {.screen = false};
    return command_main(argc, argv, &text_alone);
}
