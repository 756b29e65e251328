# wait.bash: what tests wait for, and ports. Loaded by bats files, and by the other files here.
#
#   wait_until COMMAND...   runs the command again and again until it succeeds; fails if it has not within a minute, and
#                           says so. Nothing takes so long unless it never comes.
#   is_gone PID             whether the process has ended: a zombie has, and its parent may take its time
#   free_port               prints a port of 127.0.0.1 at which nobody is

wait_until() {
    local end=$((SECONDS + 60))
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || { echo "in vain for a minute: $*" >&2; return 1; }
        read -rt 0.05 <> <(:) || true # at the end of its time
    done
}

is_gone() {
    [ ! -e "/proc/$1" ] || grep -qs '^State:.Z' "/proc/$1/status"
}

# Below the ports that Linux gives to connections by itself, of which one could come between the question and the use.
free_port() {
    local port
    until port=$((10000 + SRANDOM % 20000)) && ! (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
    echo "$port"
}
