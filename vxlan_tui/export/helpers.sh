die() { printf '%s\n' "$2" >&2 && exit "$1"; }
look() { # PICK COMMAND…: sets `all` to what COMMAND prints, nothing where it is not there, and `now` to what PICK picks
    local words
    if ! all=$("${@:2}" 2>/dev/null </dev/null); then
        all="" words=$("${@:2}" 2>&1 >/dev/null </dev/null)
        [[ -z $words || $words =~ $absent ]] || die 1 "Stopped in $section: ${*:2}: $words"
    fi
    now=$(grep -oE -e "${1:-.+}" <<<"$all" | sort)
}
shows() { look "${@:2}" && [[ $now == "$1" ]]; } # WHAT-IS-SO PICK COMMAND…
ours() { look "${@:3}" && [[ -z $now || $now == "$2" ]] || die 1 "Stopped in $section: $1: $now"; } # WORDS TEXT PICK COMMAND…
free() { look "${@:3}" && now=$(grep -vxE -e "$2" <<<"$now"); [[ -z $now ]] || die 1 "Stopped in $section: $1: $now"; }
run() { # COMMAND…: says it and runs it, with `input` for it to read; where it fails, that is the end
    local word line="#" status=0
    [[ -z $guarded || -n $check$checkpoint ]] || guard_now
    for word; do [[ $word =~ ^[A-Za-z0-9_@%+=:,./-]+$ ]] && line+=" $word" || line+=" '${word//\'/\'\"\'\"\'}'"; done
    printf '%s\n' "$line${input:+ <<'EOF'$'\n'$input$'\n'EOF}" && todo=yes
    [[ -z $check ]] || return 0
    "$@" <<<"${input-}" || status=$?
    logger -t vxlan-tui -- "${SUDO_USER:-${USER-}} ${SSH_CONNECTION-}: $plan: exit status $status: ${line:2}" || :
    ((status == 0)) || die 1 "Stopped in $section: exit status $status of: ${line:2}"
}
feed() { input=$(cat) run "$@"; } # COMMAND…: runs it with what this reads
