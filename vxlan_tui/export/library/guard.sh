# --- A change that can cut you off: it takes itself back unless somebody answers over it ---------------------------

guarding=""     # whether such a change is under way
taking_back=""  # whether it is being taken back
checkpoint=""   # NetworkManager's: once the time is up, it goes back to that by itself, whoever still lives
guarded=()      # the steps; then how the things stand that they change, and the records that they add
guarded_names=() guarded_texts=() guarded_records=()
declare -A guarded_addresses=()

keep_seconds=60
if [[ ${VXLAN_TUI_KEEP_SECONDS-} =~ ^[0-9]{1,9}$ ]]; then
    keep_seconds=$((10#$VXLAN_TUI_KEEP_SECONDS))
    ((keep_seconds >= 5)) || keep_seconds=5
    ((keep_seconds <= 600)) || keep_seconds=600
fi

# guard STEP: before each step. Those in a row that can cut you off are guarded together.
guard() {
    if [[ -z ${step_cuts[$1]} ]]; then
        [[ -z $guarding ]] || keep_or_take_back
    elif [[ -z $guarding ]]; then
        begin_guarding "$1"
    fi
}

begin_guarding() {
    local each now
    guarded=() guarded_names=() guarded_texts=() guarded_records=() guarded_addresses=()
    for ((each = $1; each < ${#step_kind[@]}; each++)); do
        [[ -n ${step_cuts[each]} ]] || break
        guarded+=("$each")
        note_what_stands "$each"
    done
    check_stop
    say $'\n'"${step_section[$1]}  Have NetworkManager go back after $keep_seconds s, unless the next steps prove good"
    say "      They can cut you off: ${step_cuts[$1]}."
    clock
    guarded_since=$now
    asks_networkmanager CheckpointCreate aouu 0 "$keep_seconds" 6
    checkpoint=""
    [[ ! $said =~ ^o\ \"(/[A-Za-z0-9_/]+)\"$ ]] || checkpoint=${BASH_REMATCH[1]}
    [[ -n $checkpoint ]] || go_on_without "$said"
    guarding=yes
    trap take_back EXIT
}

# note_what_stands STEP: what it changes, as it stands before the first step that changes it.
note_what_stands() {
    local from count i used
    read -r from count <<<"${step_stands[$1]}"
    for ((i = from; i < from + count; i++)); do
        guarded_names+=("${all_stand_names[i]}")
        guarded_texts+=("${all_stand_texts[i]}")
        [[ ${all_stand_names[i]} == underlay.* ]] || continue
        find_addresses "${all_stand_names[i]#underlay.}"
        guarded_addresses["of ${all_stand_names[i]#underlay.}"]=$used
    done
    read -r from count <<<"${step_records[$1]}"
    for ((i = from; i < from + count; i++)); do
        [[ -e $records_directory/${all_record_names[i]} ]] || guarded_records+=("${all_record_names[i]}")
    done
}

# asks_networkmanager WORD…: calls a method of NetworkManager's D-Bus API.
asks_networkmanager() {
    tell busctl call org.freedesktop.NetworkManager /org/freedesktop/NetworkManager org.freedesktop.NetworkManager "$@"
}

# tell WORD…: says and runs a command of the guard's own, also for somebody who has asked to stop.
tell() {
    local text status
    text_of "" "$@"
    say "# $text"
    run "" 120 "${waits:-}" "$@"
    return "$status"
}

# go_on_without WHY: NetworkManager is too old, or may not.
go_on_without() {
    local why="NetworkManager gives no checkpoint ($1)"
    stop_on_checkpoint
    if [[ ${VXLAN_TUI_WITHOUT_CHECKPOINT-} == yes ]]; then
        say "      $why: only this script can take the change back."
        return
    fi
    complain "$why, and the next steps can cut you off. Nothing of it was changed."
    die 3 "To go on with this script alone to take it back: run it with VXLAN_TUI_WITHOUT_CHECKPOINT=yes"
}

# Behind the last of the guarded steps. To end here in any way is to take them back.
keep_or_take_back() {
    local each now
    clock
    if [[ -n $checkpoint ]] && ((now - guarded_since > keep_seconds / 2)) &&
        asks_networkmanager CheckpointAdjustRollbackTimeout ou "$checkpoint" "$keep_seconds"; then
        guarded_since=$now
    fi
    say $'\n'"${step_section[${guarded[0]}]}  Keep it, or take it back"
    check_stop
    is_proved || exit 4
    check_stop
    # A NetworkManager that was started anew meanwhile has forgotten it, and kept the change.
    if [[ -n $checkpoint ]] && ! asks_networkmanager CheckpointDestroy o "$checkpoint" && ! is_still_there; then
        exit 4
    fi
    trap - EXIT
    guarding=""
    say "      It is kept."
    for each in "${guarded[@]}"; do
        forget_of "$each"
    done
}

# Whether somebody answers over the new configuration: a gateway, or, where there is none, another host. What is gone
# back to may have nobody to ask: only a session is a reason for doubt then.
is_proved() {
    local gateways asked who="The gateway" each now patience proved=""
    find_gateways
    asked=("${gateways[@]}")
    if ((${#gateways[@]} == 0)); then
        asked=("${peers[@]}") who="The host"
    fi
    clock
    patience=$(((guarded_since + keep_seconds - now) / 3))
    ((patience >= 1)) || patience=1
    ((patience <= 10)) || patience=10
    for each in "${asked[@]}"; do
        check_stop
        if waits=yes tell ping -q -c 1 -w "$patience" -I "$interface" "$each" || is_neighbour "$each"; then
            say "      $who $each answers."
            proved=yes
        fi
    done
    [[ -z $proved ]] || return 0
    say "      Nobody who was asked answers over the new configuration."
    [[ -n $goes_back ]] && ((${#gateways[@]} == 0)) || return
    for each in "${guarded[@]}"; do
        [[ ${step_cuts[each]} != *"your SSH session"* ]] || return
    done
}

# Sets `gateways` to those in force on the underlay interface.
find_gateways() {
    local version=4 answer
    gateways=()
    [[ $vtep != *:* ]] || version=6
    answer=$(reading ip -j "-$version" route show default dev "$interface" 2>/dev/null)
    while [[ $answer =~ \"gateway\":\"([^\"]+)\"(.*) ]]; do
        gateways+=("${BASH_REMATCH[1]}")
        answer=${BASH_REMATCH[2]}
    done
}

# Whether an address has just been resolved on the link: one that answers ARP alone is there as well.
is_neighbour() {
    local answer
    answer=$(reading ip -s -j neigh show to "$1" dev "$interface" 2>/dev/null)
    [[ $answer == *'"REACHABLE"'* && $answer =~ \"confirmed\":([0-9]+) ]] && ((BASH_REMATCH[1] <= 10))
}

is_still_there() {
    local each
    for each in "${guarded[@]}"; do
        look_again "$each" || return
        judge_afresh "$each"
        ((${#counts[@]} == 0)) || return
    done
}

# The end of this script in the midst of a guarded change.
take_back() {
    local status=$? left="" i used told=""
    trap - EXIT
    guarding="" taking_back=yes
    say $'\n'"${step_section[${guarded[0]}]}  Take it back"
    [[ -z $checkpoint ]] || asks_networkmanager CheckpointRollback o "$checkpoint"
    record_name=() record_kind=() record_subject=() record_text=() record_settings=() record_says=()
    for i in "${!guarded_names[@]}"; do
        read_record "${guarded_names[i]}" "${guarded_texts[i]}"
    done
    wait_until_back
    [[ -z $left ]] || die 1 "Not all of it could be taken back. This is still needed:$left"
    for i in "${guarded_records[@]}"; do
        rm -f -- "$records_directory/$i"
    done
    for i in "${!guarded_addresses[@]}"; do
        find_addresses "${i#of }"
        told+="${told:+ and }${i#of } has ${used:-no address}"
    done
    complain "It was taken back.${told:+ As before, $told.}"
    ((status == 130)) || status=4
    exit "$status"
}

# Runs what NetworkManager, which knows only the profiles that were active, has left to do; sets `left` to what cannot
# be done.
wait_until_back() {
    local now give_up patience i from text
    local -A tried=()
    clock
    give_up=$((now + 20)) patience=$now
    [[ -z $checkpoint ]] || patience=$((now + 3))
    while ((now <= give_up)); do
        left=$'\nNetworkManager has to answer.'
        if look_at_net; then
            judge_back
            left="" from=0
            for i in "${!counts[@]}"; do
                text_of "" "${words[@]:from:counts[i]}"
                left+=$'\n'"$text"
                if ((now >= patience)) && [[ -z ${tried["at $text"]-} ]]; then
                    tried["at $text"]=yes
                    tell "${words[@]:from:counts[i]}"
                fi
                from=$((from + counts[i]))
            done
            [[ -n $left ]] || ! has_its_addresses || return 0
        fi
        sleep 0.2
        clock
    done
}

# Judges what the records of how things stood take, last thing first.
judge_back() {
    local at type
    begin_afresh
    for type in vxlan bridge ""; do
        for at in "${!record_name[@]}"; do
            case $type:${record_kind[at]}:${record_says["$at type"]-} in
                vxlan:profile:vxlan) restore_profile ;;
                bridge:profile:bridge) restore_bridge ;;
                :underlay:) restore_underlay ;;
            esac
        done
    done
}

has_its_addresses() {
    local i each had used
    for i in "${!guarded_addresses[@]}"; do
        find_addresses "${i#of }"
        read -r -a had <<<"${guarded_addresses["$i"]}"
        for each in "${had[@]}"; do
            [[ " $used " == *" $each "* ]] || return
        done
    done
}
