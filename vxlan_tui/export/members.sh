members() { # LINES PICK ADD REMOVE COMMAND...: makes LINES of what PICK picks of `all`, a word of COMMAND for each
    local new old
    mapfile -t new < <(comm -23 <(grep . <<<"$1" | sort) <(pick "$2"))
    mapfile -t old < <(comm -13 <(grep . <<<"$1" | sort) <(pick "$2"))
    ((${#new[@]} == 0)) || run "${@:5}" "${new[@]/#/"$3"}"
    ((${#old[@]} == 0)) || run "${@:5}" "${old[@]/#/"$4"}"
}
