"""What may arrive on the socket: frames in any pieces, and what is none."""

import struct

import msgpack
import pytest

from client import RESPONSE, RpcError, pack
from conftest import wait_until

MAX_VALUES = 262144


def frame(msgid, packed_map):
    """A status request whose map is given packed, so that it may be wrong."""
    return b"\x94\x00" + pack(msgid) + pack("status") + b"\x91" + packed_map


def nested(depth):
    """The packed map {"x": [[…1…]]}; depth counts the frame, its params and the map as well."""
    lists = depth - 3
    return b"\x81" + pack("x") + b"\x91" * lists + b"\x01"


def alive(daemon):
    assert daemon.connect().call("status")["pid"] == daemon.pid


def assert_refused(client, data, msgid=None):
    """The connection is closed; before that comes an error for msgid, if there is one."""
    client.send_raw(data)
    assert client.wait_closed()
    if msgid is None:
        assert client.log == []
    else:
        assert [m[:2] for m in client.log] == [[RESPONSE, msgid]]
        error = client.log[0][2]
        assert error["code"] in ("invalid_request", "too_large") and error["message"]


def test_unknown_method(client):
    with pytest.raises(RpcError) as e:
        client.call("no.such.method")
    assert e.value.code == "unknown_method"
    assert "no.such.method" in e.value.error["message"]
    client.call("status")


@pytest.mark.parametrize("params", [None, [], [{}], [None], [[]], [{"unknown": 1}]], ids=repr)
def test_params_that_mean_nothing(client, params):
    assert "version" in client.result(client.request_raw("status", params))


@pytest.mark.parametrize("params", [[{}, {}], [5], ["x"], 5, "x", {"a": 1}], ids=repr)
def test_params_of_another_form(daemon, client, params):
    error, _ = client.response(client.request_raw("status", params))
    assert error["code"] == "invalid_request"
    alive(daemon)


@pytest.mark.parametrize(
    "data",
    [
        b"\xc1",
        b"\x80",
        b"\xa5hello",
        b"\x90",
        b"\x95\x00\x01\xa1x\x90\xc0",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x94\x07\x01\xa1x\x90",
        b"\x94\x00\xa1x\xa1x\x90",
    ],
    ids=["reserved", "map", "string", "empty", "five", "http", "type 7", "msgid no number"],
)
def test_malformed_frame(daemon, client, data):
    assert_refused(client, data)
    alive(daemon)


def test_reserved_byte_inside_a_request(daemon, client):
    assert_refused(client, frame(7, b"\x81" + pack("x") + b"\xc1"), msgid=7)
    alive(daemon)


@pytest.mark.parametrize(
    "announced",
    [
        b"\xdb\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xc6" + struct.pack(">I", (64 << 20) + 1),
    ],
    ids=["str", "bin", "array", "map", "a byte over"],
)
def test_oversize_is_refused_when_announced(daemon, client, announced):
    assert_refused(client, frame(9, b"\x81" + pack("x") + announced), msgid=9)
    alive(daemon)


@pytest.mark.askd(daemon={"max_message": "1 MiB"})
def test_max_message(daemon, client):
    client.call("status", {"x": b"y" * ((1 << 20) - 100)})
    assert_refused(daemon.connect(), frame(1, b"\x81" + pack("x") + pack(b"y" * (1 << 20))[:5]), msgid=1)


def test_depth_at_the_bound(client):
    client.send_raw(frame(1, nested(32)))
    assert "version" in client.result(1)


def test_depth_over_the_bound(daemon, client):
    assert_refused(client, frame(1, nested(33)), msgid=1)
    alive(daemon)


def test_values_below_the_bound(client):
    client.send_raw(frame(1, pack({"x": [None] * (MAX_VALUES - 16)})))
    assert "version" in client.result(1)


def test_values_over_the_bound(daemon, client):
    assert_refused(client, frame(1, b"\x81" + pack("x") + b"\xdd" + struct.pack(">I", MAX_VALUES + 1)), msgid=1)
    alive(daemon)


def test_values_over_the_bound_in_many_small_arrays(daemon, client):
    rows = pack([[None] * 8] * (MAX_VALUES // 8))
    client.send_raw(frame(1, b"\x81" + pack("x")))
    assert_refused(client, rows, msgid=1)
    alive(daemon)


def test_half_a_frame_and_a_hang_up(daemon, client):
    client.send_raw(pack([0, 1, "status", [{}]])[:-3])
    client.close()
    alive(daemon)


@pytest.mark.askd(daemon={"frame_timeout": "1"})
def test_half_a_frame_that_never_ends(daemon, client):
    idle = daemon.connect()
    client.send_raw(pack([0, 1, "status", [{}]])[:-1])
    assert client.wait_closed()
    idle.call("status")


def test_byte_by_byte(client):
    for byte in pack([0, 1, "hello", [{"client": "pytest", "protocol": 1}]]):
        client.send_raw(bytes([byte]))
    assert client.result(1)["protocol"] == 1


def test_a_frame_and_a_half(client):
    data = pack([0, 1, "status", [{}]]) + pack([0, 2, "status", [{}]])
    client.send_raw(data[:-2])
    client.result(1)
    client.send_raw(data[-2:])
    client.result(2)


def test_a_thousand_requests_in_one_write(client):
    ids = range(1, 1001)
    client.send_raw(b"".join(pack([0, i, "status", [{}]]) for i in ids))
    for i in ids:
        client.result(i)
    assert sorted(m[1] for m in client.log) == list(ids)


def test_msgid_over_its_whole_range(client):
    for msgid in (0, 127, 65536, 2**32 - 1):
        client.request("status", msgid=msgid)
        client.result(msgid)


def test_notifications_are_not_answered(client):
    client.notify("no.such.method")
    client.notify("status")
    client.notify("chat", {"prompt": 5})
    client.send_raw(pack([2, "nvim_something", []]))
    client.call("status")
    assert len(client.log) == 1


def test_one_misbehaves_and_another_does_not_notice(daemon):
    good, bad = daemon.connect(), daemon.connect()
    msgid = good.chat("slow-20-20", stream=True)
    good.wait_event("text")
    bad.send_raw(b"\xc1" * 1000)
    assert bad.wait_closed()
    assert good.result(msgid)["state"] == "done"


def test_string_that_is_no_utf8(daemon, client):
    client.send_raw(b"\x94\x00\x03" + pack("chat") + b"\x91\x81" + pack("prompt") + b"\xa2\xff\xfe")
    error, _ = client.response(3)
    assert error["code"] == "invalid_request"
    alive(daemon)


def test_bin_that_is_utf8_is_a_string(client):
    assert client.call("chat", {"model": b"fake/echo", "prompt": "grüezi".encode()})["text"] == "grüezi"


def test_ext_type_is_refused(daemon, client):
    error, _ = client.response(client.request("chat", {"prompt": msgpack.ExtType(5, b"x")}))
    assert error["code"] == "invalid_request"
    alive(daemon)


@pytest.mark.askd(daemon={"max_connections": "2"})
def test_max_connections(daemon):
    first = daemon.connect()
    wait_until(lambda: first.call("status")["connections"] == 1, "those of the start are gone")
    second, third = daemon.connect(), daemon.connect()
    assert third.wait_closed()
    first.call("status")
    second.call("status")
