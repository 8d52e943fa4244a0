members() { # LINES PICK ADD REMOVE COMMAND...: makes LINES of what PICK picks of `all`, a word of COMMAND for each
    local new old before=/dev/null && [[ -z $record ]] || before=$state/before/$record
    mapfile -t new < <(comm -23 <(grep . <<<"$1" | sort) <(pick "$2"))
    # What stood before the first change stays: with no record, all of it. So does what another plan may have added.
    mapfile -t old < <(comm -13 <(grep . <<<"$1" | sort) <(pick "$2") | grep -vxF -f <(grep -soE -e "$2" "$before"))
    if [[ ! -e $before ]] || ! lone "${record##*.}"; then old=(); fi
    ((${#new[@]} == 0)) || run "${@:5}" "${new[@]/#/"$3"}"
    ((${#old[@]} == 0)) || run "${@:5}" "${old[@]/#/"$4"}"
}
