#!/bin/sh
# MariaDB runs this at a node that joins a Galera cluster, and at the one that gives it what it lacks. The
# nodes of this trial lack little, which the cluster hands over by itself: the script only passes the position on
# that this starts from. All nodes are on this machine, so that a file does.
set -eu
bypass=
while [ $# -gt 0 ] && [ "$1" != --mysqld-args ]; do
	case "$1" in
	--role) role=$2 ;;
	--address) address=${2%%/*} ;;
	--gtid) position=$2 ;;
	--gtid-domain-id) domain=$2 ;;
	--parent) server=$2 ;;
	--bypass) bypass=yes ;;
	esac
	shift
done
file=$(dirname "$0")/position-$address
if [ "$role" = joiner ]; then
	rm -f "$file"
	echo "ready $address/position"
	until [ -s "$file" ]; do
		kill -0 "$server" || exit 1
		sleep 0.2
	done
	cat "$file"
else
	if [ -z "$bypass" ]; then
		echo "the node lacks more than the others have kept for it" >&2
		exit 1
	fi
	echo continue
	echo "$position ${domain:-0}" >"$file.new"
	mv "$file.new" "$file"
	echo "done $position"
fi
