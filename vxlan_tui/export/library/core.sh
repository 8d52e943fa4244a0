# --- Saying, and stopping -----------------------------------------------------------------------------------------

stopped=""  # the signal that asked to stop
cut_off=""  # the process that may be cut off at any moment: it only waits

say() {
    printf '%s\n' "$1" 2>/dev/null || ask_to_stop PIPE
}

complain() {
    printf '%s\n' "$1" >&2
}

# die STATUS WORDS
die() {
    complain "$2"
    exit "$1"
}

ask_to_stop() {
    stopped=${stopped:-SIG$1}
    [[ -z $cut_off ]] || kill -TERM "$cut_off" 2>/dev/null
}

# Between commands: ends here if somebody asked to.
check_stop() {
    [[ -z $stopped ]] || die 130 "Stopped by $stopped, between commands. Run the same again to go on."
}

trap 'ask_to_stop HUP' HUP
trap 'ask_to_stop INT' INT
trap 'ask_to_stop PIPE' PIPE
trap 'ask_to_stop TERM' TERM

# Sets `now` to the seconds since the machine was started: a clock that is set does not change them.
clock() {
    read -r now _ </proc/uptime
    now=${now%.*}
}

# of_process PID NUMBER: gives a field of proc(5), stat: 4 is the parent, 22 when it started, in the kernel's ticks.
of_process() {
    local line fields
    { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 0
    read -r -a fields <<<"${line##*)}"
    printf '%s' "${fields[$2 - 3]}"
}

# Runs a command that only reads. Fails as it does; its words go to standard error.
reading() {
    timeout --kill-after=2 30 "$@" </dev/null
}

# Sets `quoted` to $1 as a shell reads it back as one word.
quote() {
    local single=\' around=\'\"\'\"\' text
    case $1 in
        '') quoted=\'\' ;;
        *[!A-Za-z0-9_@%+=:,./-]*)
            text=${1//$single/$around}
            quoted=\'$text\'
            ;;
        *) quoted=$1 ;;
    esac
}

# text_of INPUT WORD…: sets `text` to a command as one can paste it into a root shell.
text_of() {
    local input=$1 word
    shift
    text=""
    for word in "$@"; do
        quote "$word"
        text+="${text:+ }$quoted"
    done
    [[ -z $input ]] || text+=$' <<\'EOF\'\n'"${input}EOF"
}

# --- Steps --------------------------------------------------------------------------------------------------------

# Each step has a kind, a number into what the plan says of that kind, and words.
step_kind=() step_at=() step_section=() step_title=()

# What `judge` finds for one step: what stands in its way, the commands that it takes, what differs from the plan, what
# is to be recorded before its first command, and which records are spent after its last. Where it can cut off whoever
# runs this: why, and how the things that it changes stand now.
conflict="" note="" cuts=""
words=() counts=() inputs=() limits=() waiting=()
changes=()
record_names=() record_texts=() stand_names=() stand_texts=()
spent=()

# The same for all steps, as found before anything was changed: from and to which place of the lists below.
step_conflict=() step_note=() step_cuts=()
step_commands=() step_changes=() step_records=() step_stands=() step_spent=()
all_words=() all_from=() all_counts=() all_inputs=() all_limits=() all_waiting=()
all_changes=() all_record_names=() all_record_texts=() all_stand_names=() all_stand_texts=() all_spent=()

# step KIND NUMBER SECTION TITLE
step() {
    step_kind+=("$1") step_at+=("$2") step_section+=("$3") step_title+=("$4")
}

# Says that the step takes this command. In the environment: input, limit (seconds), waits (it only waits).
takes() {
    counts+=($#)
    words+=("$@")
    inputs+=("${input:-}")
    limits+=("${limit:-120}")
    waiting+=("${waits:-}")
}

# change WHAT OLD NEW
change() {
    changes+=("$1: ${2:-nothing} -> ${3:-nothing}")
}

begin_afresh() {
    conflict="" note="" cuts=""
    words=() counts=() inputs=() limits=() waiting=() changes=() spent=()
    record_names=() record_texts=() stand_names=() stand_texts=()
}

judge_afresh() {
    begin_afresh
    judge "$1"
}

# Judges all steps from one look at the host, and keeps what it finds.
judge_all() {
    local each i from
    for each in "${!step_kind[@]}"; do
        judge_afresh "$each"
        step_conflict+=("$conflict") step_note+=("$note") step_cuts+=("$cuts")
        from=${#all_words[@]}
        step_commands+=("${#all_from[@]} ${#counts[@]}")
        for i in "${!counts[@]}"; do
            all_from+=("$from") all_counts+=("${counts[i]}")
            all_inputs+=("${inputs[i]}") all_limits+=("${limits[i]}") all_waiting+=("${waiting[i]}")
            from=$((from + counts[i]))
        done
        step_changes+=("${#all_changes[@]} ${#changes[@]}")
        step_records+=("${#all_record_names[@]} ${#record_names[@]}")
        step_stands+=("${#all_stand_names[@]} ${#stand_names[@]}")
        step_spent+=("${#all_spent[@]} ${#spent[@]}")
        all_words+=("${words[@]}") all_changes+=("${changes[@]}") all_spent+=("${spent[@]}")
        all_record_names+=("${record_names[@]}") all_record_texts+=("${record_texts[@]}")
        all_stand_names+=("${stand_names[@]}") all_stand_texts+=("${stand_texts[@]}")
    done
}

# Nothing is changed where something of somebody else's stands in the way of any step.
stop_on_conflicts() {
    local each found=""
    for each in "${!step_kind[@]}"; do
        if [[ -n ${step_conflict[each]} ]]; then
            found=yes
            complain "${step_section[each]}  ${step_title[each]}: in conflict"
            complain "      ${step_conflict[each]}"
        fi
    done
    [[ -z $found ]] || die 1 "Nothing was changed."
}

run_all() {
    local each from count ran=""
    for each in "${!step_kind[@]}"; do
        read -r from count <<<"${step_commands[each]}"
        guard "$each"
        if ((count)); then
            ran=yes
            run_step "$each" "$from" "$count"
        else
            say "${step_section[each]}  ${step_title[each]}: ${step_note[each]:-done already}"
            forget_of "$each"
        fi
    done
    [[ -z $guarding ]] || keep_or_take_back
    if [[ -n $ran ]]; then
        say $'\nDone: every step has taken effect.'
    else
        say "Nothing was changed: the host is already so."
    fi
}

# run_step STEP FIRST-COMMAND COUNT
run_step() {
    local each=$1 i
    check_stop
    keep_of "$each"
    say $'\n'"${step_section[each]}  ${step_title[each]}"
    [[ -z ${step_cuts[each]} ]] || say "      This can cut you off: ${step_cuts[each]}."
    say_changes "$each"
    for ((i = $2; i < $2 + $3; i++)); do
        run_command "$each" "$i"
    done
    look_whether_it_worked "$each"
    [[ -z ${step_note[each]} ]] || say "      ${step_note[each]}"
    [[ -n $guarding ]] || forget_of "$each"
}

say_changes() {
    local from count line
    read -r from count <<<"${step_changes[$1]}"
    for line in "${all_changes[@]:from:count}"; do
        say "      $line"
    done
}

# run_command STEP COMMAND: says it, runs it, passes its output on, and stops at a failure.
run_command() {
    local argv=("${all_words[@]:all_from[$2]:all_counts[$2]}") text status words_of_it=""
    check_stop
    text_of "${all_inputs[$2]}" "${argv[@]}"
    say "# $text"
    run "${all_inputs[$2]}" "${all_limits[$2]}" "${all_waiting[$2]}" "${argv[@]}"
    ((status)) || return 0
    check_stop
    if [[ -n ${all_waiting[$2]} ]] && ((status == 124)); then
        words_of_it="The VM did not shut down in time. It was not forced off: shut it down from inside, or give it"
        words_of_it+=$' more time (shutdown_timeout in the plan).\n'
    fi
    stop_at "$1" "\`$text\` ended with exit status $status."$'\n'"$words_of_it"
}

# run INPUT LIMIT WAITS WORD…: sets `status`, and `said` to the last line of its output. The command is out of reach of
# the terminal's Ctrl-C, and holds the lock: what becomes of it when somebody wants to stop is for this script to say.
run() {
    local input=$1 limit=$2 waits=$3 output line pid
    shift 3
    said=""
    exec {output}< <(exec timeout --kill-after=2 "$limit" "$@" < <(printf '%s' "$input") 2>&1)
    pid=$!
    [[ -z $waits ]] || cut_off=$pid
    [[ -z $stopped ]] || ask_to_stop "${stopped#SIG}"
    while IFS= read -r -u "$output" line || [[ -n $line ]]; do
        said=${line//[![:print:]$'\t']/?}
        say "$said"
    done
    exec {output}<&-
    wait "$pid"
    status=$?
    cut_off=""
}

# stop_at STEP WORDS
stop_at() {
    complain "Stopped in ${step_section[$1]}, ${step_title[$1]} (${step_kind[$1]}):"
    complain "$2"
    [[ -z $guarding ]] || die 1 "It is taken back, with what was done since NetworkManager was asked to guard it."
    die 1 "What had been done before stays. Run the same again after mending."
}

# Success is a second look: the step is judged again until it takes nothing more.
look_whether_it_worked() {
    local now give_up from=0 i left=""
    clock
    for ((give_up = now + 20; now <= give_up; )); do
        if look_again "$1"; then
            judge_afresh "$1"
            [[ -n $conflict ]] || ((${#counts[@]})) || return 0
        fi
        check_stop
        sleep 0.1
        clock
    done
    [[ -z $conflict ]] || stop_at "$1" "$conflict"
    for i in "${!counts[@]}"; do
        text_of "${inputs[i]}" "${words[@]:from:counts[i]}"
        from=$((from + counts[i]))
        left+=$'\n'"$text"
    done
    stop_at "$1" "The commands succeeded, but the host is not as planned after 20 s. This is still needed:$left"
}
