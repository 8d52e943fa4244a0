# --- What stood before, and one run at a time: shared with vxlan-tui -----------------------------------------------

# private_directory DIRECTORY: makes it if it is missing; fails where others could write to it.
private_directory() {
    local mode
    [[ -d $1 ]] || mkdir -m 700 "$1" || return
    mode=$(stat -c %A "$1")
    if [[ -L $1 || ! -O $1 || $mode == ?????w* || $mode == ????????w* ]]; then
        complain "$1 can be written by others, or is a link. To mend it: chown 0:0 $1 && chmod 700 $1"
        return 1
    fi
}

# Holds the host's lock for as long as this script, or a command that it has started, runs.
take_lock() {
    local lock=$state_directory/lock holder pid started doing since now give_up told=""
    clock
    give_up=$((now + 60))
    private_directory "$state_directory" || die 3 "The state directory $state_directory cannot be used."
    if ! (umask 077 && : >>"$lock") || ! exec 9<>"$lock"; then
        die 3 "The lock $lock cannot be opened."
    fi
    until flock --nonblock 9; do
        holder=$(<"$lock")
        pid=$(field pid <<<"$holder") started=$(field started <<<"$holder")
        doing=$(field doing <<<"$holder") since=$(field since <<<"$holder")
        holder="another run of vxlan-tui"
        [[ -z $pid ]] || holder="\`$doing\` (process $pid, since $since)"
        # A holder that lives is named at once; a command that a killed run left behind is waited for.
        clock
        if [[ -z $pid || $(of_process "$pid" 22) == "$started" ]] || ((now > give_up)); then
            die 3 "This host is being changed by $holder; try again when it has ended."
        fi
        [[ -n $told ]] || say "Waiting for a command of $holder, which was cut off."
        told=yes
        check_stop
        sleep 0.1
    done
    printf '{"pid": %s, "started": "%s", "doing": %s, "since": "%(%H:%M:%S)T"}' \
        "$$" "$(of_process "$$" 22)" "$doing_as_json" -1 >"$lock"
}

# field NAME: gives a value of the JSON object on standard input.
field() {
    sed -nE "s/.*\"$1\": (\"(([^\"\\\\]|\\\\.)*)\"|([0-9]+)).*/\\2\\4/p"
}

# A record that exists is never written again: the first state counts.
keep_of() {
    local from count i
    read -r from count <<<"${step_records[$1]}"
    for ((i = from; i < from + count; i++)); do
        keep "${all_record_names[i]}" "${all_record_texts[i]}" ||
            die 1 "What stands now could not be recorded in $records_directory. Nothing of this step was done."
    done
}

# keep NAME TEXT: written whole or not at all, and on the disk before the change.
keep() {
    local file=$records_directory/$1 new=$records_directory/.new
    [[ ! -e $file ]] || return 0
    private_directory "$records_directory" &&
        rm -f -- "$new" &&
        (umask 077 && printf '%s' "$2" >"$new") &&
        sync "$new" &&
        mv -fT -- "$new" "$file" &&
        sync "$records_directory"
}

forget_of() {
    local from count i
    read -r from count <<<"${step_spent[$1]}"
    for ((i = from; i < from + count; i++)); do
        rm -f -- "$records_directory/${all_spent[i]}" ||
            die 1 "The record ${all_spent[i]}, which is spent, could not be removed from $records_directory."
    done
}
