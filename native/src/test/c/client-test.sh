#!/bin/sh
# Tests the client against a real kernel and a false launcher: client-test.sh CLIENT-SOURCES SCRATCH-FOLDER
#
# Prints a line for each test as TAP has them, then `N passed, M failed`. A test whose tool or kernel feature is
# absent is skipped with a line, and fails instead if NEXUS_TEST_MUST_WORK is 1.
set -u

passed=0
failed=0
tab=$(printf '\t')

# --- the harness -------------------------------------------------------------------------------------------------

pass() {
  passed=$((passed + 1))
  echo "ok - $who: $1"
}

fail() {
  failed=$((failed + 1))
  echo "not ok - $who: $1"
  shift
  for detail in "$@"; do
    printf '%s\n' "$detail" | sed 's/^/#   /'
  done
}

skip() {
  if [ "${NEXUS_TEST_MUST_WORK:-0}" = 1 ]; then
    fail "$1" "must work here, but: $2"
  else
    echo "ok - $who: $1 # SKIP $2"
  fi
}

# equal NAME EXPECTED ACTUAL
equal() {
  if [ "$2" = "$3" ]; then
    pass "$1"
  else
    fail "$1" "expected: $2" "found: $3"
  fi
}

# like NAME PATTERN ACTUAL, a case pattern
like() {
  # shellcheck disable=SC2254
  case $3 in
    $2) pass "$1" ;;
    *) fail "$1" "expected: $2" "found: $3" ;;
  esac
}

# ends NAME STATUS COMMAND...
ends() {
  name=$1
  expected=$2
  shift 2
  "$@" > "$work/output" 2>&1
  status=$?
  if [ "$status" = "$expected" ]; then
    pass "$name"
  else
    fail "$name" "expected status: $expected" "found: $status" "$(cat "$work/output")"
  fi
}

# refuses NAME STATUS PATTERN COMMAND...: ends so, with one line on standard error that fits the pattern
refuses() {
  name=$1
  expected=$2
  pattern=$3
  shift 3
  "$@" > "$work/output" 2> "$work/errors"
  like "$name" "$expected 1 $pattern" "$? $(wc -l < "$work/errors") $(cat "$work/errors")"
}

# tool NAME TOOL: true if there is one, else the test is skipped
tool() {
  command -v "$2" > /dev/null && return 0
  skip "$1" "no $2"
  return 1
}

# await COMMAND...: until it succeeds, 5 seconds at most
await() {
  tries=250
  until "$@" > /dev/null 2>&1; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || return 1
    sleep 0.02
  done
}

contains() {
  grep -q "$1" "$2" 2> /dev/null
}

gone() {
  ! kill -0 "$1" 2> /dev/null
}

# in_sandbox COMMAND...: what a shell command line does as the app
in_sandbox() {
  "$nexus" run exec /bin/sh sh -c "$1"
}

# children PID: of the process
children() {
  cat "/proc/$1/task/$1/children"
}

# app_of PID: the app of a monitor. Its children are the launcher, if that still ends, init and the app.
app_of() {
  for child in $(children "$1"); do
    if grep -q "^NSpid:.*${tab}2\$" "/proc/$child/status" 2> /dev/null; then
      echo "$child"
      return 0
    fi
  done
  return 1
}

# start_app COMMAND-LINE: in the background, and waits for its line `ready`; sets $monitor
start_app() {
  rm -f "$work/app"
  "$nexus" run exec /bin/sh sh -c "$1" > "$work/app" 2>&1 &
  monitor=$!
  await contains ready "$work/app"
}

# --- how it ends -------------------------------------------------------------------------------------------------

test_exit_statuses() {
  for status in 0 1 42 255; do
    ends "the app's exit status is ours: $status" $status in_sandbox "exit $status"
  done
  for signal in 1 2 3 6 9 11 15 24 31 34 64; do
    equal "the app's death by signal is ours: $signal" "signal $signal" \
      "$(ulimit -c 0; "$probe" outcome "$nexus" run exec "$probe" probe raise $signal)"
  done
  refuses "an app that is not there is 127" 127 "nexus: cannot start /no/such: execve: ENOENT (*)" \
    "$nexus" run exec /no/such such
  refuses "a folder on the way that is not there is 127" 127 "nexus: cannot start $work/no/such: execve: ENOENT*" \
    "$nexus" run exec "$work/no/such" such
  echo 'text' > "$work/text"
  refuses "an app without the x bit is 126" 126 "nexus: cannot start $work/text: execve: EACCES (*)" \
    "$nexus" run exec "$work/text" text
  chmod 755 "$work/text"
  refuses "an app of no format is 126" 126 "nexus: cannot start $work/text: execve: ENOEXEC (*)" \
    "$nexus" run exec "$work/text" text
  refuses "a folder as app is 126" 126 "nexus: cannot start /usr: execve: EACCES (*)" "$nexus" run exec /usr usr
  printf '#!/no/interpreter\n' > "$work/script"
  chmod 755 "$work/script"
  refuses "a missing interpreter is 126 and named as such" 126 \
    "nexus: cannot start $work/script: execve: ENOENT (its interpreter does not exist in the sandbox)" \
    "$nexus" run exec "$work/script" script
  printf '#!/bin/sh\nexit 5\n' > "$work/script"
  ends "a script starts" 5 "$nexus" run exec "$work/script" script
  refuses "control characters of a name do not reach the terminal" 127 "nexus: cannot start /?[31m: execve: ENOENT*" \
    "$nexus" run exec "$(printf '/\033[31m')" x
  cp "$probe" "$work/changed"
  refuses "an app that was changed meanwhile is 126" 126 \
    "nexus: $work/changed changed while it was being started; run it again" "$nexus" run changed "$work/changed"
  refuses "an app that is open for writing is 126" 126 \
    "nexus: $work/changed changed while it was being started; run it again" \
    sh -c 'exec 5>> "$1"; "$0" run exec "$1" changed; exit $?' "$nexus" "$work/changed"
}

# lost HOW: the sentence about a launcher that ended so, which a client that is not its parent cannot know
lost() {
  if [ $mode = agent ]; then
    echo 'nexus: the agent ended before it answered, 3 times; *'
  else
    echo "nexus: the launcher ended before it answered: $1"
  fi
}

test_launcher_answers() {
  ends "EXIT is the status" 17 "$nexus" run exit 17
  equal "STDOUT and STDERR go where they belong" "out
err" "$("$nexus" run say 'out
' err 2> "$work/errors"; cat "$work/errors")"
  ends "a closed standard output does not matter" 0 sh -c '"$0" run say text "" >&-' "$nexus"
  { sleep 0.1; "$nexus" run say text ''; echo $? > "$work/status"; } | true
  await [ -s "$work/status" ]
  equal "nobody reading standard output does not matter" 0 "$(cat "$work/status")"
  refuses "a launcher that exits is lost" 125 "$(lost 'exit status 3')" "$nexus" run end 3
  refuses "a launcher that is killed is lost" 125 "$(lost 'killed by signal 11 (Segmentation fault)')" \
    "$nexus" run kill 11
  for kind in header short; do
    refuses "an answer that ends early is a lost launcher: $kind" 125 "$(lost '*')" "$nexus" run broken $kind
  done
  for kind in long status status-size no-status descriptors-0 descriptors-1 descriptors-2 descriptors-3 descriptors-5 \
    stray-descriptor late-descriptors user-namespace no-pid-namespace relative-path no-arguments count \
    string-length string-end nul-inside trailing; do
    refuses "a broken answer is refused: $kind" 125 "nexus: the launcher's answer is broken: *" \
      "$nexus" run broken $kind
  done
  refuses "an unknown frame is refused" 125 "nexus: the launcher's answer is broken: unknown frame 77" \
    "$nexus" run broken type
  refuses "descriptors that are not namespaces are refused" 125 \
    "nexus: cannot join the sandbox: setns(user, CLONE_NEWUSER): EINVAL*" "$nexus" run broken not-namespaces < /dev/null
  ends "a launcher that ends after the app started is not the app" 6 \
    "$nexus" run linger /bin/sh sh -c 'sleep 0.6; exit 6'
  ends "a launcher that outlives the app does not hold it up" 6 "$nexus" run linger /bin/sh sh -c 'exit 6'
}

test_request() {
  equal "the request has what the caller gave" "flags 0
columns 0
cwd $work
argument request
argument two words
argument 
variable A=1
variable LD_PRELOAD=
variable A=2" "$(cd "$work" && "$probe" duplicate "$nexus" run request 'two words' '' |
    grep -v '^argument --no-agent')"
  mkdir "$work/removed"
  like "a working directory that is gone is empty" "*
cwd 
*" "$(cd "$work/removed" && rmdir "$work/removed" && "$nexus" run request)"
  ends "an environment of 2 MB arrives" 0 \
    sh -c 'x=$(head -c 100000 /dev/zero | tr "\0" x); for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
      export "V$i=$x"; done; "$0" run exit 0' "$nexus"
}

# build_of FILE: what an installation with this jar is called
build_of() {
  stat -c '%d:%i:%.9Y:%s' "$1" | tr -d .
}

# --- the launcher ------------------------------------------------------------------------------------------------

test_launcher_state() {
  self=$(env -i HOME=/home/x PATH="$PATH" LANG=de_DE LC_CTYPE=C LC_ALL=C XDG_DATA_HOME=/data NEXUS_HOME=/n \
    https_proxy=h HTTPS_PROXY=H SSL_CERT_FILE=/cert JAVA_TOOL_OPTIONS=-X JDK_JAVA_OPTIONS=-X _JAVA_OPTIONS=-X \
    CLASSPATH=/x LD_LIBRARY_PATH=/evil XDG=no HOMEX=no "$nexus" run self 2>&1 7< / 8< /dev/null < "$probe" | cat)
  equal "the launcher's environment is an allow-list" "variable LC_ALL=C.UTF-8
variable HOME=/home/x
variable PATH=$PATH
variable XDG_DATA_HOME=/data
variable NEXUS_HOME=/n
variable https_proxy=h
variable HTTPS_PROXY=H
variable SSL_CERT_FILE=/cert" "$(echo "$self" | grep '^variable')"
  equal "the launcher's command" "argument $install/runtime/bin/java
argument @$install/lib/jvm.args
argument -Djna.boot.library.path=$install/lib
argument -Dnexus.build=$(build_of "$install/lib/nexus.jar")
argument -cp
argument $install/lib/nexus.jar
argument nexus.cli.Main
argument launch" "$(echo "$self" | grep '^argument')"
  like "the launcher has no descriptor but its own" "descriptor 0 /dev/null
descriptor 1 /dev/null
descriptor 2 pipe:*
descriptor 3 socket:*" "$(echo "$self" | grep '^descriptor')"
  equal "the launcher has one capability" "CapInh:${tab}0000000000200000
CapPrm:${tab}0000000000200000
CapEff:${tab}0000000000200000
CapBnd:${tab}0000000000200000
CapAmb:${tab}0000000000200000" "$(echo "$self" | grep '^Cap')"
  equal "the launcher's signals are default" "SigBlk:${tab}0000000000000000
SigIgn:${tab}0000000000000000" \
    "$("$probe" odd "$nexus" run self | grep -E '^Sig(Blk|Ign)')"
  equal "closed descriptors are /dev/null for the launcher" "descriptor 0 /dev/null
descriptor 1 /dev/null
descriptor 2 /dev/null" "$("$nexus" run self 2>&- <&- | grep '^descriptor [012]')"
  : > "$install/lib/launch.aot"
  like "the AOT cache of launches is used if there is one" "*
argument -XX:AOTCache=$install/lib/launch.aot
*" "$("$nexus" run self)"
  rm "$install/lib/launch.aot"
  : > "$install/lib/command.aot"
  like "the AOT cache of commands is used if there is one" "*-XX:AOTCache=$install/lib/command.aot*" "$("$nexus" list)"
  rm "$install/lib/command.aot"
  equal "other commands are the launcher's" "9 @$install/lib/jvm.args
-Djna.boot.library.path=$install/lib
-cp
$install/lib/nexus.jar
nexus.cli.Main
list
a b" "$(output=$("$nexus" list 'a b'); echo "$? $output")"
  mv "$install/runtime" "$install/away"
  refuses "a missing Java is named, for run" 125 \
    "nexus: cannot start the launcher: execve(runtime/bin/java): ENOENT (*)" "$nexus" run exit 0
  refuses "a missing Java is named, for the others" 125 \
    "nexus: cannot start $install/runtime/bin/java: execve: ENOENT (*)" "$nexus" list
  mv "$install/away" "$install/runtime"
  ln -sf "$nexus" "$work/link"
  ends "nexus finds its folder through a link" 4 "$work/link" run exit 4
}

test_launcher_dies_with_client() {
  "$nexus" run hang &
  client=$!
  await children_are "$client" 1
  launcher=$(children $client | tr -d ' ')
  kill -INT $client
  kill -TERM $client
  wait $client 2> /dev/null
  equal "a signal kills the waiting client" 143 $?
  if await gone "$launcher"; then
    pass "the launcher dies with the client"
  else
    fail "the launcher dies with the client"
  fi
}

children_are() {
  [ "$(children "$1" | wc -w)" -eq "$2" ]
}

test_refused_user_namespaces() {
  if ! unshare -Ur true 2> /dev/null; then
    skip "user.max_user_namespaces=0 is explained" "no unshare(1) that may"
    return
  fi
  refuses "user.max_user_namespaces=0 is explained" 125 "nexus: cannot enter a user namespace: unshare(CLONE_NEWUSER)\
: ENOSPC: user.max_user_namespaces is 0; as root: sysctl -w user.max_user_namespaces=*" \
    unshare -Ur sh -c 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$0" run exit 0' "$nexus"
  refuses "chroot is explained" 125 "nexus: cannot enter a user namespace: unshare(CLONE_NEWUSER): EPERM: the kernel \
allows none below a chroot*" \
    unshare -Urm sh -c 'mkdir "$1/root" && mount --rbind / "$1/root" && mkdir "$1/root$1/x" && mkdir -p "$1/x/proc" \
      "$1/x/dev" "$1/x$2" && mount --rbind /proc "$1/x/proc" && mount --rbind "$2" "$1/x$2" &&
      for i in bin lib lib64 usr; do [ -e /$i ] && mkdir -p "$1/x/$i" && mount --rbind /$i "$1/x/$i"; done
      exec chroot "$1/x" "$0" run exit 0' "$nexus" "$work" "$install"
}

# --- what the app is given ---------------------------------------------------------------------------------------

test_inherited_state() {
  odd() {
    (cd "$work" && env -i A=1 NEXUS_HOME="$NEXUS_HOME" XDG_RUNTIME_DIR="$XDG_RUNTIME_DIR" "B= 2" LD_X=3 ASAN_OPTIONS="${ASAN_OPTIONS:-}" "$probe" odd "$@" 2>&1 < /dev/null)
  }
  equal "signals, limits, umask, niceness, environment, directory are the caller's" \
    "$(odd "$probe" state 'a b' '' | sed "s|^argument $probe\$|argument name of its own|; /^descriptor [0-9][0-9]/d")" \
    "$(odd "$nexus" run exec "$probe" 'name of its own' state 'a b' '')"
  for closed in '<&-' '>&-' '2>&-' '<&- >&-' '<&- >&- 2>&-' ' '; do
    equal "descriptors are open and closed as the caller's: $closed" \
      "$(eval "\"$probe\" open $closed"; echo $?)" \
      "$(eval "\"$nexus\" run exec \"$probe\" probe open $closed 7< /"; echo $?)"
  done
  equal "no other descriptor comes in" "descriptor 0
descriptor 1
descriptor 2" "$("$nexus" run exec "$probe" probe state 3< / 4< /dev/null 7< "$work/text" 9> "$work/nine" |
    grep ^descriptor | cut -d' ' -f1,2)"
  equal "input and output are the caller's" "text" "$(echo text | in_sandbox 'cat' | cat)"
  equal "the first directory that can be entered is entered" /usr \
    "$(cd "$work" && mkdir -p gone && cd gone && rmdir ../gone && in_sandbox 'pwd -P')"
  ends "an alarm of the caller's arrives" 142 "$probe" alarm "$nexus" run exec /bin/sh sh -c 'sleep 5; exit 1'
}

test_privileges() {
  state=$(in_sandbox 'cat /proc/self/status')
  equal "the app has no capability, and none to get" "CapInh:${tab}0000000000000000
CapPrm:${tab}0000000000000000
CapEff:${tab}0000000000000000
CapBnd:${tab}0000000000000000
CapAmb:${tab}0000000000000000
NoNewPrivs:${tab}1" "$(echo "$state" | grep -E '^(Cap|NoNewPrivs)')"
  equal "the app's user is the caller" "$(id -u) $(id -g)" "$(in_sandbox 'echo $(id -u) $(id -g)')"
  equal "the app sees its own processes alone" "1 2" "$(in_sandbox 'cd /proc && echo [0-9]* | cut -d" " -f1,2')"
  equal "the fresh /proc is nosuid, nodev, noexec" "rw,nosuid,nodev,noexec,relatime" \
    "$(in_sandbox 'while read -r a b c d e f rest; do [ "$e" = /proc ] && last=$f; done < /proc/self/mountinfo
      echo "$last"')"
  like "the kernel's switches are read-only, for root too" "*core_pattern: *" \
    "$(in_sandbox 'cat /proc/sys/kernel/core_pattern 2>&1 > /proc/sys/kernel/core_pattern')"
  like "another root's /proc is not below" "*umount: /proc:*" "$(in_sandbox 'umount /proc 2>&1')"
  equal "the loopback interface is up, in a network of its own" "lo: 127.0.0.1 reached" \
    "$(in_sandbox 'cd /sys/class/net 2> /dev/null; sed -n "s/^ *\([a-z0-9]*\):.*/\1/p" /proc/net/dev | tr "\n" ":" |
      sed "s/:\$/: /"; grep -q "127.0.0.1" /proc/net/fib_trie && echo 127.0.0.1 reached')"
  equal "pid 1 handles and blocks no signal" "SigBlk:${tab}0000000000000000
SigCgt:${tab}0000000000000000" "$(in_sandbox 'grep -E "^Sig(Blk|Cgt)" /proc/1/status')"
  equal "pid 1 is out of the app's reach" "readlink-exe EACCES
chmod-exe EACCES
write-exe EACCES
root EACCES
cwd EACCES
mem EACCES
environ EBADF
maps EBADF
ptrace EPERM
process_vm_readv EPERM
pidfd_getfd EPERM
setns EBADF
signals possible" "$("$nexus" run exec "$probe" probe attack)"
  if [ "$("$probe" keyring)" = "$("$nexus" run exec "$probe" probe keyring)" ]; then
    fail "the session keyring is a fresh one"
  else
    pass "the session keyring is a fresh one"
  fi
}

test_namespaces() {
  refuses "a /proc that the kernel refuses is named" 125 "nexus: cannot mount a fresh /proc: mount(proc, *: EPERM (*)" \
    "$nexus" run bare
  for namespace in user mnt pid ipc uts cgroup net; do
    if [ "$(readlink /proc/self/ns/$namespace)" != "$(in_sandbox "readlink /proc/self/ns/$namespace")" ]; then
      pass "the app has its own namespace: $namespace"
    else
      fail "the app has its own namespace: $namespace"
    fi
  done
  equal "a namespace that the plan leaves out is shared" "$(readlink /proc/self/ns/net)" \
    "$("$nexus" run plan 0x20000000 /bin/sh sh -c 'readlink /proc/self/ns/net')"
}

# --- signals -----------------------------------------------------------------------------------------------------

test_forwarded_signals() {
  start_app 'trap "exit 3" TERM; echo ready; while :; do sleep 0.02; done'
  kill -TERM $monitor
  wait $monitor 2> /dev/null
  equal "TERM reaches the app, which exits with 3" 3 $?
  for signal in HUP INT QUIT USR1 USR2 WINCH ALRM TSTP TTIN CONT; do
    start_app "trap 'echo got; exit 4' $signal; echo ready; while :; do sleep 0.02; done"
    kill -$signal $monitor
    # A background job of a shell without job control ignores INT and QUIT, and so does then the app.
    case $signal in
      INT | QUIT)
        sleep 0.1
        kill -TERM $monitor
        wait $monitor 2> /dev/null
        equal "$signal that the caller ignores is ignored" 143 $?
        ;;
      *)
        wait $monitor 2> /dev/null
        equal "$signal reaches the app" 4 $?
        ;;
    esac
  done
  start_app 'echo ready; sleep 0.3; exit 5'
  kill -STOP "$(app_of $monitor)"
  if await contains '^State:.T' /proc/$monitor/status; then
    pass "nexus stops with the app"
  else
    fail "nexus stops with the app"
  fi
  kill -CONT $monitor
  wait $monitor 2> /dev/null
  equal "CONT to nexus alone continues the app" 5 $?
  start_app 'echo ready; sleep 5'
  kill -TERM $monitor
  wait $monitor 2> /dev/null
  equal "TERM kills an app that does not handle it" 143 $?
  rm -f "$work/app"
  "$nexus" run exec "$probe" probe queued > "$work/app" &
  monitor=$!
  await contains ready "$work/app"
  "$probe" queue $monitor
  wait $monitor 2> /dev/null
  equal "a queued signal keeps its value" "ready value 1234" "$(tr '\n' ' ' < "$work/app" | sed 's/ $//')"
  rm -f "$work/app"
  sh -c '"$0" death-signal "$1" run exec /bin/sh sh -c "
    trap \"echo got; exit\" TERM; echo ready; while :; do sleep 0.02; done" > "$2" & sleep 0.5' \
    "$probe" "$nexus" "$work/app"
  if await contains got "$work/app"; then
    pass "the caller's own parent-death signal is kept"
  else
    fail "the caller's own parent-death signal is kept" "$(cat "$work/app")"
  fi
}

test_orphans() {
  start_app 'sleep 300 & setsid sleep 300 & echo ready; sleep 300'
  app=$(app_of $monitor)
  family=$(children $monitor; children "$app")
  kill -KILL $monitor
  wait $monitor 2> /dev/null
  equal "KILL of nexus kills nexus" 137 $?
  left=
  for process in $family; do
    await gone "$process" || left="$left $process"
  done
  equal "everything dies with nexus" "" "$left"
  start_app 'sleep 300 & setsid sleep 300 & echo ready; sleep 0.3; exit 8'
  family=$(children $monitor; children "$(app_of $monitor)")
  wait $monitor 2> /dev/null
  equal "the app's end is nexus's, whatever it leaves" 8 $?
  left=
  for process in $family; do
    gone "$process" || left="$left $process"
  done
  equal "what the app leaves is dead when nexus ends" "" "$left"
  equal "orphans are reaped" "" "$(in_sandbox '
    for i in 1 2 3 4 5; do sh -c "sleep 0.1 & exit"; done; sleep 0.3
    cat /proc/[0-9]*/stat 2> /dev/null | grep ") Z 1 "')"
  start_app 'echo ready; sleep 300'
  for child in $(children $monitor); do
    grep -q "^NSpid:.*${tab}1\$" "/proc/$child/status" 2> /dev/null && kill -KILL "$child"
  done
  wait $monitor 2> /dev/null
  equal "the app does not outlive pid 1" 137 $?
}

test_monitor_holds_nothing() {
  mkfifo "$work/fifo"
  "$nexus" run exec /bin/sh sh -c 'echo ready; exec >&- 2>&-; exec sleep 300' > "$work/fifo" 2>&1 &
  monitor=$!
  equal "a reader sees the end when the app closes its output" "ready" "$(timeout 5 cat "$work/fifo")"
  if kill -TERM $monitor; then
    pass "... and not when nexus ends"
  else
    fail "... and not when nexus ends"
  fi
  wait $monitor 2> /dev/null
}

test_memory() {
  start_app 'echo ready; sleep 5'
  sleep 0.2
  resident=0
  open=
  for process in $monitor $(children $monitor); do
    [ "$process" = "$(app_of $monitor)" ] && continue
    size=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$process/status")
    resident=$((resident + size))
    for fd in $(ls "/proc/$process/fd" 2> /dev/null); do
      open="$open$(readlink "/proc/$process/fd/$fd")"
    done
  done
  kill -KILL $monitor
  wait $monitor 2> /dev/null
  if [ "$sanitized" = 1 ] || [ "$resident" -lt 1024 ]; then
    pass "monitor and init take $resident kB"
  else
    fail "monitor and init take less than 1 MB" "$resident kB"
  fi
  # The fake launcher's checkout is /. Only root can look at all.
  [ -z "$open" ] && [ "$(id -u)" != 0 ] && open=/
  equal "of monitor and init only the monitor has anything open, the checkout" / "$open"
}

# --- the terminal ------------------------------------------------------------------------------------------------

test_terminal() {
  tool "job control" bash || return
  if ! "$pty" expect:there -- echo there > /dev/null; then
    skip "job control" "no pseudo-terminal"
    return
  fi
  cat > "$work/counter" <<'END'
#!/bin/sh
trap 'echo got-INT' INT
echo ready
for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.05; done
echo over
END
  cat > "$work/sleeper" <<'END'
#!/bin/sh
echo ready
sleep 0.5
echo over
END
  chmod 755 "$work/counter" "$work/sleeper"
  bash="bash --norc --noprofile -i"
  at_prompt="send:PS1=prom\"pt:\" HISTFILE=\n"
  # shellcheck disable=SC2086
  {
    ends "Ctrl-C reaches the app once" 0 "$pty" "$at_prompt" expect:prompt: "send:$nexus run exec $work/counter x\n" \
      expect:ready wait:60 'send:\c' expect:got-INT expect:over expect:prompt: 'send:echo count $(( 40 + 2 ))\n' \
      'expect:count 42' "send:exit\n" -- $bash
    "$pty" "$at_prompt" expect:prompt: "send:$nexus run exec $work/counter x > $work/lines\n" \
      wait:200 'send:\c' wait:600 -- $bash > /dev/null
    ends "Ctrl-C kills an app that does not handle it, and ends nexus by INT" 0 "$pty" "$at_prompt" expect:prompt: \
      "send:$nexus run exec $work/sleeper x\n" expect:ready wait:60 'send:\c' expect:prompt: 'send:echo status $?\n' \
      'expect:status 130' -- $bash
    ends 'Ctrl-\ kills it by QUIT' 0 "$pty" "$at_prompt" expect:prompt: \
      "send:$nexus run exec $work/sleeper x\n" expect:ready wait:60 'send:\\' expect:prompt: 'send:echo status $?\n' \
      'expect:status 131' -- $bash
    ends "Ctrl-Z stops the job, fg continues it" 0 "$pty" "$at_prompt" expect:prompt: \
      "send:$nexus run exec $work/sleeper x\n" expect:ready wait:60 'send:\z' expect:topped expect:prompt: \
      'send:fg\n' expect:over expect:prompt: 'send:echo status $?\n' 'expect:status 0' -- $bash
    ends "Ctrl-Z and bg" 0 "$pty" "$at_prompt" expect:prompt: \
      "send:$nexus run exec $work/sleeper x\n" expect:ready wait:60 'send:\z' expect:topped expect:prompt: \
      'send:bg\n' expect:over 'send:wait\n' 'send:echo status $?\n' 'expect:status 0' -- $bash
    ends "Ctrl-Z twice in an editor that handles it" 0 "$pty" "$at_prompt" expect:prompt: \
      "send:$nexus run exec $probe probe editor\n" expect:editing 'send:\z' expect:tidied expect:topped \
      'send:fg\n' expect:restored 'send:\z' expect:tidied expect:topped 'send:fg\n' expect:restored \
      expect:prompt: 'send:echo status $?\n' 'expect:status 0' -- $bash
    ends "reading the terminal in the background stops the job" 0 "$pty" "$at_prompt" expect:prompt: \
      'send:set -o notify\n' expect:prompt: "send:$nexus run exec /bin/sed sed -u s/y/Y/ &\n" expect:topped \
      'send:fg\n' 'send:typed\n' expect:tYped 'send:\c' expect:prompt: -- $bash
    ends "an app that stops itself stops the job" 0 "$pty" "$at_prompt" expect:prompt: \
      "send:$nexus run exec /bin/sh sh -c 'kill -STOP \$\$; exit 12'\n" expect:topped expect:prompt: 'send:fg\n' \
      expect:prompt: 'send:echo status $?\n' 'expect:status 12' -- $bash
    ends "an interactive shell inside has job control" 0 "$pty" "$at_prompt" expect:prompt: \
      "send:$nexus run exec /bin/bash bash --norc --noprofile -i\n" 'send:PS1=ins"ide:"\n' expect:inside: \
      "send:sleep 5\n" wait:100 'send:\z' expect:topped expect:inside: 'send:fg\n' wait:100 'send:\c' \
      expect:inside: 'send:exit 13\n' expect:prompt: 'send:echo status $?\n' 'expect:status 13' -- $bash
    ends "Ctrl-C before there is an app ends nexus" 0 "$pty" "$at_prompt" expect:prompt: \
      "send:$nexus run hang\n" expect:hanging 'send:\c' expect:prompt: 'send:echo status $?\n' 'expect:status 130' -- $bash
    ends "nexus as the session's leader ends with its terminal" 0 "$pty" expect:ready \
      -- "$nexus" run exec /bin/sh sh -c 'echo ready; sleep 300'
  }
  equal "Ctrl-C reaches the app once, not twice" "ready got-INT over" "$(tr '\n' ' ' < "$work/lines" | sed 's/ $//')"
}

# --- errors that do not happen by themselves ---------------------------------------------------------------------

# injected NAME CALL:INJECTION STATUS PATTERN [strace option]: the client's own process, unless -f
injected() {
  refuses "$1" "$3" "$4" strace ${5:-} -o /dev/null -e "inject=$2" "$binary" run $alone exec /bin/true true
}

test_injected_errors() {
  tool "each error path has its sentence" strace || return
  if ! strace -f -o /dev/null "$binary" run --no-agent exec /bin/true true; then
    skip "each error path has its sentence" "strace may not trace"
    return
  fi
  alone=--no-agent
  injected "fork of the launcher" clone:error=EAGAIN:when=1 125 "nexus: cannot start the launcher: fork(): EAGAIN*"
  injected "socketpair" socketpair:error=EMFILE 125 "nexus: cannot start the launcher: socketpair(*: EMFILE*"
  injected "pipe of the launcher" pipe2:error=EMFILE:when=1 125 "nexus: cannot start the launcher: pipe2(*: EMFILE*"
  injected "readlink" readlink:error=ENOENT 125 "nexus: cannot find its own folder*readlink(/proc/self/exe): ENOENT*"
  injected "user namespace" unshare:error=EPERM:when=1 125 \
    "nexus: cannot enter a user namespace: unshare(CLONE_NEWUSER): EPERM*" -f
  injected "no user namespaces in the kernel" unshare:error=EINVAL:when=1 125 "nexus: *EINVAL: *CONFIG_USER_NS" -f
  injected "too many user namespaces" unshare:error=ENOSPC:when=1 125 "nexus: *ENOSPC: *user.max_user_namespaces" -f
  injected "setns to the user namespace" setns:error=EPERM:when=1 125 \
    "nexus: cannot join the sandbox: setns(user, CLONE_NEWUSER): EPERM*"
  injected "setns to the mount namespace" setns:error=EPERM:when=2 125 \
    "nexus: cannot join the sandbox: setns(mnt, CLONE_NEWNS): EPERM*"
  injected "keyring" keyctl:error=EDQUOT 125 "nexus: cannot leave the session keyring: keyctl(*: EDQUOT*"
  injected "unshare" unshare:error=ENOSPC 125 "nexus: cannot make the sandbox's own namespaces: unshare(): ENOSPC*"
  injected "loopback" ioctl:error=EPERM:when=4 125 "nexus: cannot bring up the loopback interface: ioctl(*: EPERM*"
  injected "pipe of init" pipe2:error=EMFILE:when=2 125 "nexus: cannot prepare the start: pipe2(*: EMFILE*"
  injected "fork of init" clone:error=EAGAIN:when=2 125 "nexus: cannot start the sandbox's init: fork(): EAGAIN*"
  injected "capset" capset:error=EPERM:when=1 125 "nexus: cannot drop capabilities: capset(): EPERM*"
  injected "pipe of the app" pipe2:error=EMFILE:when=3 125 "nexus: cannot prepare the start: pipe2(*: EMFILE*"
  injected "event of the app" eventfd2:error=EMFILE 125 "nexus: cannot prepare the start: eventfd2(*: EMFILE*"
  injected "fork of the app" clone:error=EAGAIN:when=3 125 "nexus: cannot start the app: fork(): EAGAIN*"
  (
    mkdir "$work/left" && cd "$work/left" && rmdir "$work/left"
    injected "chdir" chdir:error=EACCES:when=3+ 125 "nexus: cannot enter a directory: chdir(/): EACCES*" -f
    echo "$passed $failed" > "$work/counts"
  )
  read -r passed failed < "$work/counts"
  injected "lease" fcntl:error=EINVAL:when=1 125 "nexus: cannot ask for the lease: fcntl(F_GETLEASE): EINVAL*" -f
  injected "memory" mmap:error=ENOMEM:when=1 125 "nexus: out of memory: mmap(* bytes): ENOMEM*"
  injected "recvmsg" recvmsg:error=EIO 125 "nexus: cannot hear the launcher: recvmsg(): EIO*"
  # The monitor takes a while until it blocks signals; the app must not run before.
  rm -f "$work/app"
  strace -o /dev/null -e inject=clone:delay_exit=200000:when=3 \
    "$binary" run --no-agent exec /bin/sh sh -c "trap 'exit 4' USR1; echo ready; while :; do sleep 0.02; done" \
    > "$work/app" &
  tracer=$!
  await contains ready "$work/app"
  kill -USR1 "$(children $tracer | cut -d' ' -f1)"
  wait $tracer
  equal "a signal reaches the app however slow nexus is" 4 $?
  ends "a kernel without close_range" 7 strace -f -o /dev/null -e inject=close_range:error=ENOSYS \
    "$binary" run --no-agent exec "$probe" probe open 5< /
  ends "a kernel without session keyrings" 0 strace -o /dev/null -e inject=keyctl:error=ENOSYS \
    "$binary" run --no-agent exec /bin/true true
  equal "a filter that knows no fsopen" "1 2" "$(strace -f -o /dev/null -e inject=fsopen:error=ENOSYS \
    "$binary" run --no-agent exec /bin/sh sh -c 'cd /proc && echo [0-9]* | cut -d" " -f1,2')"
  ends "interrupted reads are read again" 0 strace -o /dev/null -e inject=recvmsg:error=EINTR:when=1 \
    "$binary" run --no-agent exec /bin/true true
}

# --- the agent ---------------------------------------------------------------------------------------------------

# fresh_agents: a runtime folder of its own for what follows, without an agent, and with a log of those that start
fresh_agents() {
  XDG_RUNTIME_DIR=$(mktemp -d "$work/run.XXXXXX")
  export XDG_RUNTIME_DIR NEXUS_FAKE_LOG="$XDG_RUNTIME_DIR.log"
  : > "$NEXUS_FAKE_LOG"
}

# agents_started: since fresh_agents
agents_started() {
  wc -l < "$NEXUS_FAKE_LOG"
}

agents_started_are() {
  [ "$(agents_started)" -eq "$1" ]
}

agent_pid() {
  "$nexus" agent status | sed -n 's/^pid //p'
}

# kind_of_launcher OPTION...: what a launch with these options before the app is done by
kind_of_launcher() {
  "$nexus" run "$@" | sed -n 's/^argument \(launch\|agent\)$/\1/p'
}

# same_agent NAME PID: it still lives, and is the one
same_agent() {
  equal "$1" "$2" "$(agent_pid)"
}

# all_succeed NAME COUNT [UPGRADE]: clients at once, with an upgrade after so many
all_succeed() {
  clients=
  for number in $(seq "$2"); do
    "$nexus" run exit "$number" &
    clients="$clients $!"
    [ "$number" != "${3:-}" ] || touch "$install/lib/nexus.jar"
  done
  number=0
  wrong=
  for client_pid in $clients; do
    number=$((number + 1))
    wait "$client_pid"
    status=$?
    [ $status = $number ] || wrong="$wrong $number:$status"
  done
  equal "$1" "" "$wrong"
}

test_agent_starts_once() {
  fresh_agents
  export NEXUS_FAKE_START=slow
  all_succeed "two clients at once succeed" 2
  equal "... and start one agent" 1 "$(agents_started)"
  fresh_agents
  all_succeed "twenty clients at once succeed" 20
  equal "... and start one agent" 1 "$(agents_started)"
  fresh_agents
  "$nexus" run exit 3 &
  starting=$!
  await agents_started_are 1
  kill -KILL $starting
  wait $starting 2> /dev/null
  unset NEXUS_FAKE_START
  ends "an agent whose starter is killed serves the next" 4 "$nexus" run exit 4
  equal "... and is the same" 1 "$(agents_started)"
  all_succeed "an upgrade while clients come and go is survived" 20 10
  if [ "$(agents_started)" -gt 1 ]; then
    pass "... by another agent"
  else
    fail "... by another agent"
  fi
}

test_agent_ends() {
  fresh_agents
  "$nexus" run exit 0
  kill -KILL "$(agent_pid)"
  ends "an agent that was killed is replaced" 5 "$nexus" run exit 5
  equal "... by one" 2 "$(agents_started)"
  ends "an agent that is killed while a launch waits is replaced" 6 "$nexus" run die "$XDG_RUNTIME_DIR.died" 6
  equal "... by one" 3 "$(agents_started)"
  ends "AGAIN is asking again" 7 "$nexus" run again "$XDG_RUNTIME_DIR.again" 7
  equal "... another agent" 4 "$(agents_started)"
  refuses "always AGAIN is given up" 125 "$(lost '*')" "$nexus" run always-again
  equal "... after three tries" 6 "$(agents_started)"
  fresh_agents
  refuses "an agent that ends when it starts is given up" 125 "$(lost '*')" \
    env NEXUS_FAKE_START=end "$nexus" run exit 0
  equal "... after three tries" 3 "$(agents_started)"
  refuses "... also by start" 125 "$(lost '*')" env NEXUS_FAKE_START=end "$nexus" agent start
  refuses "an answer with a beginning and no end is not asked for again" 125 \
    "nexus: the agent ended in the middle of its answer; run it again" "$nexus" run part
  equal "... and is shown" "part of it" "$(cat "$work/output")"
  rm "$XDG_RUNTIME_DIR"/nexus/*.socket
  echo file > "$(echo "$XDG_RUNTIME_DIR"/nexus/*.lock | sed 's/lock$/socket/')"
  ends "what else has the socket's name is replaced" 8 "$nexus" run exit 8
  agent=$(agent_pid)
  "$nexus" run hang &
  waiting=$!
  sleep 0.1
  kill -TERM $waiting
  wait $waiting 2> /dev/null
  equal "a signal kills a client that waits" 143 $?
  same_agent "... and not the agent" "$agent"
  touch "$install/lib/nexus.jar"
  ends "an agent of another build gives way" 9 "$nexus" run exit 9
  if [ "$(agent_pid)" != "$agent" ]; then
    pass "... to another agent"
  else
    fail "... to another agent"
  fi
  refuses "a one-shot that asks to be asked again is broken" 125 \
    "nexus: the launcher's answer is broken: it is no agent and asks to be asked again" \
    "$nexus" run --no-agent always-again
}

test_agent_state() {
  fresh_agents
  : > "$install/lib/agent.args"
  self=$(cd "$work" && umask 0 && "$probe" odd "$nexus" run self 2>&1 7< / 8< /dev/null < "$probe" | cat)
  rm "$install/lib/agent.args"
  agent=$(agent_pid)
  equal "the agent's command" "argument $install/runtime/bin/java
argument @$install/lib/jvm.args
argument @$install/lib/agent.args
argument -Djna.boot.library.path=$install/lib
argument -Dnexus.build=$(build_of "$install/lib/nexus.jar")
argument -cp
argument $install/lib/nexus.jar
argument nexus.cli.Main
argument agent
argument --idle-exit=900" "$(echo "$self" | grep '^argument')"
  like "the agent has no descriptor but its own" "descriptor 0 /dev/null
descriptor 1 /dev/null
descriptor 2 /dev/null
descriptor 3 socket:*" "$(echo "$self" | grep '^descriptor')"
  like "... not even with all closed" "descriptor 0 /dev/null
descriptor 1 /dev/null
descriptor 2 /dev/null
descriptor 3 socket:*" "$(fresh_agents; "$nexus" agent start <&- >&- 2>&-; "$nexus" run self | grep '^descriptor')"
  equal "the agent has one capability" "CapInh:${tab}0000000000200000
CapPrm:${tab}0000000000200000
CapEff:${tab}0000000000200000
CapBnd:${tab}0000000000200000
CapAmb:${tab}0000000000200000" "$(echo "$self" | grep '^Cap')"
  equal "signals, umask, directory, terminal are not the caller's" "terminal none
cwd /
Umask:${tab}0077
SigPnd:${tab}0000000000000000
ShdPnd:${tab}0000000000000000
SigBlk:${tab}0000000000000000
SigIgn:${tab}0000000000000000" \
    "$(echo "$self" | grep '^terminal'; echo "$self" | grep '^cwd'
      echo "$self" | grep -E '^(Umask|Sig[BIP]|ShdPnd)')"
  equal "soft limits are what the hard ones allow" "Max open files 200 200 files " \
    "$(echo "$self" | grep '^Max open files' | tr -s ' ')"
  expected=5
  [ "$(id -u)" = 0 ] && expected=0
  equal "niceness is what the kernel lets it be" "nice $expected" "$(echo "$self" | grep '^nice')"
  like "the agent's environment is an allow-list" "variable LC_ALL=C.UTF-8
variable *" "$(echo "$self" | grep '^variable')"
  case $(echo "$self" | sed -n 's/^session //p') in
    "" | "$(ps_session $$)" | "$agent") fail "the agent is in a session that it does not lead" ;;
    *) pass "the agent is in a session that it does not lead" ;;
  esac
  equal "the folder is the user's alone, and so is what is in it" "700
600
600" "$(stat -c %a "$XDG_RUNTIME_DIR/nexus" "$XDG_RUNTIME_DIR"/nexus/*.lock "$XDG_RUNTIME_DIR"/nexus/*.socket)"
  fresh_agents
  equal "... whatever the caller's umask, which the app gets" "0777
700
600
600" "$(umask 777; in_sandbox umask; stat -c %a "$XDG_RUNTIME_DIR/nexus" "$XDG_RUNTIME_DIR"/nexus/*.lock \
    "$XDG_RUNTIME_DIR"/nexus/*.socket)"
  equal "the agent is not a child of the client" "" "$(fresh_agents; start_app 'echo ready; sleep 0.3'
    for child in $(children $monitor); do [ "$child" = "$(agent_pid)" ] && echo child; done; wait)"
}

# ps_session PID: the number of its session
ps_session() {
  sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f4
}

test_agent_survives() {
  fresh_agents
  if "$pty" expect:there -- echo there > /dev/null; then
    ends "an agent is started at a terminal" 0 "$pty" expect:running -- \
      sh -c '"$0" agent start; sleep 5' "$nexus"
    agent=$(cat "$NEXUS_FAKE_LOG")
    same_agent "... and outlives it" "$agent"
    ends "Ctrl-C at a client that waits" 0 "$pty" expect:hanging 'send:\c' wait:100 -- "$nexus" run hang
    same_agent "... does not reach the agent" "$agent"
  else
    skip "an agent outlives its terminal" "no pseudo-terminal"
  fi
  "$nexus" agent start > /dev/null
  agent=$(agent_pid)
  start_app 'echo ready; sleep 300'
  kill -KILL "$monitor"
  wait "$monitor" 2> /dev/null
  same_agent "a monitor that is killed does not matter to the agent" "$agent"
  start_app 'echo ready; sleep 0.5; exit 5'
  kill -KILL "$agent"
  wait "$monitor"
  equal "an agent that is killed does not matter to the app" 5 $?
}

test_agent_folder() {
  fresh_agents
  folder=$XDG_RUNTIME_DIR/nexus
  start="nexus: cannot use $folder, where the agent's socket is to be"
  mkdir "$XDG_RUNTIME_DIR.elsewhere"
  chmod 700 "$XDG_RUNTIME_DIR.elsewhere"
  ln -s "$XDG_RUNTIME_DIR.elsewhere" "$folder"
  refuses "a folder that is a link is refused" 125 "$start: it is a symbolic link; *--no-agent" "$nexus" run exit 0
  ends "... and does not matter to --no-agent" 5 "$nexus" run --no-agent exit 5
  rm "$folder"
  echo > "$folder"
  refuses "a file is refused" 125 "$start: it is not a directory; *" "$nexus" run exit 0
  rm "$folder"
  for permissions in 770 702 701 740; do
    mkdir -p "$folder"
    chmod $permissions "$folder"
    refuses "a folder that others may use is refused: $permissions" 125 \
      "$start: others than its owner have permissions on it; *" "$nexus" run exit 0
  done
  chmod 700 "$folder"
  if [ "$(id -u)" = 0 ]; then
    chown 65534 "$folder"
    refuses "a folder of another user is refused" 125 "$start: it belongs to another user; *" "$nexus" run exit 0
    refuses "... by the agent's commands, too" 125 "$start: it belongs to another user; *" "$nexus" agent start
    chown 0 "$folder"
    "$nexus" agent start > "$work/output"
    "$nexus" agent stop > "$work/output"
    socket=$(echo "$folder"/*.lock | sed 's/lock$/socket/')
    "$probe" impostor "$socket" 65534 > "$work/impostor" &
    await contains ready "$work/impostor"
    refuses "an agent of another user is refused" 125 \
      "nexus: the agent's socket is another user's (uid 65534); nothing was sent to it" "$nexus" run exit 0
    await contains bytes "$work/impostor"
    equal "... and told nothing" "bytes 0" "$(tail -n 1 "$work/impostor")"
  else
    refuses "a folder that cannot be made is refused" 125 "nexus: cannot use //nexus, *: mkdir(0700): EACCES (*" \
      env XDG_RUNTIME_DIR=/ "$nexus" run exit 0
  fi
}

# name_with VARIABLE...: of the sockets after a launch with these variables alone
name_with() {
  fresh_agents
  env -i PATH="$PATH" XDG_RUNTIME_DIR="$XDG_RUNTIME_DIR" ASAN_OPTIONS="${ASAN_OPTIONS:-}" "$@" "$nexus" run exit 3
  echo "$? $(cd "$XDG_RUNTIME_DIR" && echo nexus/*.socket)"
}

test_agent_place() {
  name="3 nexus/agent-491d9e5e3d52b0ca.socket"
  equal "the home is below HOME" "$name" "$(name_with HOME=/home/ada XDG_DATA_HOME=relative NEXUS_HOME=)"
  equal "... or below XDG_DATA_HOME" "$name" "$(name_with HOME=/x XDG_DATA_HOME=/home/ada/.local/share)"
  equal "... or NEXUS_HOME" "$name" "$(name_with HOME=/x XDG_DATA_HOME=/x NEXUS_HOME=/home/ada/.local/share/nexus)"
  for variables in A=1 HOME=relative 'NEXUS_HOME=relative HOME=/x'; do
    # shellcheck disable=SC2086
    like "no home is no agent: $variables" "3 nexus/\*.socket" "$(name_with $variables)"
  done
  refuses "... and agent start says so" 125 "nexus: there can be no agent: neither NEXUS_HOME nor *" \
    env -u NEXUS_HOME -u XDG_DATA_HOME -u HOME "$nexus" agent start
  fresh_agents
  long=$XDG_RUNTIME_DIR/$(printf '%050d' 0)
  mkdir "$long"
  equal "a socket path that is too long is no agent" launch \
    "$(XDG_RUNTIME_DIR=$long; export XDG_RUNTIME_DIR; kind_of_launcher self)"
  refuses "... and agent start says so" 125 "nexus: there can be no agent: the path of its socket is too long" \
    env XDG_RUNTIME_DIR="$long" "$nexus" agent start
  if ! unshare -Urm true 2> /dev/null; then
    skip "without XDG_RUNTIME_DIR it is in /tmp" "no unshare(1) that may"
    return
  fi
  for runtime in "" relative /no/such "$nexus"; do
    rm -rf "$work/tmp"
    mkdir -p "$work/tmp/${install##*/}"
    equal "without XDG_RUNTIME_DIR it is in /tmp: '$runtime'" "5 700 nexus-0 1" \
      "$(unshare -Urm sh -c 'mount --rbind "$1" "$2/tmp/${1##*/}" && mount --rbind "$2/tmp" /tmp || exit 1
        XDG_RUNTIME_DIR=$3 "$0" run exit 5
        echo "$? $(cd /tmp && stat -c "%a %n" nexus-0) $(ls /tmp/nexus-0 | grep -c socket)"
        XDG_RUNTIME_DIR=$3 "$0" agent stop > /dev/null' \
        "$nexus" "$install" "$work" "$runtime")"
  done
}

test_agent_options() {
  fresh_agents
  for options in '--no-agent self:launch' '--verify tree --no-agent self:launch' '--verify=tree --no-agent self:launch' \
    '--on-taint heal --no-agent self:launch' '--verify --no-agent self:agent' '--on-taint --no-agent self:agent' \
    'self --no-agent:agent' '-- --no-agent self:agent' '--verify tree self --no-agent:agent' 'self:agent'; do
    # shellcheck disable=SC2086
    equal "which launcher: ${options%:*}" "${options##*:}" "$(kind_of_launcher ${options%:*})"
  done
  equal "options are the launcher's, too" "argument --verify
argument tree
argument request
argument x" "$("$nexus" run --verify tree request x | grep '^argument')"
}

# answers NAME EXPECTED WORD...: nexus agent WORD..., its status and what it prints
answers() {
  name=$1
  expected=$2
  shift 2
  output=$("$nexus" agent "$@" 2>&1)
  equal "$name" "$expected" "$? $output"
}

test_agent_commands() {
  fresh_agents
  answers "status of no agent" "1 no agent is running" status
  answers "... as JSON" '1 {"running":false}' status --json
  answers "stop of no agent" "0 no agent is running" stop
  answers "start" "0 the agent is running" start
  answers "start again" "0 the agent was running already" start
  answers "start again with a time" "0 the agent was running already, and keeps its --idle-exit" start --idle-exit 5
  agent=$(cat "$NEXUS_FAKE_LOG")
  answers "status" "0 pid $agent" status
  answers "status as JSON" "0 {\"pid\":$agent}" --json status
  touch "$install/lib/nexus.jar"
  answers "status of another build's" "0 pid $agent" status
  answers "restart" "0 the agent has been stopped
the agent is running" restart --idle-exit=77
  equal "... is another agent" 2 "$(agents_started)"
  equal "... with the time" "argument --idle-exit=77" "$("$nexus" run self | grep 'idle')"
  touch "$install/lib/nexus.jar"
  answers "stop of another build's" "0 the agent has been stopped" stop
  answers "restart of no agent" "0 no agent is running
the agent is running" restart
  kill -KILL "$(agent_pid)"
  answers "an agent that was killed is no agent" "1 no agent is running" status
  for words in '' start\ stop bla start\ --idle-exit start\ --idle-exit=x start\ --idle-exit=-1 --idle-exit= \
    start\ --idle-exit=1234567890 stop\ --json stop\ --idle-exit=1 status\ --idle-exit\ 1 start\ --nothing; do
    # shellcheck disable=SC2086
    refuses "wrong words: '$words'" 2 "nexus: *; see nexus agent --help" "$nexus" agent $words
  done
  for words in --help -h 'start --help' 'stop bla --help'; do
    # shellcheck disable=SC2086
    equal "help is Java's: $words" "agent
--help" "$("$nexus" agent $words | tail -n 2)"
  done
}

test_agent_cannot_start() {
  fresh_agents
  mv "$install/runtime" "$install/away"
  refuses "a missing Java is named by who starts the agent" 125 \
    "nexus: cannot start the launcher: execve(runtime/bin/java): ENOENT (*)" "$nexus" run exit 0
  equal "... which leaves no socket" "" "$(find "$XDG_RUNTIME_DIR" -type s)"
  mv "$install/away" "$install/runtime"
  mv "$install/lib/nexus.jar" "$install/lib/away"
  refuses "a missing jar is named" 125 "nexus: cannot start the launcher: stat($install/lib/nexus.jar): ENOENT (*)" \
    "$nexus" run exit 0
  mv "$install/lib/away" "$install/lib/nexus.jar"
  if ! unshare -Ur true 2> /dev/null; then
    skip "a refused user namespace is named" "no unshare(1) that may"
    return
  fi
  refuses "a refused user namespace is named" 125 "nexus: cannot enter a user namespace: unshare(CLONE_NEWUSER)\
: ENOSPC: user.max_user_namespaces is 0; *" \
    unshare -Ur sh -c 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$0" run exit 0' "$nexus"
  ends "... and the next one that may starts one" 6 "$nexus" run exit 6
  if [ "$(id -u)" = 0 ] && tool "another group" setpriv; then
    equal "an app in another group than the agent's is in it" 5 \
      "$(setpriv --regid 5 --clear-groups "$nexus" run exec /usr/bin/id id -g)"
    equal "... by a launcher of its own" launch \
      "$(setpriv --regid 5 --clear-groups "$nexus" run self | sed -n 's/^argument \(launch\|agent\)$/\1/p')"
  fi
}

# injected_start NAME CALL:INJECTION PATTERN [strace option]: with an agent to start
injected_start() {
  fresh_agents
  injected "$1" "$2" 125 "$3" ${4:-}
}

test_agent_injected_errors() {
  tool "each error path to the agent has its sentence" strace || return
  fresh_agents
  if ! strace -f -o /dev/null "$binary" run --no-agent exec /bin/true true; then
    skip "each error path to the agent has its sentence" "strace may not trace"
    return
  fi
  alone=
  injected_start "socket" socket:error=EMFILE:when=1 "nexus: cannot reach the agent: socket(*: EMFILE*"
  injected_start "connect" connect:error=EACCES "nexus: cannot reach the agent: connect(*.socket): EACCES*"
  injected_start "folder" mkdir:error=EROFS "nexus: cannot use *: mkdir(0700): EROFS*"
  injected_start "lock file" openat:error=EMFILE:when=2 "nexus: cannot start the agent: open(*.lock): EMFILE*"
  injected_start "lock" flock:error=ENOLCK "nexus: cannot start the agent: flock(*.lock): ENOLCK*"
  injected_start "socket of the agent" socket:error=EMFILE:when=3 "nexus: cannot start the agent: socket(*: EMFILE*"
  injected_start "unlink" unlink:error=EROFS "nexus: cannot start the agent: unlink(*.socket): EROFS*"
  injected_start "bind" bind:error=EROFS "nexus: cannot start the agent: bind(*.socket): EROFS*"
  injected_start "listen" listen:error=EINVAL "nexus: cannot start the agent: listen(): EINVAL*"
  injected_start "pipe of the agent" pipe2:error=EMFILE:when=1 "nexus: cannot start the agent: pipe2(*: EMFILE*"
  injected_start "fork of the agent" clone:error=EAGAIN:when=1 "nexus: cannot start the agent: fork(): EAGAIN*"
  injected_start "second fork" clone:error=EAGAIN:when=1 "nexus: cannot start the agent: fork(): EAGAIN*" -f
  injected_start "user namespace" unshare:error=EPERM:when=1 \
    "nexus: cannot enter a user namespace: unshare(CLONE_NEWUSER): EPERM*" -f
  injected_start "peer" getsockopt:error=ENOTSOCK "nexus: cannot tell whose the agent is: *: ENOTSOCK*"
  fresh_agents
  ends "interrupted connections are tried again" 0 strace -o /dev/null -e inject=connect:error=EINTR:when=1 \
    "$binary" run exec /bin/true true
  fresh_agents
  ends "interrupted waits for the lock are waited again" 0 strace -o /dev/null -e inject=flock:error=EINTR:when=1 \
    "$binary" run exec /bin/true true
  fresh_agents
  strace -f -o /dev/null -e inject=sched_setaffinity,setpriority,prlimit64,keyctl:error=EPERM \
    "$binary" run say text '' > "$XDG_RUNTIME_DIR.said" 2>&1 &
  tracer=$!
  # strace stays with the agent, too.
  await contains text "$XDG_RUNTIME_DIR.said"
  "$nexus" agent stop > /dev/null
  wait $tracer
  equal "what cannot be taken back of the caller's does not matter" "0 text" "$? $(cat "$XDG_RUNTIME_DIR.said")"
}

# --- all of it ---------------------------------------------------------------------------------------------------

# suite MODE WHO INSTALLATION SANITIZED: every test, as the user that this shell is, `alone` or with an `agent`
suite() {
  mode=$1
  who="$2, $1"
  install=$3
  sanitized=$4
  binary=$install/bin/nexus
  nexus=$binary
  [ $mode = agent ] || nexus=$install/alone/nexus
  probe=$install/probe
  pty=$install/pty
  work=$(mktemp -d "$install/work.XXXXXX")
  mkdir "$work/run"
  export XDG_RUNTIME_DIR="$work/run" NEXUS_HOME="$install/home"
  test_exit_statuses
  test_launcher_answers
  test_request
  test_inherited_state
  test_privileges
  test_namespaces
  test_forwarded_signals
  test_orphans
  test_monitor_holds_nothing
  test_memory
  test_terminal
  "suite_$mode"
}

suite_alone() {
  test_launcher_state
  test_launcher_dies_with_client
  test_refused_user_namespaces
  [ "$sanitized" = 1 ] || test_injected_errors
}

suite_agent() {
  test_agent_starts_once
  test_agent_ends
  test_agent_state
  test_agent_survives
  test_agent_folder
  test_agent_place
  test_agent_options
  test_agent_commands
  test_agent_cannot_start
  [ "$sanitized" = 1 ] || test_agent_injected_errors
}

# install_client CLIENT: an installation in a place that other users can enter; sets $installation
install_client() {
  installation=$(mktemp -d "${TMPDIR:-/tmp}/nexus-client.XXXXXX")
  installations="$installations $installation"
  mkdir -p "$installation/bin" "$installation/alone" "$installation/lib" "$installation/runtime/bin"
  : > "$installation/lib/nexus.jar"
  cp "$1" "$installation/bin/nexus"
  cp "$scratch/alone" "$installation/alone/nexus"
  cp "$scratch/fake-launcher" "$installation/runtime/bin/java"
  cp "$scratch/probe" "$scratch/pty" "$tests/client-test.sh" "$installation"
  chmod -R a+rX "$installation"
}

if [ "$1" = --suite ]; then
  suite "$2" "$3" "$4" "$5"
  echo "$passed passed, $failed failed"
  [ $failed -eq 0 ]
  exit
fi

sources=$1
scratch=$2
tests=$(dirname "$0")
installations=
trap 'rm -rf $installations' EXIT
mkdir -p "$scratch"
for program in fake-launcher probe pty alone; do
  "${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O1 -Wall -Wextra -Werror -o "$scratch/$program" "$tests/$program.c" || exit 1
done

# begin NAME COMMAND...: a suite in a shell of its own, beside the others: most of it is waiting. The
# shell has the background ignore INT and QUIT, which the suite would inherit to everything that it starts.
begin() {
  suites="$suites $1"
  report=$scratch/$1.report
  shift
  "$scratch/probe" plain "$@" > "$report" 2>&1 &
}

# report NAME: what the suite said, and its counts added to ours
report() {
  sed '$d' "$scratch/$1.report"
  counts=$(tail -n 1 "$scratch/$1.report")
  case $counts in
    *" passed, "*" failed") ;;
    *) fail "the suite ended early: $1" "$counts"; return ;;
  esac
  # shellcheck disable=SC2086
  set -- $counts
  passed=$((passed + $1))
  failed=$((failed + $3))
}

# begin_all MODE: a suite for each kind of user and client
begin_all() {
  suites=
  install_client "$scratch/release/nexus"
  begin "release-$1" sh "$installation/client-test.sh" --suite "$1" "$(id -un)" "$installation" 0
  if [ "$(id -u)" -ne 0 ]; then
    skip "as root" "not root"
  elif tool "as an ordinary user" setpriv; then
    install_client "$scratch/release/nexus"
    chown -R 65534:65534 "$installation"
    begin "ordinary-$1" setpriv --reuid 65534 --regid 65534 --clear-groups \
      sh "$installation/client-test.sh" --suite "$1" ordinary "$installation" 0
  fi
  if [ -x "$scratch/sanitized/nexus" ]; then
    install_client "$scratch/sanitized/nexus"
    # No process of ours may be looked into, and the leak checker would have to. Limits are the caller's business.
    begin "sanitized-$1" env ASAN_OPTIONS=detect_leaks=0:disable_coredump=0 \
      sh "$installation/client-test.sh" --suite "$1" sanitized "$installation" 1
  else
    skip "with sanitizers" "the compiler has none"
  fi
}

who=all
"$sources/build" "$scratch/release" || exit 1
"$sources/build" "$scratch/sanitized" -pie -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
  > "$scratch/sanitized.report" 2>&1 || rm -f "$scratch/sanitized/nexus"
for mode in alone agent; do
  begin_all $mode
  wait
  for suite in $suites; do
    report "$suite"
  done
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
