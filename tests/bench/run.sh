#!/bin/bash
# The goals of askd's speed and size, measured in one run beside redis, nginx and itself without a store, and told as ratios.
#
#   ASKD_BUILDDIR=DIR [ROUNDS=3] tests/bench/run.sh
#
# DIR holds daemon/askd, client/ctl/askctl and client/ask/ask; without it, the current folder. The load generators beside this script are built
# first, with $CC (cc). The server under test has core 0 for itself, the mock provider and the load share core 1. Each figure is the median over ROUNDS rounds in which the
# candidates take turns. "must" is the worst that may be released, "aim" what makes askd best in its class. Absolute figures mean
# little on a shared machine; before each sample the script waits, QUIET seconds (60) in all, for others to leave the cores alone,
# and says how much they took. Ends with 1 if a figure misses its "must", with 2 if it could not measure.
set -u
BUILD=$(cd "${ASKD_BUILDDIR:-.}" && pwd) || exit 2
HERE=$(cd "$(dirname "$0")" && pwd)
ROUNDS=${ROUNDS:-3}
QUIET=${QUIET:-60}
SUT=0 LOAD=1 # cores
RUN=$(mktemp -d /tmp/askd-bench-XXXXXX)
TOOLS=$RUN/tools
RESULTS=$RUN/results # lines: figure candidate value
PIDS=()

fail() { echo "bench: $*" >&2; exit 2; }

cleanup() {
    local p
    for p in "${PIDS[@]}"; do kill "$p" 2>/dev/null; done
    wait 2>/dev/null
    rm -rf "$RUN"
}
trap cleanup EXIT
trap 'exit 2' INT TERM

build_tools() {
    local t msgpack=msgpack
    pkg-config --exists msgpack-c && msgpack=msgpack-c
    mkdir "$TOOLS"
    for t in mockllm httpstream rpcstream rpcload rpcask rpccrowd rpcfill runcost startcost pidcpu; do
        # shellcheck disable=SC2046
        ${CC:-cc} -std=gnu11 -D_GNU_SOURCE -O2 -I"$HERE/../.." $(pkg-config --cflags $msgpack) -o "$TOOLS/$t" \
            "$HERE/$t.c" "$HERE"/{load,response}.c -Wl,--as-needed $(pkg-config --libs $msgpack) ||
            fail "$t cannot be built"
    done
    build_with_own parse "$HERE/load.c" "$HERE"/../../daemon/provider/*.c
    build_with_own cachefill "$HERE"/../../daemon/core/{database,worker,timer,log}.c \
        "$HERE"/../../daemon/cache/{item,key,keyset,sqlite*}.c
    build_with_own ledgerfill "$HERE"/../../daemon/core/{database,log}.c \
        "$HERE"/../../daemon/store/{sqlite*,job,rows,search_*,ledger_groups}.c
}

# build_with_own TOOL SOURCE...: what has rooms of the daemon in it, without a daemon around them.
build_with_own() {
    local t=$1
    shift
    # shellcheck disable=SC2046
    ${CC:-cc} -std=gnu11 -D_GNU_SOURCE -DPACKAGE_NAME='"askd"' -DPACKAGE_VERSION='"bench"' -DASKD_LIBEXECDIR='""' \
        -DASKD_PKGDATADIR='""' -O2 -I"$HERE/../.." $(pkg-config --cflags $msgpack jansson libcrypto libuv sqlite3) \
        -o "$TOOLS/$t" "$HERE/$t.c" "$@" "$HERE"/../../lib/{base,chat,proto}/*.c -Wl,--as-needed \
        $(pkg-config --libs $msgpack jansson libcrypto libuv sqlite3) -lm || fail "$t cannot be built"
}

# -- processes

# spawn VAR CORE COMMAND...: in the background on that core, its pid in VAR.
spawn() {
    local var=$1 core=$2
    shift 2
    taskset -c "$core" "$@" >"$RUN/$var.out" 2>"$RUN/$var.err" </dev/null &
    printf -v "$var" %s $!
    PIDS+=($!)
}

# stop VAR: ends that process and waits for it.
stop() {
    local p=${!1} i kept=()
    kill "$p" 2>/dev/null
    wait "$p" 2>/dev/null
    for i in "${PIDS[@]}"; do [ "$i" != "$p" ] && kept+=("$i"); done
    PIDS=("${kept[@]}")
}

# await WHAT CONDITION...: until the condition holds, 10 s at most.
await() {
    local what=$1 i
    shift
    for i in $(seq 200); do "$@" 2>/dev/null && return; sleep .05; done
    echo "bench: $what: not within 10 s" >&2
    tail -n 5 "$RUN"/*.err >&2
    exit 2
}

open_port() { (: <>/dev/tcp/127.0.0.1/"$1") 2>/dev/null; }

# An uninstalled tree may have libtool's script in the program's place, and the program itself in .libs.
program() {
    local f=$BUILD/$1
    [ -x "${f%/*}/.libs/${f##*/}" ] && f=${f%/*}/.libs/${f##*/}
    [ -x "$f" ] && echo "$f"
}

cpu() { "$TOOLS/pidcpu" "$1"; }
rss() { awk '/^VmRSS/ {print $2}' "/proc/$1/status"; }
load() { taskset -c $LOAD "$TOOLS/$1" "${@:2}"; }
calc() { awk "BEGIN {printf \"%.3f\", $1}"; }
field() { tr ' ' '\n' | sed -n "s/^$1=//p"; }
record() { echo "$1 $2 $3" >>"$RESULTS"; }
figures() { awk -v f="$1" -v c="$2" '$1 == f && $2 == c {print $3}' "$RESULTS" | sort -n; }
median() { figures "$1" "$2" | awk '{a[NR] = $1} END {if (NR) print NR % 2 ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2}'; }
last() { awk -v f="$1" -v c="$2" '$1 == f && $2 == c {v = $3} END {print v}' "$RESULTS"; }
largest() { figures "$1" "$2" | tail -n 1; }

# -- the noise of the machine

# Clock ticks in which a core was busy, less those of this script, its children and its servers.
foreign_ticks() {
    local p stats=(/proc/$$/stat)
    for p in "${PIDS[@]}" ${NGINX_WORKER:-}; do stats+=("/proc/$p/stat"); done
    cat /proc/stat "${stats[@]}" 2>/dev/null | awk '
        /^cpu / {busy = $2 + $3 + $4 + $7 + $8 + $9}
        /^[0-9]+ \(/ {sub(/.*\) /, ""); own += $12 + $13 + $14 + $15}
        END {printf "%d", busy - own}'
}

# Percent of one core that others took since noise_start.
noise_start() { NOISE_T=$(date +%s%N) NOISE_C=$(foreign_ticks); }
noise_now() { calc "100 * 1e9 / $(getconf CLK_TCK) * ($(foreign_ticks) - $NOISE_C) / ($(date +%s%N) - $NOISE_T)"; }

# sample FUNCTION ARGUMENT...: calls it when the machine is quiet, or the patience is used up.
sample() {
    while [ "$QUIET" -gt 0 ]; do
        noise_start
        sleep 1
        [ "$(calc "$(noise_now) < 10")" = 1.000 ] && break
        QUIET=$((QUIET - 1))
    done
    noise_start
    "$@"
    record noise all "$(noise_now)"
}

# -- servers

start_mock() {
    spawn MOCK $LOAD "$TOOLS/mockllm"
    await "the mock's port" test -s "$RUN/MOCK.out"
    MOCK_PORT=$(cat "$RUN/MOCK.out")
}

start_nginx() {
    do_port() { NGINX_PORT=$((20000 + RANDOM % 10000)); ! open_port $NGINX_PORT; }
    await "a free port for nginx" do_port
    cat >"$RUN/nginx.conf" <<EOF
worker_processes 1;
daemon off;
pid $RUN/nginx.pid;
error_log $RUN/nginx.log warn;
events { worker_connections 8192; }
http {
    access_log off;
    keepalive_requests 100000000;
    keepalive_timeout 3600s;
    client_body_temp_path $RUN/body;
    proxy_temp_path $RUN/proxy;
    fastcgi_temp_path $RUN/fastcgi;
    uwsgi_temp_path $RUN/uwsgi;
    scgi_temp_path $RUN/scgi;
    upstream mock { server 127.0.0.1:$MOCK_PORT; keepalive 512; keepalive_requests 100000000; }
    server {
        listen 127.0.0.1:$NGINX_PORT backlog=4096;
        tcp_nodelay on;
        location / {
            proxy_pass http://mock;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
        }
    }
}
EOF
    spawn NGINX $SUT nginx -e "$RUN/nginx.log" -c "$RUN/nginx.conf"
    await "nginx" open_port $NGINX_PORT
    NGINX_WORKER=$(pgrep -P "$NGINX") || fail "nginx has no worker"
}

start_redis() {
    rm -f "$RUN/redis.sock"
    spawn REDIS $SUT redis-server --port 0 --unixsocket "$RUN/redis.sock" --save '' --appendonly no --maxclients 4000 --dir "$RUN"
    await "redis" test -S "$RUN/redis.sock"
}

# start_askd [STATE [NAME=VALUE]]: with that folder for its state, else the usual one, and that in its environment.
start_askd() {
    mkdir -p -m 700 "$RUN"/{home,config,cache,run} "$RUN/${1:-state}"
    [ -e "$RUN/askd.conf" ] || (umask 077 && cat >"$RUN/askd.conf") <<EOF
[daemon]
default_model = mock/mock-model

[provider "mock"]
api = openai-chat
base_url = http://127.0.0.1:$MOCK_PORT/v1
max_connections = 512

[cache]
memory = 256 MiB
max_entry = 64 MiB
EOF
    spawn ASKD $SUT "${HOME_ENV[@]}" "XDG_STATE_HOME=$RUN/${1:-state}" "${@:2}" "$ASKD_BIN" --config "$RUN/askd.conf"
    await "askd" test -S "$ASKD_SOCK"
}

# -- samples: each records figures for one candidate

# Before anything else has asked the server for work.
memory() { # candidate pid socket
    local before after line
    sleep 1
    before=$(rss "$2")
    record idle_rss "$1" "$before"
    coproc HOLD { exec "$TOOLS/rpcload" -u "$3" -c 1000 -i; }
    local hold=$HOLD_PID
    read -r line <&"${HOLD[0]}" || fail "$1 does not take 1000 connections"
    sleep 1
    after=$(rss "$2")
    exec {HOLD[1]}>&-
    wait "$hold"
    record conn_rss "$1" "$(calc "($after - $before) / 1000")"
}

one_process() { # figure candidate command...
    local figure=$1 name=$2 out
    shift 2
    out=$(taskset -c $LOAD "${HOME_ENV[@]}" "$TOOLS/runcost" 20 20 "$@") || fail "$* failed"
    record "${figure}_wall" "$name" "$(sort -n <<<"$out" | awk 'NR == 10 {print $1}')"
    record "${figure}_rss" "$name" "$(sort -n -k3 <<<"$out" | awk 'NR == 10 {print $3}')"
}

answer_rate() { # candidate pid arguments...
    local out before
    before=$(cpu "$2")
    out=$(load rpcload "${@:3}" -c 50 -t 1000) || fail "$1: no answers"
    record hello50 "$1" "$(field ops_s <<<"$out")"
    record hello50_cpu "$1" "$(calc "($(cpu "$2") - $before) * 1e6 / $(field answers <<<"$out")")"
}

# streams CANDIDATE PID LOAD-COMMAND...
streams() {
    local name=$1 pid=$2 out before load key
    shift 2
    out=$(load "$@" -n 1 -r 80 -t 5 -g 5000) || fail "$name: streaming failed"
    record ttft "$name" "$(field ttft_p50_us <<<"$out")"
    record stall_1 "$name" "$(field ttft_max_us <<<"$out")"
    for load in paced:20:300:10000 dense:500:100:20000; do
        IFS=: read -r load n tokens gap <<<"$load"
        before=$(cpu "$pid")
        out=$(load "$@" -n "$n" -t "$tokens" -g "$gap") || fail "$name: streaming failed"
        record "${load}_cpu" "$name" "$(calc "($(cpu "$pid") - $before) * 1e6 / ($n * $tokens)")"
        for key in ttft_p50_us ttft_p99_us relay_p50_us relay_p99_us relay_max_us opening_max_us tok_s near_40ms; do
            record "${load}_$key" "$name" "$(field $key <<<"$out")"
        done
    done
}

# What storing costs: the same streams without it, with it, and each in a conversation. In pairs, since it is little.
storing() {
    local turn mode before out
    for turn in $(seq 8); do
        for mode in unstored:-S stored: conversation:-C; do
            before=$(cpu "$ASKD")
            # shellcheck disable=SC2086
            load rpcstream -u "$ASKD_SOCK" -n 20 -t 200 -g 10000 ${mode#*:} >/dev/null || fail "storing: streaming failed"
            record "turn${turn}_cpu" "${mode%:*}" "$(calc "($(cpu "$ASKD") - $before) * 1e6 / (20 * 200)")"
            # shellcheck disable=SC2086
            out=$(load rpcstream -u "$ASKD_SOCK" -n 1 -r 80 -t 5 -g 5000 ${mode#*:}) || fail "storing: streaming failed"
            record "turn${turn}_ttft" "${mode%:*}" "$(field ttft_p50_us <<<"$out")"
        done
        pairs "$turn" cpu
        pairs "$turn" ttft
    done
}

# The last figures of a turn, and what the two ways of storing are to that without.
pairs() { # turn figure
    local mode without with
    without=$(last "turn$1_$2" unstored)
    record "$2_unstored" askd "$without"
    for mode in stored conversation; do
        with=$(last "turn$1_$2" $mode)
        record "$2_$mode" askd "$with"
        record "$2_${mode}_ratio" askd "$(calc "$with / $without")"
    done
}

# A question behind 1,000 messages: the daemon's own time until the provider is asked.
long_path() {
    record long_path askd "$(taskset -c $LOAD /usr/bin/python3 "$HERE/longpath.py" "$ASKD_SOCK" | field p50_us)"
}

# An event of an answer, from the daemon's socket to the first byte of it at a terminal.
screen() {
    local p50 p99
    read -r p50 p99 < <(ASKD_LIBEXEC=$BUILD/client/tty taskset -c $LOAD /usr/bin/python3 "$HERE/screentime.py" "$ASK_BIN" |
        sed 's/p50_us=\([0-9]*\) p99_us=\([0-9]*\).*/\1 \2/')
    record screen_p50 askd "$p50"
    record screen_p99 askd "$p99"
}

# A completion in a file of 200 KB, from the editor's socket to the first byte of it at the provider.
completion() {
    local p50 p99
    read -r p50 p99 < <(taskset -c $LOAD /usr/bin/python3 "$HERE/typingtime.py" "$ASKD_BIN" |
        sed 's/p50_us=\([0-9]*\) p99_us=\([0-9]*\).*/\1 \2/')
    record complete_p50 askd "$p50"
    record complete_p99 askd "$p99"
}

# 5,000 conversations of ChatGPT's, 58 MB: until all are stored, and what the daemon grows by at most.
importing() {
    local before begun
    [ -n "$ASKCTL_BIN" ] || return
    [ -e "$RUN/conversations.json" ] || /usr/bin/python3 "$HERE/manychats.py" >"$RUN/conversations.json" ||
        fail "there is nothing to import"
    start_askd imported
    before=$(rss "$ASKD")
    echo 5 >"/proc/$ASKD/clear_refs"
    begun=$EPOCHREALTIME
    taskset -c $LOAD "${HOME_ENV[@]}" "$ASKCTL_BIN" conv import "$RUN/conversations.json" >/dev/null ||
        fail "askctl cannot import"
    record import_s askd "$(calc "$EPOCHREALTIME - $begun")"
    record import_rss askd "$(($(awk '/^VmHWM/ {print $2}' "/proc/$ASKD/status") - before))"
    stop ASKD
    rm -rf "$RUN/imported"
}

# -- the cache

# question NAME ARGUMENT...: asks one, and writes the requests $RUN/NAME.chat, .stream and .lookup; prints its answer's bytes.
question() { load rpcask -u "$ASKD_SOCK" -o "$RUN/$1" "${@:2}" | field bytes; }

# redis_value NAME BYTES: a value of so many, and the request $RUN/NAME.get for it.
redis_value() {
    head -c "$2" /dev/zero | tr '\0' x | redis-cli -s "$RUN/redis.sock" -x SET "$1" >/dev/null || fail "redis takes no value"
    printf '*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n' ${#1} "$1" >"$RUN/$1.get"
}

# one_load FIGURE CANDIDATE ARGUMENT...: requests per second, and the CPU of each.
one_load() {
    local figure=$1 name=$2 pid=$ASKD out before
    shift 2
    [ "$name" = redis ] && pid=$REDIS
    before=$(cpu "$pid")
    out=$(load rpcload "$@" -t 250) || fail "$name: no answers from the cache"
    record "$figure" "$name" "$(field ops_s <<<"$out")"
    record "${figure}_cpu" "$name" "$(calc "($(cpu "$pid") - $before) * 1e6 / $(field answers <<<"$out")")"
    record "${figure}_p50" "$name" "$(field p50_us <<<"$out")"
    record "${figure}_events" "$name" "$(field events_s <<<"$out")"
}

# By turns, and each several times, since they are compared with each other.
lookups() {
    local figure value arguments
    for _ in 1 2 3 4; do
        while read -r figure value arguments; do
            # shellcheck disable=SC2086
            [ -n "$REDIS_BIN" ] && sample one_load "$figure" redis -u "$RUN/redis.sock" -R -f "$RUN/$value.get" $arguments
            # shellcheck disable=SC2086
            sample one_load "$figure" askd -u "$ASKD_SOCK" -f "$RUN/$value.lookup" $arguments
        done <<'EOF'
lookup1 value1 -c 50
lookup16 value16 -c 50
lookup1_piped value1 -c 50 -P 16
lookup1_alone value1 -c 1
EOF
        sample one_load chat askd -u "$ASKD_SOCK" -f "$RUN/chat.chat" -c 50
    done
}

posts() {
    local line
    exec 3<>"/dev/tcp/127.0.0.1/$MOCK_PORT"
    printf 'GET /posts HTTP/1.1\r\n\r\n' >&3
    while read -r line <&3 && [ "$line" != $'\r' ]; do :; done
    read -r line <&3
    exec 3>&-
    echo "$line"
}

# crowd ARGUMENT...: opens it. crowd_asks: true once all have what they wait for. crowd_leaves: it does.
crowd() {
    coproc CROWD { exec taskset -c $LOAD "$TOOLS/rpccrowd" -u "$ASKD_SOCK" "$@"; }
    CROWD_LEADER=$CROWD_PID
    read -r _ <&"${CROWD[0]}" || fail "askd does not take a crowd"
}
crowd_asks() {
    echo >&"${CROWD[1]}"
    read -r _ <&"${CROWD[0]}" || fail "not all of a crowd were answered"
}
crowd_leaves() {
    exec {CROWD[1]}>&-
    wait "$CROWD_LEADER"
}

# 500 ask what nobody has asked before, of which the provider takes 300 ms to tell it. Another question comes before, by
# which the code that any question needs is in memory: it is not the 500 that add it.
the_same_at_once() {
    local before asked
    question first -t 68 >/dev/null
    question new -n -t 100 -g 3000
    crowd -f "$RUN/new.chat" -c 500
    sleep 1
    before=$(rss "$ASKD") asked=$(posts)
    echo 5 >"/proc/$ASKD/clear_refs" # its peak begins anew
    crowd_asks
    record crowd_posts askd "$(($(posts) - asked))"
    record crowd_rss askd "$(($(awk '/^VmHWM/ {print $2}' "/proc/$ASKD/status") - before))"
    crowd_leaves
}

# 200 readers stop after the first MB of an answer of 10, which another reads to its end again and again.
stopped_readers() {
    local before
    question large -t 700000 >/dev/null
    record whole free "$(load rpcload -u "$ASKD_SOCK" -f "$RUN/large.stream" -t 1000 | field p50_us)"
    crowd -f "$RUN/large.stream" -c 200 -z 1000000
    before=$(rss "$ASKD")
    crowd_asks
    record stopped_rss askd "$(calc "($(rss "$ASKD") - $before) / 200")"
    record whole askd "$(load rpcload -u "$ASKD_SOCK" -f "$RUN/large.stream" -t 1000 | field p50_us)"
    crowd_leaves
}

cached_answers() {
    local n
    start_askd cached
    sample the_same_at_once
    n=$(question value1 -t 68) && [ -n "$REDIS_BIN" ] && redis_value value1 "$n"
    n=$(question value16 -t 1092) && [ -n "$REDIS_BIN" ] && redis_value value16 "$n"
    question chat -q 2048 -t 68 >/dev/null
    question turns -t 1000 -r >/dev/null
    lookups
    sample one_load replay askd -u "$ASKD_SOCK" -f "$RUN/turns.stream" -c 4
    [ -n "$REDIS_BIN" ] && sample one_process get redis redis-cli -s "$RUN/redis.sock" GET value1
    if [ -n "$ASK_BIN" ]; then
        taskset -c $LOAD "${HOME_ENV[@]}" "$ASK_BIN" "hello" >/dev/null || fail "ask: no answer"
        sample one_process get askd "$ASK_BIN" "hello"
    fi
    stop ASKD
    # So that what is freed goes back: of the large answer's making nothing is left for the readers.
    start_askd cached GLIBC_TUNABLES=glibc.malloc.mmap_threshold=65536:glibc.malloc.trim_threshold=65536
    sample stopped_readers
    stop ASKD
}

# How fast each adapter reads a stream of small events, without sockets.
parsing() {
    local api rate rest
    while read -r api rate rest; do
        record "parse_$api" askd "$rate"
    done < <(taskset -c $SUT "$TOOLS/parse" 1)
}

# The cache's database with 200,000 entries of 2 KiB, in a process of its own.
caching() {
    local name value
    rm -rf "$RUN/cachefill" "$RUN/bounded"
    while IFS== read -r name value; do
        record "cache_$name" askd "$value"
    done < <("$TOOLS/cachefill" "$RUN/cachefill")
    while IFS== read -r name value; do
        record "bounded_$name" askd "$value"
    done < <("$TOOLS/cachefill" "$RUN/bounded" 20000 2048 16)
    [ -n "$ASKD_BIN" ] && start_full_cache
}

# From the start of a daemon whose cache has 200,000 entries until it has looked one up there.
start_full_cache() {
    local cache=$RUN/full-cache
    rm -rf "$cache"
    mkdir -m 700 "$cache"
    mv "$RUN/cachefill" "$cache/askd"
    start_askd cached "XDG_CACHE_HOME=$cache"
    question kept -t 68 >/dev/null
    stop ASKD
    record cache_start askd "$(load startcost 20 "$ASKD_SOCK" "@$RUN/kept.lookup" taskset -c $SUT "${HOME_ENV[@]}" \
        "XDG_STATE_HOME=$RUN/cached" "XDG_CACHE_HOME=$cache" "$ASKD_BIN" --config "$RUN/askd.conf" |
        sort -n | awk '{a[NR] = $1} END {if (NR == 20) print a[10]}')"
}

# The archive is filled once: 10,000 conversations of 20 messages.
fill() {
    start_askd full
    load rpcfill -u "$ASKD_SOCK" -c 10000 -m 20 >&2 || fail "the store cannot be filled"
    stop ASKD
}

# An empty store beside a full one.
archive() {
    local state method
    for state in empty full; do
        mkdir -p -m 700 "$RUN/$state"
        for method in status conversation.list; do
            record "start_$method" $state "$(load startcost 20 "$ASKD_SOCK" $method \
                taskset -c $SUT "${HOME_ENV[@]}" "XDG_STATE_HOME=$RUN/$state" "$ASKD_BIN" --config "$RUN/askd.conf" |
                sort -n | awk '{a[NR] = $1} END {if (NR == 20) print a[10]}')"
        done
        start_askd $state
        sleep 1
        record store_rss $state "$(rss "$ASKD")"
        record lists $state "$(load rpcload -u "$ASKD_SOCK" -t 1000 -m conversation.list | field p50_us)"
        record store_rss_lists $state "$(rss "$ASKD")"
        record hello1 $state "$(load rpcload -u "$ASKD_SOCK" -t 500 | field p50_us)"
        stop ASKD
    done
}

# search_frame QUERY [KEY VALUE]: conversation.search as rpcload sends it, in a file whose name is printed.
search_frame() {
    local LC_ALL=C s head='\x81'
    [ $# -gt 1 ] && head='\x82'
    {
        printf "\x94\x00\x01\xb3conversation.search\x91$head"
        for s in query "$@"; do
            # shellcheck disable=SC2059
            printf "\\x$(printf %x $((0xa0 + ${#s})))"
            printf %s "$s"
        done
    } >"$RUN/search.frame"
    echo "$RUN/search.frame"
}

# Titles come into the index last, the newest at the end.
indexed() { [ -n "$("${HOME_ENV[@]}" "$ASKCTL_BIN" conv search '"Conversation 4999 of"')" ]; }

# Filled once: 5,000 conversations of 20 messages, half of them Chinese. One in a hundred was asked in /few.
fill_searched() {
    local i
    start_askd searched
    load rpcfill -u "$ASKD_SOCK" -c 5000 -m 20 -b 300 -w >&2 || fail "the store cannot be filled"
    for i in $(seq 400); do indexed && break; done # each waits for 0.3 s of it
    indexed || fail "what was said is not indexed"
    stop ASKD
    /usr/bin/python3 - "$RUN/searched/askd/askd.db" <<'EOF' || fail "no conversation can be put into a folder"
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as db:
    db.execute("INSERT INTO place SELECT num, '/few', '', uid, updated FROM conversation WHERE num % 100 = 0")
EOF
}

searches() {
    local figure query filter
    start_askd searched
    while read -r figure query filter; do
        # shellcheck disable=SC2086
        record "search_$figure" askd "$(load rpcload -u "$ASKD_SOCK" -t 1000 -f "$(search_frame "$query" $filter)" |
            field p50_us)"
    done <<'EOF'
common the
rare w19990
character 的
characters 一丁
nowhere the directory /nowhere
nobody the model nobodys
few the directory /few
EOF
    stop ASKD
}

# Filled once: 1,000,000 rows of a year.
fill_ledger() {
    local name value
    mkdir -p -m 700 "$RUN/ledger/askd"
    while IFS== read -r name value; do
        record "ledger_$name" askd "$value"
    done < <("$TOOLS/ledgerfill" "$RUN/ledger/askd")
    printf '\x94\x00\x01\xacusage.report\x91\x81\xa2by\x92\xa3day\xa5model' >"$RUN/report.frame"
}

reports() {
    start_askd ledger
    record report_model askd "$(load rpcload -u "$ASKD_SOCK" -t 1000 -f "$RUN/report.frame" | field p50_us)"
    stop ASKD
}

# -- the report

printf_row() { printf '%-34s %12s %12s %8s %6s %6s  %s\n' "$@"; }

# verdict TITLE VALUE YARDSTICK SENSE MUST AIM [RATIO]: the ratio is VALUE / YARDSTICK, unless it was found otherwise.
verdict() {
    local ratio word
    if [ -z "$2" ] || [ -z "$3" ]; then
        printf_row "$1" "${2:--}" "${3:--}" - "$5" "$6" "not measured"
        return
    fi
    read -r ratio word < <(awk -v a="$2" -v b="$3" -v s="$4" -v m="$5" -v g="$6" -v q="${7-}" 'BEGIN {
        if (b <= 0) {print "-", "yardstick_is_0"; exit}
        r = q != "" ? q : a / b
        print sprintf("%.3f", r), s == "<=" ? (r <= g ? "aim" : r <= m ? "must" : "MISS") : (r >= g ? "aim" : r >= m ? "must" : "MISS")}')
    printf_row "$1" "$2" "$3" "$ratio" "$4$5" "$4$6" "$word"
    [ "$word" = MISS ] && MISSED=$((MISSED + 1))
}

compare() { verdict "$1" "$(median "$2" askd)" "$(median "$2" "$3")" "$4" "$5" "$6"; }

added() { # what a candidate adds to the time to first token, over asking the mock itself
    local with without
    with=$(median ttft "$1") without=$(median ttft direct)
    [ -n "$with" ] && calc "$with - $without"
}

# The ratio is the median of those of the pairs; the yardstick is the same load with `store: false`.
paired() { # title figure mode must aim
    local ratio
    ratio=$(median "$2_$3_ratio" askd)
    verdict "$1" "$(median "$2_$3" askd)" "$(median "$2_unstored" askd)" '<=' "$4" "$5" "$ratio"
}

report_store() {
    local empty full
    paired "stored: CPU us/token" cpu stored 1.05 1.02
    paired "in conversations: CPU us/token" cpu conversation 1.05 1.02
    paired "stored: TTFT us" ttft stored 1.05 1.02
    paired "in conversations: TTFT us" ttft conversation 1.05 1.02
    verdict "1,000 messages: us before asking" "$(median long_path askd)" 2000 '<=' 1 0.5
    for figure in status conversation.list; do
        empty=$(median start_$figure empty) full=$(median start_$figure full)
        verdict "10,000 conv.: ms more to $figure" "${full:+$(calc "$full - ${empty:-0}")}" 100 '<=' 1 0.1
    done
    verdict "10,000 conv.: list of 50, us" "$(median lists full)" 5000 '<=' 1 0.2
    verdict "100,000 messages: a common word, us" "$(median search_common askd)" 50000 '<=' 1 0.5
    verdict "100,000 messages: a rare word, us" "$(median search_rare askd)" 50000 '<=' 1 0.1
    verdict "100,000 messages: a character, us" "$(median search_character askd)" 50000 '<=' 1 0.5
    verdict "100,000 messages: two of them, us" "$(median search_characters askd)" 50000 '<=' 1 0.5
    verdict "100,000 messages: of no folder, us" "$(median search_nowhere askd)" 50000 '<=' 1 0.5
    verdict "100,000 messages: of no model, us" "$(median search_nobody askd)" 50000 '<=' 1 0.5
    verdict "100,000 messages: 1 % pass, us" "$(median search_few askd)" 50000 '<=' 1 0.5
    verdict "1,000,000 rows: day and model, us" "$(median report_model askd)" 300000 '<=' 1 0.2
    verdict "5,000 conv.: import, s" "$(median import_s askd)" 20 '<=' 1 0.5
    verdict "5,000 conv.: KiB more at most" "$(median import_rss askd)" 100000 '<=' 1 0.2
    verdict "10,000 conv.: idle RSS KiB" "$(median store_rss full)" "$(median store_rss empty)" '<=' 1.05 1.02
    verdict "10,000 conv.: RSS after lists KiB" "$(median store_rss_lists full)" "$(median store_rss_lists empty)" '<=' 1.05 1.02
}

report_cache() {
    compare "cache: 1 KiB by key, 50 c., per s" lookup1 redis '>=' 0.65 0.9
    compare "cache: 16 KiB by key, 50 c., per s" lookup16 redis '>=' 0.9 1.2
    compare "cache: 1 KiB, 16 in a write, per s" lookup1_piped redis '>=' 0.35 0.7
    compare "cache: 1 KiB, 1 conn., p50 us" lookup1_alone_p50 redis '<=' 1.15 1.03
    verdict "cache: chat beside by key, per s" "$(median chat askd)" "$(median lookup1 askd)" '>=' 0.5 0.8
    verdict "cache: replay, events per s" "$(median replay_events askd)" 300000 '>=' 1 3.333
    compare "cache: ask beside GET, wall ms" get_wall redis '<=' 0.35 0.22
    verdict "500 at once: provider requests" "$(largest crowd_posts askd)" 1 '<=' 1 1
    verdict "500 at once: KiB more at most" "$(median crowd_rss askd)" 4000 '<=' 1 0.5
    verdict "reader that stops: KiB each" "$(median stopped_rss askd)" 64 '<=' 1 0.5
    compare "10 MB beside 200 of these, us" whole free '<=' 1.25 1.05
    verdict "cache: open 200,000 entries, us" "$(median cache_open_us askd)" 200000 '<=' 1 0.1
    verdict "cache: start to first lookup, ms" "$(median cache_start askd)" 200 '<=' 1 0.25
    verdict "cache: bytes of 16 MiB, written by 8" "$(largest bounded_file_bytes askd)" 16777216 '<=' 1 1
    verdict "cache: lookup p99, us" "$(median cache_get_p99_us askd)" 1000 '<=' 1 0.5
    verdict "cache: p99 beside writers, us" "$(median cache_get_beside_writers_p99_us askd)" 1000 '<=' 1 0.5
}

report() {
    MISSED=0
    printf_row figure askd yardstick ratio must aim verdict
    compare "askctl status, wall ms" cli_wall redis '<=' 0.35 0.22
    compare "askctl status, peak RSS KiB" cli_rss redis '<=' 0.4 0.25
    verdict "screen: first byte, p50 us" "$(median screen_p50 askd)" 1000 '<=' 1 0.25
    verdict "screen: first byte, p99 us" "$(median screen_p99 askd)" 1000 '<=' 1 0.5
    verdict "completion: to provider, p50 us" "$(median complete_p50 askd)" 1000 '<=' 1 0.5
    verdict "completion: to provider, p99 us" "$(median complete_p99 askd)" 1000 '<=' 2 1
    compare "daemon idle, RSS KiB" idle_rss redis '<=' 1.1 0.8
    compare "RSS per idle connection, KiB" conn_rss redis '<=' 1.5 0.7
    compare "hello, 50 connections, per s" hello50 redis '>=' 0.65 0.9
    verdict "added TTFT, 1 connection, us" "$(added askd)" "$(added nginx)" '<=' 2 1.25
    compare "CPU us/token, 20 x 10 ms" paced_cpu nginx '<=' 1.5 1.0
    compare "CPU us/token, 500 x 20 ms" dense_cpu nginx '<=' 1.5 1.0
    report_store
    report_cache
    local api
    for api in $(awk '$1 ~ /^parse_/ && !seen[$1]++ {print substr($1, 7)}' "$RESULTS"); do
        [ "$api" = lines ] || verdict "$api: parser, MB/s on a core" "$(median "parse_$api" askd)" 150 '>=' 1 1.5
    done

    printf '\n%-34s %12s %12s %12s\n' "without a goal" askd nginx direct
    local title figure near c
    while IFS== read -r title figure; do
        printf '%-34s' "$title"
        for c in askd nginx direct; do printf ' %12s' "$(median "$figure" $c)"; done
        echo
    done <<'EOF'
TTFT p50, 1 connection, us=ttft
20 x 10 ms: relay p50, us=paced_relay_p50_us
20 x 10 ms: relay p99, us=paced_relay_p99_us
500 x 20 ms: relay p50, us=dense_relay_p50_us
500 x 20 ms: relay p99, us=dense_relay_p99_us
500 x 20 ms: tokens/s of 25000=dense_tok_s
500 open at once: TTFT p50, us=dense_ttft_p50_us
500 open at once: TTFT p99, us=dense_ttft_p99_us
500 open at once: longest relay, us=dense_opening_max_us
EOF
    printf '%-34s %12s %12s\n' "list of 50 against hello, us" "$(median lists full)" "hello: $(median hello1 full)"
    printf '%-34s %12s %12s\n' "start to status, start to list, ms" "$(median start_status full)" "$(median start_conversation.list full)"
    printf '%-34s %12s %12s\n' "hello against PING: CPU us each" "$(median hello50_cpu askd)" "redis: $(median hello50_cpu redis)"
    for figure in lookup1 lookup16 lookup1_piped chat; do
        printf '%-34s %12s %12s\n' "$figure: CPU us each" "$(median ${figure}_cpu askd)" "redis: $(median ${figure}_cpu redis)"
    done
    printf '%-34s %12s %12s\n' "a row of the ledger, of 1000, us" "$(median ledger_together_us askd)" "alone: $(median ledger_alone_us askd)"
    printf '%-34s %12s %12s\n' "1,000,000 rows here: by model, us" "$(median ledger_model_us askd)" "client: $(median ledger_client_us askd)"
    echo "(500 open at once: until each stream has its first token; the relay figures above begin after that)"

    printf '\n%-34s %12s %12s %12s\n' "worst stall in all rounds, us" askd nginx direct
    while IFS== read -r title figure; do
        printf '%-34s' "$title"
        for c in askd nginx direct; do printf ' %12s' "$(largest "$figure" $c)"; done
        echo
    done <<'EOF'
TTFT, 1 connection=stall_1
20 x 10 ms=paced_relay_max_us
500 x 20 ms=dense_relay_max_us
EOF
    for c in askd nginx direct; do
        near=$({ figures paced_near_40ms $c; figures dense_near_40ms $c; } | awk '{n += $1} END {print n + 0}')
        [ "$near" -gt 0 ] && echo "note: $c: $near tokens took 35 to 50 ms: a busy machine, or Nagle's algorithm with delayed ACK"
    done

    figures noise all | awk -v rounds="$ROUNDS" '{a[NR] = $1; n += $1 > 10} END {
        printf "\nnoise: others took %.0f %% of a core in the median sample, %.0f %% in the worst; over 10 %% in %d of %d samples; %d rounds\n",
               a[int((NR + 1) / 2)], a[NR], n, NR, rounds}'
}

# -- main

for t in taskset pgrep pkg-config; do
    command -v $t >/dev/null || fail "$t is missing (Debian: util-linux, procps, pkgconf)"
done
build_tools
[ "$(nproc)" -ge 2 ] || fail "two cores are needed"
ulimit -n 8192 2>/dev/null || fail "needs 8192 descriptors (ulimit -n)"

have() { command -v "$1" >/dev/null || { echo "bench: $1 is missing; its rows are skipped"; return 1; }; }
REDIS_BIN= NGINX_BIN= ASKD_BIN= ASKCTL_BIN= ASK_BIN=
have redis-server && have redis-cli && REDIS_BIN=1
have nginx && NGINX_BIN=1
ASKD_BIN=$(program daemon/askd) || echo "bench: $BUILD/daemon/askd is missing; only the yardsticks are measured"
ASKCTL_BIN=$(program client/ctl/askctl) || echo "bench: $BUILD/client/ctl/askctl is missing; its rows are skipped"
ASK_BIN=$(program client/ask/ask) || echo "bench: $BUILD/client/ask/ask is missing; its row is skipped"
# Nothing of the tester's: his keys are none of the benchmark's business.
HOME_ENV=(env -i "PATH=$PATH" "HOME=$RUN/home" "XDG_CONFIG_HOME=$RUN/config" "XDG_STATE_HOME=$RUN/state"
    "XDG_CACHE_HOME=$RUN/cache" "XDG_RUNTIME_DIR=$RUN/run" ASKD_AUTOSTART=0)
ASKD_SOCK=$RUN/run/askd/askd.sock

start_mock
[ -n "$NGINX_BIN" ] && start_nginx
[ -n "$ASKD_BIN" ] && fill
[ -n "$ASKD_BIN" ] && [ -n "$ASKCTL_BIN" ] && fill_searched
[ -n "$ASKD_BIN" ] && fill_ledger
for round in $(seq "$ROUNDS"); do
    echo "bench: round $round of $ROUNDS" >&2
    # Fresh servers each round, as the memory of one that has worked says nothing of an idle one.
    if [ -n "$REDIS_BIN" ]; then
        start_redis
        sample memory redis "$REDIS" "$RUN/redis.sock"
        sample answer_rate redis "$REDIS" -u "$RUN/redis.sock" -R
        sample one_process cli redis redis-cli -s "$RUN/redis.sock" ping
    fi
    if [ -n "$ASKD_BIN" ]; then
        start_askd
        sample memory askd "$ASKD" "$ASKD_SOCK"
        sample answer_rate askd "$ASKD" -u "$ASKD_SOCK"
        [ -n "$ASKCTL_BIN" ] && sample one_process cli askd "$ASKCTL_BIN" status
        stop ASKD
        cached_answers
    fi
    [ -n "$REDIS_BIN" ] && stop REDIS
    [ -n "$ASK_BIN" ] && [ -x "$BUILD/client/tty/ask-tty" ] && sample screen
    [ -n "$ASKD_BIN" ] && sample completion
    sample parsing
    sample caching
    sample streams direct "$MOCK" httpstream -p "$MOCK_PORT"
    [ -n "$NGINX_BIN" ] && sample streams nginx "$NGINX_WORKER" httpstream -p "$NGINX_PORT"
    [ -n "$ASKD_BIN" ] && start_askd && sample streams askd "$ASKD" rpcstream -u "$ASKD_SOCK" && sample storing &&
        sample long_path && stop ASKD && sample archive && sample importing
    [ -e "$RUN/searched" ] && sample searches
    [ -e "$RUN/report.frame" ] && sample reports
done
report
[ "$MISSED" -eq 0 ]
