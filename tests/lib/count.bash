# count.bash: what a machine under QEMU does, counted while it runs. Loaded by bats files and benches.
#
#   counting FOLDER   prints the options for QEMU, which counts in that folder from then on
#   counts FOLDER     prints how many there have been: "INSTRUCTIONS KICKS INTERRUPTS". A kick is the guest telling the
#                     device of buffers, an interrupt the device or the timer telling the guest: on a processor that
#                     runs guests itself each is an exit, which this emulation cannot show as time
#   each REQUESTS BEFORE AFTER   prints the differences of two counts divided by REQUESTS
COUNT_PLUGIN=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/build/bench/count_plugin.so

counting() {
    printf '%s\n' virtio_queue_notify apic_deliver_irq apic_local_deliver >"$1/events"
    echo "-plugin $COUNT_PLUGIN,out=$1/instructions -trace events=$1/events,file=$1/trace"
}

# Of the local interrupts 0 is the timer.
counts() {
    od -An -tu8 -N8 "$1/instructions" | tr -d ' \n'
    awk '$1 == "virtio_queue_notify" { kicks++ }
         $1 == "apic_deliver_irq" || ($1 == "apic_local_deliver" && $3 == 0) { interrupts++ }
         END { print "", kicks + 0, interrupts + 0 }' "$1/trace"
}

each() {
    awk -v n="$1" -v before="$2" -v after="$3" 'BEGIN {
        split(before, b); split(after, a); printf "%.0f %.3f %.3f\n", (a[1] - b[1]) / n, (a[2] - b[2]) / n, (a[3] - b[3]) / n }'
}
