#!/bin/bash
# bench.sh: operations on files a second, in memory, beside the same wasm as a Linux process that is the only one in a
# Linux guest on the same QEMU, also on files in memory. Runs take turns; the medians of five count.
set -eu -o pipefail
cd "$(dirname "$0")/../../.."
build=build/bench
guest=$build/linux
rounds=${ROUNDS:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

[ -e "$guest/vmlinuz" ] || tests/bench/http/linux_guest.sh "$guest"
mkdir -p "$work/root/dev" "$work/root/bench-root"
cp "$build/rates" "$work/root/init"
mknod "$work/root/dev/console" c 5 1 # the kernel opens it for its first process
(cd "$work/root" && find . | busybox cpio -o -H newc 2>/dev/null) >"$work/initrd"

# The kernel hands MEWZ_DIRS on to its first process; with that it ends, and so does the machine.
run_linux() {
    timeout 120 qemu-system-x86_64 -accel tcg -cpu max -m 512 -nodefaults -no-user-config -display none -no-reboot \
        -kernel "$guest/vmlinuz" -initrd "$work/initrd" -serial stdio \
        -append 'console=ttyS0 quiet panic=-1 MEWZ_DIRS=/:/' </dev/null
}

run_mewz() {
    MEWZ_ACCEL=tcg timeout 120 bin/mewz-cc run "$build/rates.elf" -m 512
}

for _ in $(seq "$rounds"); do
    for system in mewz linux; do
        "run_$system" | tr -d '\r' | grep '^rate' | sed "s/^rate/$system/" >>"$work/rates"
    done
done

# A bar for what touches names and small parts: twice as many.
awk -F '\t' '
    function median(list,    n, a) { n = split(list, a, " "); asort_numbers(a, n); return a[int((n + 1) / 2)] }
    function asort_numbers(a, n,    i, j, t) {
        for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j - 1] + 0 > a[j] + 0; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
    }
    { if (!($2 in seen)) { order[++count] = $2; seen[$2] = 1 } values[$1, $2] = values[$1, $2] " " $3 }
    END {
        printf "%-20s %12s %12s %8s\n", "in memory, a second", "unikernel", "Linux guest", "ratio"
        for (i = 1; i <= count; i++) {
            name = order[i]; mewz = median(values["mewz", name]); other = median(values["linux", name])
            if (!mewz || !other) { print name ": no figure"; failed = 1; continue }
            printf "%-20s %12d %12d %8.2f%s\n", name, mewz, other, mewz / other, name ~ /64 KiB/ ? "" : "   bar 2.00"
        }
        exit failed || !count
    }' "$work/rates"
