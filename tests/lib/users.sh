# SPDX-License-Identifier: MIT
# users.sh - ordinary users for a test, its own, gone when it ends.
# shellcheck shell=bash

# make_user VARIABLE PREFIX: a new user PREFIX<pid>, its name into VARIABLE; needs root.
# Other tests may be at /etc/passwd at the same moment: tries again.
make_user() {
	local name=$2$$
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		if useradd --no-create-home --home-dir /nonexistent --shell /bin/sh "$name" >/dev/null 2>&1; then
			at_exit "remove_user $name"
			printf -v "$1" %s "$name"
			return 0
		fi
		sleep 0.3
	done
	return 1
}
remove_user() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		userdel "$1" >/dev/null 2>&1
		id -u "$1" >/dev/null 2>&1 || break
		sleep 0.3
	done
	groupdel "$1" >/dev/null 2>&1
}

# as NAME COMMAND...
as() {
	local user=$1
	shift
	runuser -u "$user" -- "$@"
}
