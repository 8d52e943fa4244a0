# --- Back: connection profiles, from the records of how they stood -------------------------------------------------

record_name=() record_kind=() record_subject=() record_text=() record_settings=()
declare -A record_says=() named_by_plan=() is_port_of_plan=()

# read_record NAME TEXT
read_record() {
    local number=${#record_name[@]} line
    record_name+=("$1") record_kind+=("${1%%.*}") record_subject+=("${1#*.}") record_text+=("$2")
    record_settings+=("")
    [[ $1 != nic.* ]] || return 0
    while IFS= read -r line; do
        record_says["$number ${line%% *}"]=${line#* }
        [[ $line != 'set '* ]] || keep_setting "$number" "${line#set }"
    done <<<"${2%$'\n'}"
}

# keep_setting RECORD LINE
keep_setting() {
    record_settings[$1]+="${2%% *} "
    record_says["$1 set ${2%% *}"]=${2#* }
}

# says RECORD KEY: whether a yes-or-no line says yes.
says() {
    [[ ${record_says["$1 $2"]-} == yes ]]
}

# The plan names the thing, or the record was made for this very plan file, which was edited since. All that is taken
# back because it was not confirmed is ours.
is_ours() {
    local name=${record_name[$1]}
    [[ -n $taking_back || ${record_says["$1 plan"]-} == "$plan_path" || -n ${named_by_plan["the $name"]-} ]] ||
        [[ $name == port.* && -n ${is_port_of_plan["port ${name##*.}"]-} ]]
}

# ours KIND [TYPE]: sets `numbers` to our records of that kind, and of profiles of that type.
ours() {
    local i
    numbers=()
    for i in "${!record_name[@]}"; do
        if [[ ${record_kind[i]} == "$1" && (-z ${2-} || ${record_says["$i type"]-} == "${2-}") ]] && is_ours "$i"; then
            numbers+=("$i")
        fi
    done
}

restore_profile() {
    local name=${record_subject[at]} pairs
    spent=("${record_name[at]}")
    named "$name"
    if ((${#same[@]} == 0)); then
        ! says "$at" existed || note="there is no connection profile $name any more"
    elif ((${#same[@]} > 1)); then
        conflict="several connection profiles are named $name: which one is ours is not known"
    elif ! says "$at" existed; then
        takes nmcli connection delete id "$name"
        can_cut_profile
    else
        find_setting_changes "$at"
        ((${#pairs[@]} == 0)) || set_properties "$name" "${pairs[@]}"
        restore_activity "$name" "${profile_device[${same[0]}]}" "${#pairs[@]}"
        can_cut_profile
    fi
}

# Guards a step that changes what somebody's session comes in over.
can_cut_profile() {
    can_cut_over "$(interface_of "${same[0]}")"
    [[ -z $cuts ]] || stand_profile "$at" "${profile_type[${same[0]}]}"
}

# stand_profile RECORD TYPE: how the profile, the first of `same`, stands now, in what the record says of it.
stand_profile() {
    local keys key lines=("plan ${record_says["$1 plan"]-}" "type $2" "existed yes")
    lines+=("active $(yes_or_no "${profile_state[${same[0]}]}" activated)")
    read -r -a keys <<<"${record_settings[$1]}"
    for key in "${keys[@]}"; do
        lines+=("set $key ${setting["${profile_block[${same[0]}]} $key"]-}")
    done
    stand "profile.${record_subject[$1]}" "${lines[@]}"
}

restore_bridge() {
    local bridge="" uuid=""
    named "${record_subject[at]}"
    if ((${#same[@]})); then
        bridge=$(interface_of "${same[0]}")
        uuid=${profile_uuid[${same[0]}]}
    fi
    remade=""
    restore_profile
    [[ -z $remade ]] || raise_ports "$bridge" "$uuid"
}

# find_setting_changes RECORD: sets `pairs` to the properties that a profile has other than the record.
find_setting_changes() {
    local keys key now old
    pairs=()
    read -r -a keys <<<"${record_settings[$1]}"
    for key in "${keys[@]}"; do
        old=${record_says["$1 set $key"]}
        now=${setting["${profile_block[${same[0]}]} $key"]-}
        if [[ $now != "$old" ]]; then
            pairs+=("$key" "$old")
            change "${record_subject[$1]}: $key" "$now" "$old"
        fi
    done
}

# restore_activity NAME DEVICE EDITED: a device that exists by its profile is made anew.
restore_activity() {
    if ! says "$at" active; then
        [[ -z $2 ]] || takes nmcli connection down id "$1"
    elif [[ -z $2 ]] || (($3)); then
        [[ -z $2 ]] || takes nmcli connection down id "$1"
        takes nmcli connection up id "$1"
        remade=yes
    fi
}

# raise_ports BRIDGE UUID: a port that went down with its bridge may not come back by itself.
raise_ports() {
    local i controller
    for i in "${!record_name[@]}"; do
        [[ ${record_kind[i]} == profile && ${record_says["$i type"]-} == vxlan ]] || continue
        if ! is_ours "$i" || ! says "$i" existed || ! says "$i" active; then continue; fi
        controller=${record_says["$i set connection.controller"]-}
        [[ $controller == "$1" || $controller == "$2" ]] || continue
        named "${record_subject[i]}"
        ((${#same[@]} == 0)) || takes nmcli connection up id "${record_subject[i]}"
    done
}

# The profile that was active on an interface is brought up again before ours is deleted.
restore_underlay() {
    local name=${record_subject[at]} uuid=${record_says["$at active"]-} numbers i pairs
    local edited="" idle=() deletes=() known="" gone=yes
    active_on "$name"
    ours profile 802-3-ethernet
    for i in "${numbers[@]}"; do
        spent+=("${record_name[i]}")
        named "${record_subject[i]}"
        ((${#same[@]})) || continue
        if ! says "$i" existed; then
            deletes+=("${record_subject[i]}")
            continue
        fi
        [[ -n $uuid || ${profile_device[${same[0]}]} != "$name" ]] || idle+=("${record_subject[i]}")
        find_setting_changes "$i"
        if ((${#pairs[@]})); then
            set_properties "${record_subject[i]}" "${pairs[@]}"
            edited=yes
        fi
    done
    for i in "${!profile_uuid[@]}"; do
        [[ ${profile_uuid[i]} != "$uuid" ]] || known=yes
    done
    if [[ -n $known ]] && [[ -z $active || -n $edited || ${profile_uuid[active]} != "$uuid" ]]; then
        takes nmcli connection up uuid "$uuid"
        gone=""
    fi
    for i in "${idle[@]}"; do
        takes nmcli connection down id "$i"
    done
    for i in "${deletes[@]}"; do
        takes nmcli connection delete id "$i"
    done
    spent+=("${record_name[at]}")
    can_cut "$name" $gone
    [[ -z $cuts ]] || stand_underlay "$name" "${record_says["$at plan"]-}" "${numbers[@]}"
}

# stand_underlay INTERFACE PLAN RECORD…: how the interface and these profiles stand now.
stand_underlay() {
    local i uuid=""
    active_on "$1"
    [[ -z $active || ${profile_state[active]} != activated ]] || uuid=${profile_uuid[active]}
    stand "underlay.$1" "plan $2" "active $uuid"
    for i in "${@:3}"; do
        named "${record_subject[i]}"
        ((${#same[@]} == 0)) || stand_profile "$i" 802-3-ethernet
    done
}
