has() { (($# == 0)) || { grep -Fxq -e "$1:$2" <<<"$all" && has "${@:3}"; }; } # PROPERTY VALUE...: whether all are shown
ours() { [[ -z $all ]] || shows "$1"$'\n'"$2" "^(${1%%:*}|${2%%:*}):.*" || die 1 "not ours: $record"; } # WHAT IT SHOWS
feed() { input=$(cat) run "$@"; } # COMMAND...: runs it with what this reads
