guard_now() { # what follows is taken back by NetworkManager itself after 60 s, whoever is still there
    printf '# %s\n' "${nm[*]} CheckpointCreate aouu 0 $seconds 6"
    checkpoint=$("${nm[@]}" CheckpointCreate aouu 0 "$seconds" 6 | cut -d'"' -f2) && [[ $checkpoint == /* ]] ||
        die 3 "NetworkManager gives no checkpoint. Nothing was changed."
    trap 'status=$?; trap - EXIT; "${nm[@]}" CheckpointRollback o "$checkpoint" >&2; echo "It was taken back." >&2
        exit $((status > 128 ? status : 4))' EXIT
}
confirm() { # INTERFACE FAMILY PEER…: keeps it where the gateway, or where there is none a peer, answers over INTERFACE
    local each gateway
    [[ -n $checkpoint ]] || return 0
    gateway=$(ip "$2" route show default dev "$1" | sed -n 's/.* via \([^ ]*\).*/\1/p;q')
    for each in ${gateway:-"${@:3}"}; do
        ping -q -c 1 -w $((seconds / 6 + 1)) -I "$1" "$each" || ip neigh show to "$each" dev "$1" | grep REACHABLE || continue
        "${nm[@]}" CheckpointDestroy o "$checkpoint" && trap - EXIT && guarded="" checkpoint="" && return
    done
    exit 4
}
