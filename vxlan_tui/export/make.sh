has() { (($# == 0)) || { grep -Fxq -e "$1:$2" <<<"$all" && has "${@:3}"; }; } # PROPERTY VALUE...: whether all are shown
ours() { # LINE LINE: stops where something is there, and it is not this one thing
    [[ -z $all ]] || shows "$1"$'\n'"$2" "^(${1%%:*}|${2%%:*}):.*" || die 1 "not ours: $record"
}
feed() { input=$(cat) run "$@"; } # COMMAND...: runs it with what this reads
