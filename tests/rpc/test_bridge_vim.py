"""askctl bridge --vim: a real Vim talks with the daemon through its channels; without one, a program that speaks so."""

import json
import shutil
import subprocess

import pytest

from conftest import PATIENCE, askctl_path

pytestmark = pytest.mark.askd(provider={"retries": "0"})

NAMES = ("vim.nox", "vim.basic", "vim.huge", "vim.gtk3", "vim")

SCRIPT = """
let s:out = []
let s:told = []
function! Told(channel, message)
  call add(s:told, a:message)
endfunction
function! Late(channel, message)
  call add(s:out, ['late', a:message])
endfunction
function! Wait(condition)
  for i in range(1500)
    if a:condition() | return 1 | endif
    sleep 20m
  endfor
  throw 'not within 30 s: ' .. string(a:condition)
endfunction
function! Main()
  let job = job_start([$ASKCTL, 'bridge', '--vim'], {'mode': 'json', 'callback': 'Told'})
  let ch = job_getchannel(job)
  call add(s:out, ['object', ch_evalexpr(ch, {'method': 'answer.list'})])
  call add(s:out, ['pair', ch_evalexpr(ch, ['chat', {'prompt': 'Größe "x"'}])])
  call add(s:out, ['alone', ch_evalexpr(ch, ['answer.list'])])
  call add(s:out, ['error', ch_evalexpr(ch, ['no.such', {}])])
  call add(s:out, ['wrong', ch_evalexpr(ch, 7)])
  call ch_sendexpr(ch, ['chat', #{prompt: 'x', model: 'fake/words-3', stream: v:true}], {'callback': 'Late'})
  call Wait({-> s:out[-1][0] == 'late'})
  call ch_sendraw(ch, "garbage\\n")
  call Wait({-> has_key(s:told[-1], 'error')})
  call ch_close_in(ch)
  call Wait({-> job_status(job) == 'dead'})
  call add(s:out, ['exit', job_info(job).exitval])
endfunction
try
  call Main()
catch
  call add(s:out, ['exception', v:exception])
endtry
call writefile([json_encode(s:out), json_encode(s:told)], $OUT)
qall!
"""


def vim_with_channels():
    for path in filter(None, map(shutil.which, NAMES)):
        if "+channel" in subprocess.run([path, "--version"], capture_output=True, text=True).stdout:
            return path
    pytest.skip("no vim with channels")


def test_a_real_vim(daemon, home, tmp_path):
    vim = vim_with_channels()
    script, out = tmp_path / "t.vim", tmp_path / "out"
    script.write_text(SCRIPT)
    env = home.env(ASKCTL=str(askctl_path()), OUT=str(out), ASKD_AUTOSTART="0", LANG="C.UTF-8", TERM="dumb")
    r = subprocess.run(
        [vim, "-N", "-u", "NONE", "-i", "NONE", "-n", "-es", "-S", str(script)],
        env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=2 * PATIENCE,
    )
    assert out.exists(), r.stderr
    results, told = map(json.loads, out.read_text().splitlines())
    got = dict(results)
    assert "exception" not in got, (got["exception"], told)
    assert got["object"] == {"result": []} and [a["state"] for a in got["alone"]["result"]] in ([], ["done"])
    assert got["pair"]["result"]["text"] == 'Größe "x"'
    assert got["error"]["error"]["code"] == "unknown_method" and got["wrong"]["error"]["code"] == "invalid_request"
    events = [m["params"] for m in told if m.get("method") == "answer.event"]
    assert "".join(e["text"] for _, _, e in events if e["type"] == "text") == got["late"]["result"]["text"] == "w0 w1 w2 "
    assert told[-1]["error"]["code"] == "invalid_request" and got["exit"] == 0


def spoken(askctl, *lines):
    r = askctl("bridge", "--vim", input="".join(json.dumps(v) + "\n" for v in lines))
    assert r.returncode == 0 and r.stderr == ""
    return [json.loads(line) for line in r.stdout.splitlines()]


@pytest.mark.parametrize("body", [{"method": "answer.list"}, {"method": "answer.list", "params": {}}, {"method": "answer.list", "params": []}, ["answer.list"], ["answer.list", {}], ["answer.list", []], ["answer.list", None]], ids=json.dumps)
def test_both_forms(daemon, askctl, body):
    assert spoken(askctl, [7, body]) == [[7, {"result": []}]]


@pytest.mark.parametrize("body", [[], ["a", {}, {}], [7], {"params": {}}, {}, "status", None, ["status", 1]], ids=json.dumps)
def test_a_body_that_is_no_request(daemon, askctl, body):
    ((id, reply),) = spoken(askctl, [7, body])
    assert id == 7 and reply["error"]["code"] == "invalid_request"


@pytest.mark.parametrize("line", [7, {"id": 1, "method": "status"}, [], [1], [1, ["status"], 3]], ids=json.dumps)
def test_a_line_that_is_no_message(daemon, askctl, line):
    """0 is nobody's number: Vim calls the channel's callback."""
    ((id, reply),) = spoken(askctl, line)
    assert id == 0 and reply["error"]["code"] == "invalid_request"


def test_the_bodys_own_id_is_none(daemon, askctl):
    assert spoken(askctl, [7, {"id": 8, "method": "answer.list"}]) == [[7, {"result": []}]]


def test_what_is_told_has_the_number_0(daemon, askctl):
    told = spoken(askctl, [7, ["chat", {"prompt": "x", "stream": True}]])
    assert {id for id, _ in told[:-1]} == {0} and {body["method"] for _, body in told[:-1]} == {"answer.event"}
    assert told[-1][0] == 7 and told[0][1]["params"][2]["request"] == 7
