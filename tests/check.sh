#!/bin/bash
# check.sh SUITE...: run test suites and sum them up.
#
# A suite is a folder here: unit tests are programs in build/unit, all others bats files. Files run two at a time (or
# as many as JOBS says), each one's output is kept in build/results/SUITE/ and shown if something in it failed. The
# last line is `N passed, N failed`; a suite that ran nothing has failed. The suite `format` is one test: the layout of
# the sources.
set -eu
cd "$(dirname "$0")/.."
results=build/results
# Tests find the same surroundings on every machine: nothing of the terminal, shell and language of whoever runs them.
unset SHELL TERM COLORTERM COLUMNS LINES NO_COLOR BASH_ENV ENV CDPATH LANG LANGUAGE TZ "${!LC_@}"
export LC_ALL=C.UTF-8
umask 022
unset MAKEFLAGS MFLAGS # the pipe to the jobs of the make above us is closed here

# Prints the files of a suite.
suite_files() {
    case $1 in
    unit) find build/unit -name 'test_*' ! -name '*.d' 2>/dev/null | while read -r test; do
        [ ! -f "tests/unit/$(basename "$test").c" ] || echo "$test"
    done | sort ;;
    format) echo check-format ;;
    *) find "tests/$1" -name '*.bats' 2>/dev/null | sort ;;
    esac
}

# Runs one file; writes NAME.log and NAME.count ("passed failed").
run_file() {
    local suite=$1 file=$2 begin=$SECONDS passed=0 failed=0 status=0
    local name log
    name=$(basename "$file" .bats)
    log=$results/$suite/$name.log
    case $suite in
    format) timeout 600 make -s check-format >"$log" 2>&1 || status=$? ;;
    unit) timeout 1800 "$file" >"$log" 2>&1 || status=$? ;;
    *) timeout "${FILE_TIMEOUT:-2400}" bats --tap --timing "$file" >"$log" 2>&1 || status=$? ;;
    esac
    if [ "$suite" = unit ] || [ "$suite" = format ]; then
        [ "$status" != 0 ] || passed=1
    else
        passed=$(grep -c '^ok ' "$log") || [ "$passed" = 0 ]
        failed=$(grep -c '^not ok ' "$log") || [ "$failed" = 0 ]
    fi
    # Whatever ended a file early has failed even if no single test in it did.
    [ "$status" = 0 ] || [ "$failed" != 0 ] || failed=1
    echo "$passed $failed" >"$results/$suite/$name.count"
    if [ "$failed" = 0 ]; then
        printf '  ok   %s/%s (%s passed, %s s)\n' "$suite" "$name" "$passed" $((SECONDS - begin))
    else
        printf '  FAIL %s/%s (%s failed, status %s, %s s)\n' "$suite" "$name" "$failed" "$status" $((SECONDS - begin))
        sed 's/^/       | /' "$log" | tail -n 200
    fi
}
export -f run_file
export results

total_passed=0
total_failed=0
for suite; do
    rm -rf "${results:?}/$suite"
    mkdir -p "$results/$suite"
    echo "$suite:"
    # shellcheck disable=SC2016
    suite_files "$suite" | xargs -r -P "${JOBS:-2}" -I FILE bash -c 'run_file "$1" "$2"' - "$suite" FILE
    read -r passed failed < <(cat "$results/$suite"/*.count 2>/dev/null | awk '{ p += $1; f += $2 } END { print p + 0, f + 0 }')
    if [ $((passed + failed)) = 0 ]; then
        echo "  FAIL $suite: ran nothing"
        failed=1
    fi
    total_passed=$((total_passed + passed))
    total_failed=$((total_failed + failed))
done
echo "$total_passed passed, $total_failed failed"
[ "$total_failed" = 0 ]
