each() { # LINE...: the lines, sorted; one with PEER in it for each of `peers`
    local line peer
    for line; do for peer in "${peers[@]}"; do printf '%s\n' "${line/PEER/"$peer"}"; done; done | sort -u
}
