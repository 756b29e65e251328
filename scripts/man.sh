#!/bin/sh
# man.sh MEWZ-CC VERB: the manual page of a verb, from what `mewz-cc VERB --help` says, so that both say the same.
set -eu
mewz_cc=$1
verb=$2

help=$("$mewz_cc" "$verb" --help)
summary=$("$mewz_cc" --help | sed -nE "s/^  $verb +(.+)/\1/p")
usage=$(echo "$help" | sed -n "1s/^usage: mewz-cc $verb *//p")

# mdoc takes a line that begins with a dot for a request, a backslash for an escape, and quotes as its own.
plain() {
    sed 's/\\/\\e/g; s/^\./\\\&./; s/"/\\(dq/g; s/-/\\-/g'
}

cat <<END
.Dd November 25, 2026
.Dt MEWZ-CC-$(echo "$verb" | tr '[:lower:]' '[:upper:]') 1
.Os
.Sh NAME
.Nm mewz-cc-$verb
.Nd $summary
.Sh SYNOPSIS
.Nm mewz-cc $verb${usage:+
$(echo "$usage" | plain)}
.Sh DESCRIPTION
$(echo "$help" | sed -n '3,/^Options:/p' | sed '/^Options:/d; /^$/d' | plain)
.Sh OPTIONS
.Bl -tag -width Ds
END
echo "$help" | sed '1,/^Options:/d' | sed -nE 's/^  (.{20}|[^ ]+ [^ ]+|[^ ]+) +(.+)/\1\t\2/p' | while IFS="$(printf '\t')" read -r option text; do
    printf '.It %s\n%s\n' "$(echo "$option" | sed 's/ *$//' | plain)" "$(echo "$text" | plain)"
done
cat <<END
.El
.Sh SEE ALSO
.Xr mewz-cc 1
END
