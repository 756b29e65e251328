# fails.bash: failures as the user meets them. Loaded by bats files.
#
#   fails CODE TEXT COMMAND...   runs the command, which must end with CODE, and say one line on stderr: `mewz-cc:` and TEXT
fails() {
    local code=$1 text=$2
    shift 2
    # shellcheck disable=SC2154
    run --separate-stderr timeout 60 "$@"
    echo "exit code $status: $stderr"
    [ "$status" = "$code" ]
    [ "${#stderr_lines[@]}" = 1 ]
    [[ $stderr == "mewz-cc: "*$text* ]]
}
