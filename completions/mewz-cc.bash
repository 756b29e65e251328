# shellcheck shell=bash
# bash completion for mewz-cc(1). Verbs and options come from mewz-cc's own help, so that they are always the right ones.

# One verb a line
_mewz_cc_verbs() {
    "${COMP_WORDS[0]}" --help 2>/dev/null | sed -nE 's/^  ([a-z-]+) .*/\1/p'
}

# _mewz_cc_options VERB: one option a line
_mewz_cc_options() {
    "${COMP_WORDS[0]}" "$1" --help 2>/dev/null | sed -nE 's/^  (--?[A-Za-z-]+).*/\1/p'
}

_mewz_cc() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]} words
    COMPREPLY=()
    if [ "$COMP_CWORD" = 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_mewz_cc_verbs) --help --version" -- "$current")
        return
    fi
    case $previous in
    --for) words='gcp aws azure openstack digitalocean hetzner oracle proxmox' ;;
    --metadata) words='aws gcp azure openstack digitalocean hetzner oracle' ;;
    --trace) words=wasi ;;
    --template) words='assemblyscript c cpp echo-server go http-server rust rust-echo-server wat' ;;
    --format) words='raw qcow2 iso vmdk vhd vhdx elf oci' ;;
    --target) words='x86_64-mewz x86_64-linux' ;;
    --cpu) words='x86-64-v1 x86-64-v2 x86-64-v3 x86-64-v4 native' ;;
    --accel) words='tcg kvm' ;;
    --machine) words='microvm pc q35' ;;
    --firmware) words='bios uefi' ;;
    --net) words='user tap: none' ;;
    --env | --size | --tmp-max | --disk-label | --tag | --memory-max | -m | --gdb | --metrics | -p | --mac | --ip | --hostname | --listen | --function) return ;;
    *)
        case $current in
        -O*) words='-O0 -O1 -O2 -O3' ;;
        -*) words=$(_mewz_cc_options "$verb") ;;
        *)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
            ;;
        esac
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _mewz_cc mewz-cc
