#!/bin/bash
# fuzz.sh SECONDS: run the fuzzers, each for so long: the decoder and validator, the reader of debug information, the whole
# compiler, and compiled programs beside Node. Ends with status 1 where one found anything, which lies in build/fuzz/found then.
set -u
cd "$(dirname "$0")/../.."
seconds=$1 status=0
mkdir -p build/fuzz/found build/fuzz/corpus/{validate,debug,compile}
node tests/fuzz/seeds.mjs build/fuzz/seeds "${SPEC:-../shared/spec}" || exit 1

# run NAME SEEDS OPTION...: one of libFuzzer's. Reading the seeds takes the compiler minutes, so that is done first and once: what
# of them reaches code of its own becomes part of the corpus.
run() {
    local name=$1 seeds=$2
    shift 2
    echo "== $name, $seconds s"
    if [ -z "$(ls "build/fuzz/corpus/$name")" ]; then
        build/fuzz/"$name" -merge=1 "$@" "build/fuzz/corpus/$name" "$seeds" >"build/fuzz/$name-seeds.log" 2>&1 || status=1
    fi
    build/fuzz/"$name" -max_total_time="$seconds" -print_final_stats=1 -artifact_prefix="build/fuzz/found/$name-" "$@" \
        "build/fuzz/corpus/$name" >"build/fuzz/$name.log" 2>&1 || status=1
    grep -aE '^(stat::|==.*ERROR|SUMMARY|artifact)' "build/fuzz/$name.log"
}

run validate build/fuzz/seeds -max_len=4096 -rss_limit_mb=256 -timeout=20
run debug build/fuzz/seeds-debug -max_len=4096 -rss_limit_mb=256 -timeout=20
run compile build/fuzz/seeds -max_len=2048 -rss_limit_mb=2048 -timeout=60
echo "== programs, $seconds s"
node tests/fuzz/differ.mjs bin/mewz-cc build/fuzz/found "$(date +%s)" 1000000000 "$seconds" || status=1
exit $status
