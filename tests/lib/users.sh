# SPDX-License-Identifier: MIT
# users.sh - ordinary users for the tests, made when missing and removed at exit.
# shellcheck shell=bash

# need_user NAME: needs root.
need_user() {
	id -u "$1" >/dev/null 2>&1 && return 0
	useradd --no-create-home --home-dir /nonexistent --shell /bin/sh "$1" >/dev/null 2>&1 ||
		return 1
	at_exit "userdel '$1' >/dev/null 2>&1; groupdel '$1' >/dev/null 2>&1"
}

# as NAME COMMAND...
as() {
	local user=$1
	shift
	runuser -u "$user" -- "$@"
}
