# What a host that is reached over SSH gets as the first lines for its bash: the functions that requests call.
# A request is one line. Nothing of this is written to the host's disk, and none of it stands in a command line.

export LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin
unset LANGUAGE LIBVIRT_DEFAULT_URI VIRSH_DEFAULT_CONNECT_URI
cd /

# answer ARGV…: its standard output, its exit status and its standard error, each with a mark behind it.
answer() {
    local words status
    { words=$("$@" 2>&1 >&3 3>&- </dev/null); status=$?; } 3>&1
    printf '\0%s:%d\0%s:%s\0%s:' "$mark" "$status" "$mark" "$words" "$mark"
}

# together REQUEST…: runs requests side by side, and gives what they print in their order.
together() {
    local each pipe pipes=()
    for each; do
        exec {pipe}< <(eval "$each")
        pipes+=("$pipe")
    done
    cat "${pipes[@]/#//dev/fd/}"
    for pipe in "${pipes[@]}"; do exec {pipe}<&-; done
}

# change SECONDS INPUT ARGV…: lets a command that has begun end by itself, also where nobody reads its output any more.
change() {
    local limit=$1 input=$2
    shift 2
    timeout -k 2 "$limit" "$@" < <(printf %s "$input") 2>&1 | relay
    return "${PIPESTATUS[0]}"
}

relay() {
    local line
    trap '' PIPE
    while IFS= read -r line || [[ -n $line ]]; do printf '%s\n' "$line"; done 2>/dev/null
}

# until_cut_off ARGV…: ends the command as soon as our standard input ends, be it that the connection broke.
until_cut_off() {
    local child watch status
    exec 3<&0
    "$@" </dev/null 2>&1 3<&- &
    child=$!
    # Its whole group, where it leads one: timeout(1) leaves its command alone if it is ended just as it starts that.
    { while IFS= read -r _; do :; done; kill -TERM -- "-$child" "$child"; } <&3 >/dev/null 2>&1 &
    watch=$!
    wait "$child"
    status=$?
    kill "$watch" 2>/dev/null
    return "$status"
}

refuse() {
    printf '%s\n' "$1" >&2
    return 1
}

# Whether nobody but root can write to a directory.
roots_alone() {
    local found
    found=$(stat -c '%u %a' -- "$1") || return
    [[ -d $1 && ! -L $1 ]] || refuse "$1 is not a directory" || return
    if [[ ${found% *} != 0 ]] || ((8#${found#* } & 8#22)); then
        refuse "$1 can be written by others: \`chown 0:0 $1 && chmod 700 $1\` mends it"
    fi
}

plain_file() {
    [[ ! -L $1 && (! -e $1 || -f $1) ]] || refuse "$1 is not a plain file"
}

private_directory() {
    [[ -e $1 || -L $1 ]] || mkdir -m 700 -- "$1" || return
    roots_alone "$1"
}

# read_file PATH: exit status 44 where there is none.
read_file() {
    [[ -e $1 ]] || return 44
    cat -- "$1"
}

names() {
    [[ -d $1 ]] || return 0
    ls -A1 -- "$1"
}

# write_file PATH MODE TEXT: the old content or all of the new one, whatever happens.
write_file() (
    directory=${1%/*}
    umask 077
    roots_alone "${directory:-/}" && new=$(mktemp "$directory/.XXXXXXXXXXXXXXXX") || exit
    trap 'rm -f -- "$new"' EXIT
    printf %s "$3" >"$new" && chmod "$2" "$new" && sync "$new" && mv -fT -- "$new" "$1" && sync "${directory:-/}"
)

# append PATH TEXT
append() (
    umask 077
    plain_file "$1" && printf %s "$2" >>"$1" && sync -d "$1"
)

# The lock of this host, held by this bash, and by the commands that it starts: `lock` is its file descriptor.
lock_open() {
    local before
    plain_file "$1" || return
    before=$(umask)
    umask 077
    exec {lock}<>"$1" || return
    umask "$before"
    lock_path=$1
}

lock_take() {
    flock -n -x "$lock"
}

lock_sign() {
    printf %s "$1" >"$lock_path"
}

# serve NONCE [SECONDS]: says its process, then runs the requests that come, each followed by a line that says how it
# ended. An empty line is nothing but a sign of life; where SECONDS are given and none comes for so long, whoever sent
# them is taken for gone.
serve() {
    local line mark=$1
    printf '\0%s %d\n' "$mark" "$$"
    while IFS= read -r ${2:+-t "$2"} line; do
        [[ -n $line ]] || continue
        eval "$line"
        printf '\0%s %d\n' "$mark" "$?"
    done
}
