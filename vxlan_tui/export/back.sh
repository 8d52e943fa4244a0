was() { # NAME PICK COMMAND...: whether NAME is recorded as something else than is shown
    [[ -e $state/before/$1 ]] && seen+=("$1") && at '' "${@:3}" || return
    now=$(pick "$2") then=$(grep -oE -e "${2:-.+}" "$state/before/$1" | sort)
    mapfile -t settings < <({ comm -23 <(echo "$then") <(echo "$now") # what was other, and what was not
        grep -o '^[^:]*:' <<<"$now" | grep -vxF -f <(grep -o '^[^:]*:' <<<"$then"); } | sed 's/:/\n/')
    if [[ $then != "$now" ]]; then differ+=("$1") && return; fi # or it applies a profile that was put back:
    [[ -n $now ]] && known "$1" GENERAL.CONNECTION && [[ " ${differ[*]} " == *" profile.$value "* ]]
}
stood() { was "$@" && [[ -n $then ]]; }; fell() { was "$@" && [[ -z $then ]]; } # ... and it was there, or was not
kept() { [[ -s $state/before/$1 || ! -e $state/before/$1 ]]; } # NAME: whether it stays
tells() { known "$@" || [[ -z $now ]] || die 1 "the record $1 has no $2: put that back by hand, and come again"; }
known() { value=$(sed -nE "s/^ ?$2(:|=\")([^\"]*)\"?$/\2/p" "$state/before/$1" | head -n 1) && [[ -n $value ]]; }
