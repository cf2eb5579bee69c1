#!/bin/sh
# Takes limits as the server's own command does, as far as a shell can, and becomes the program.
set -e
while [ "$1" != -- ]; do
    case $1 in
    --memory) ulimit -v $(($2 / 1024)) ;;
    --seconds) ulimit -S -t "$2" && ulimit -H -t $(($2 + 5)) ;;
    --file) ulimit -f $(($2 / 512)) ;;
    esac
    shift 2
done
shift
exec "$@"
