keep() { # NAME COMMAND…: keeps what COMMAND prints as what stood before, unless that is kept already
    local all now
    [[ -z $check && ! -e $state/before/$1 ]] || return 0
    look '' "${@:2}" && printf '%s\n' "$plan" >"$state/plans/$1" && printf '%s' "${all:+$all$'\n'}" >"$state/before/.new" &&
        mv -T -- "$state/before/.new" "$state/before/$1" || die 1 "Stopped in $section: no record could be written"
}
