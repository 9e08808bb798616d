"""manychats.py [CONVERSATIONS]: an export of ChatGPT's of so many conversations (5000), as conversations.json has it."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "rpc"))

from helpers_archive import many_chats  # noqa: E402

for piece in many_chats(int((sys.argv[1:] + ["5000"])[0])):
    sys.stdout.buffer.write(piece)
