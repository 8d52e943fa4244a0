# --- firewalld's zones --------------------------------------------------------------------------------------------

declare -A open_ports=()  # of a zone: what is open in it, now and permanently

# look_at_ports ZONE: its ports, now and permanently; a zone can be missing there, or exist at runtime alone.
look_at_ports() {
    local scope name ports
    open_ports["missing $1"]=""
    for scope in runtime permanent; do
        name=--permanent
        [[ $scope == permanent ]] || name=""
        ports=$(reading firewall-cmd ${name:+"$name"} "--zone=$1" --list-ports 2>/dev/null)
        case $? in
            0) ;;
            112) [[ $scope == permanent ]] || open_ports["missing $1"]=yes ;;
            *) return 1 ;;
        esac
        open_ports["$scope $1"]=$ports
    done
}

# is_open SCOPE ZONE PORT: whether that UDP port is open, by itself or in a range.
is_open() {
    local each ports
    read -r -a ports <<<"${open_ports["$1 $2"]-}"
    for each in "${ports[@]}"; do
        if [[ $each =~ ^([0-9]+)(-([0-9]+))?/udp$ ]] &&
            ((BASH_REMATCH[1] <= $3 && $3 <= ${BASH_REMATCH[3]:-BASH_REMATCH[1]})); then
            return 0
        fi
    done
    return 1
}
