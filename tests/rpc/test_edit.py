"""ask --edit where its output is no terminal: the diff is printed, whatever the model wrote around it."""

import pytest

from helpers_edit import diff_of, model, place, texts  # noqa: F401

OTHER, MISFIT, USAGE, DATA = 1, 2, 64, 65
A = "one\ntwo\nthree\n"
EDITED = "one\n2\nthree\n"
GOOD = "--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"


def test_the_diff_is_printed_and_nothing_applied(model, place):
    place.write("a.txt", A)
    model.says(GOOD)
    r = place.ask("--edit", "a.txt", "make two a digit")
    assert (r.returncode, r.stderr) == (0, "")
    assert place.files() == {"a.txt": A}
    place.patch(r.stdout)
    assert place.files() == {"a.txt": EDITED}
    said = "\n".join(texts(m) for m in model.asked[0])
    assert A in said and "a.txt" in said and "make two a digit" in said
