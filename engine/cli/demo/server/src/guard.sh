# Waits beside a throwaway server and ends it with the process that started it.
#
# Standard input is a pipe from that process. Lines are orders; its end means that the
# process is gone, whether it finished, was interrupted or was killed with SIGKILL.
# Arguments: the data directory, then the directories to remove.
#
# The number of the server is safe to use while it is the starting process's child, which
# says `pid none` as soon as it has reaped it.

pid=none
data=$1
shift

while read -r order argument; do
    case $order in
    pid) pid=$argument ;;
    signal) kill -s "$argument" "$pid" ;;
    keep) exit 0 ;;
    esac
done

if [ "$pid" != none ]; then
    # QUIT is PostgreSQL's immediate shutdown: nothing here is worth a checkpoint.
    kill -s QUIT "$pid" 2>/dev/null
    turns=0
    while [ -e "$data/postmaster.pid" ] && kill -s 0 "$pid" 2>/dev/null && [ "$turns" -lt 200 ]; do
        sleep 0.05
        turns=$((turns + 1))
    done
    [ -e "$data/postmaster.pid" ] && kill -s KILL "$pid" 2>/dev/null
fi

rm -rf -- "$@"
