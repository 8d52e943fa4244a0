was() { # NAME PICK COMMAND…: whether NAME is recorded, and as something else than COMMAND shows; sets `then`
    [[ -e $state/before/$1 ]] && look "${@:2}" || return
    then=$(grep -oE -e "${2:-.+}" "$state/before/$1" | sort)
    [[ $then != "$now" ]] && settings "$1"
}
stood() { was "$@" && [[ -n $then ]]; }
fell() { was "$@" && [[ -z $then ]]; }
settings() { # NAME: sets `settings` to the lines of a record, `key:value` as two words
    local line
    settings=()
    while IFS= read -r line; do
        [[ $line != *:* || $line == connection.type:* ]] || settings+=("${line%%:*}" "${line#*:}")
    done <"$state/before/$1"
}
known() { # NAME KEY: sets `value` to that of KEY in a record
    value=$(sed -nE "s/^ ?$2(:|=\")([^\"]*)\"?$/\2/p" "$state/before/$1" | head -n 1) && [[ -n $value ]]
}
forget() { # NAME…: what is as before needs no record any more
    local each
    for each; do [[ -n $check ]] || rm -f -- "$state/before/$each" "$state/plans/$each"; done
}
