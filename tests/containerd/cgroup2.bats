# Containers where there are control groups of the second version only, as on systems of today. Where the machine has given
# its controllers to the first version, as on older ones, limits are left to the unit test and the rest is real.
# shellcheck disable=SC2030,SC2031,SC2154 # tests share nothing; bats sets these
bats_require_minimum_version 1.5.0
load containerd

setup_file() {
    export CONTAINERD_CGROUP2=1
    containerd_begin
    image streams
}

teardown_file() {
    containerd_end
}

teardown() {
    containers_remove
    nothing_is_left
}

# The control group of a process, in the second version.
group_of() {
    sed -n 's/^0:://p' "/proc/$1/cgroup"
}

@test "a machine is in its group, which is measured, and goes with it" {
    run_mewz -d --annotation dev.mewz.stop=stdin localhost/streams:1 c1
    local pid
    pid=$(process_of qemu)
    [[ "$(group_of "$pid")" == *"/$ns/c1" ]]
    [ "$(ctr task ps c1 | grep -c '^[0-9]')" -ge 2 ]
    [[ "$(ctr task ps c1)" == *"$pid"* ]]
    ctr task metrics c1 | grep -q '^cpu.usage_usec *[1-9]'
    ctr task pause c1
    [[ "$(ctr task ls)" == *PAUSED* ]]
    ctr task resume c1
    ctr task kill c1
    wait_until bash -c '! ctr task ls | grep -q RUNNING'
    run ctr task rm c1
    [ "$status" = 0 ]
}

@test "the shim killed: what is in the group goes with it" {
    run_mewz -d localhost/streams:1 c1
    kill -KILL "$(process_of containerd-shim)"
    wait_until runs_no qemu
    wait_until bash -c '! ctr task ls | grep -q RUNNING'
}

@test "a limit of memory needs its controller, or the container does not begin" {
    if grep -qw memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null; then
        run run_mewz -d --memory-limit 134217728 localhost/streams:1 c1
        [ "$status" = 0 ]
        [ "$(cat "/sys/fs/cgroup$(group_of "$(process_of qemu)")/memory.max")" = 134217728 ]
    else
        run run_mewz -d --memory-limit 134217728 localhost/streams:1 c1
        [ "$status" != 0 ]
        [[ "$output" == *memory.max* ]]
    fi
}
