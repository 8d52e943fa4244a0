die() { printf '%s\n' "${section:+Stopped in $section: }$2" >&2; exit "$1"; }
at() { # RECORD COMMAND...: sets `all` to what COMMAND prints, to nothing where what it is about is not there
    record=$1 all=$("${@:2}" 2>/dev/null </dev/null) && return
    all=$("${@:2}" 2>&1 >/dev/null </dev/null) && at "$@" && return # what could not be read for a moment can be now
    [[ $? != 1[2-9]? && (-z $all || "$2: $all" =~ $absent) ]] || die 1 "${*:2}: $all"; all=""
}
pick() { grep -oE -e "${1:-.+}" <<<"$all" | sort; }
shows() { [[ $(pick "$2") == "$1" ]]; } # WHAT-IS-SO PICK: whether that is what PICK picks of `all`
free() { # ALLOWED PICK [COMMAND...]: stops where something else is picked than what is allowed
    local all=$all record=$record now && { (($# < 3)) || at "$record" "${@:3}"; }
    now=$(pick "$2" | grep -vxE -e "$1") && die 1 "in the way${record:+ of $record}: $now"
}
run() { # COMMAND...: says it, keeps what stood before, runs it, and ends where it fails. It reads `input`
    local word line="#" status=0; [[ -z $guarded || -n $check$checkpoint ]] || guard_now
    for word; do [[ $word =~ ^[A-Za-z0-9_@%+=:,./-]+$ ]] || word="'${word//\'/\'\"\'\"\'}'" && line+=" $word"; done
    printf '%s\n' "$line${input:+ <<'EOF'$'\n'$input$'\n'EOF}" || exit 1; todo=yes; [[ -z $check ]] || return 0
    [[ -z $record || -e $state/before/$record ]] || { printf '%s\n' "$plan" >"$state/plans/$record" && printf '%s' \
        "${all:+$all$'\n'}" >$state/.new && sync $state/.new "$state/plans/$record" $state/plans &&
        mv -T $state/.new "$state/before/$record" && sync $state/before; } || die 1 "not kept: $record"
    "$@" <<<"$input" || status=$?
    logger -S8192 -tvxlan-tui -- "${SUDO_USER:-${USER-}} ${SSH_CONNECTION-}: $plan: exit status $status: ${line:2}" || :
    ((status == 0)) || die 1 "exit status $status of: ${line:2}"
}
