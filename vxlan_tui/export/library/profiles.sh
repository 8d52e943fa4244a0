# --- What is recorded, and a connection profile that is wanted -----------------------------------------------------

# will_record NAME LINE…: says what is to be recorded before the step's first command.
will_record() {
    local text
    printf -v text '%s\n' "plan $plan_path" "${@:2}"
    record_names+=("$1")
    record_texts+=("$text")
}

# The things that the step changes stand as is recorded: a rollback goes back to that.
stands_as_recorded() {
    [[ -n $cuts ]] || return 0
    stand_names=("${record_names[@]}")
    stand_texts=("${record_texts[@]}")
}

# What `nmcli connection add` takes, and the properties that the profile must then have.
wanted_name="" wanted_type="" wanted_interface="" wanted_add=() wanted_keys=() wanted_values=()

# want NAME TYPE INTERFACE KEY VALUE…
want() {
    wanted_name=$1 wanted_type=$2 wanted_interface=$3
    wanted_keys=(connection.interface-name connection.autoconnect) wanted_values=("$3" yes)
    shift 3
    while (($#)); do
        wanted_keys+=("$1") wanted_values+=("$2")
        shift 2
    done
}

# differs: sets `differing` to keys and values that an existing profile does not have, and says which in `changes`.
differs() {
    local i value
    differing=()
    named "$wanted_name"
    ((${#same[@]})) || return 1
    for i in "${!wanted_keys[@]}"; do
        value_of "${same[0]}" "${wanted_keys[i]}"
        if [[ $value != "${wanted_values[i]}" ]]; then
            differing+=("${wanted_keys[i]}" "${wanted_values[i]}")
        fi
    done
    ((${#differing[@]}))
}

# value_of PROFILE KEY: sets `value`; a controller's by its name where it stands by its UUID.
value_of() {
    local i
    value=${setting["${profile_block[$1]} $2"]-}
    if [[ $2 == connection.controller ]]; then
        for i in "${!profile_uuid[@]}"; do
            if [[ ${profile_uuid[i]} == "$value" ]]; then
                value=$(interface_of "$i")
                value=${value:-${profile_name[i]}}
                return
            fi
        done
    else
        value=${value//, /,}
    fi
}

# The profile is added, or what differs in it is set. Fails where it is added.
ensure() {
    local i value
    named "$wanted_name"
    if ((${#same[@]} == 0)); then
        add
        return 1
    fi
    differs || return 0
    for ((i = 0; i < ${#differing[@]}; i += 2)); do
        value_of "${same[0]}" "${differing[i]}"
        change "$wanted_name: ${differing[i]}" "$value" "${differing[i + 1]}"
    done
    set_properties "$wanted_name" "${differing[@]}"
}

# The words come in pairs: a property and its value.
add() {
    local argv=(nmcli connection add) i word
    for i in "${!wanted_add[@]}"; do
        word=${wanted_add[i]}
        if [[ -z $nm_knows_controllers ]] && ((i % 2 == 0)); then
            case $word in
                controller) word=master ;;
                port-type) word=slave-type ;;
            esac
        fi
        argv+=("$word")
    done
    takes "${argv[@]}"
}

will_record_profile() {
    local lines=("type $wanted_type") key
    named "$wanted_name"
    if ((${#same[@]} == 0)); then
        will_record "profile.$wanted_name" "${lines[@]}" "existed no"
        return
    fi
    lines+=("existed yes" "active $(yes_or_no "${profile_state[${same[0]}]}" activated)")
    for key in "${wanted_keys[@]}"; do
        lines+=("set $key ${setting["${profile_block[${same[0]}]} $key"]-}")
    done
    will_record "profile.$wanted_name" "${lines[@]}"
}

# Sets `conflict` where a profile of that name cannot be ours.
check_name() {
    local i uuids="" interface type
    named "$wanted_name"
    ((${#same[@]})) || return 0
    if ((${#same[@]} > 1)); then
        for i in "${same[@]}"; do
            uuids+="${uuids:+, }${profile_uuid[i]}"
        done
        conflict="${#same[@]} connection profiles are named $wanted_name ($uuids): delete or rename all but one"
        return
    fi
    interface=$(interface_of "${same[0]}")
    type=${profile_type[${same[0]}]}
    if [[ $type != "$wanted_type" ]]; then
        conflict="a connection profile named $wanted_name exists and is of type $type, not $wanted_type"
    elif [[ -n $interface && $interface != "$wanted_interface" ]]; then
        conflict="the connection profile $wanted_name is for the device $interface, not $wanted_interface"
    fi
}

# Sets `conflict` where a virtual device of that name is somebody else's.
check_device() {
    local i
    for i in "${!profile_uuid[@]}"; do
        if [[ -n ${profile_saved[i]} && ${profile_name[i]} != "$wanted_name" &&
            ${setting["${profile_block[i]} connection.interface-name"]-} == "$wanted_interface" ]]; then
            conflict="the device $wanted_interface belongs to the connection profile ${profile_name[i]}"
            return
        fi
    done
    is_link "$wanted_interface" || return 0
    active_on "$wanted_interface"
    if [[ -z $active || -z ${profile_saved[$active]} ]]; then
        conflict="the device $wanted_interface exists, and no connection profile of NetworkManager's made it"
    fi
}
