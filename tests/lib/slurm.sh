# SPDX-License-Identifier: MIT
# slurm.sh - a small real Slurm for a test, on loopback, gone when the test ends.
# Source after tap.sh.  Needs root, munge, slurmctld and slurmd.
#
#   slurm_start SLURMUSER    slurmctld, three slurmd (rpc-91-1, rpc-91-2, rpg-91-1), munged.
#                            Skips the whole test where that cannot be.  Sets:
#     SL       its directory, which everybody may enter
#     SL_USER, SL_OTHER   two ordinary users, made for the test and removed after it
#     SL_BIN   copies of the programs, where SlurmUser can reach them
#     SL_EPILOG, SL_PROLOG   what slurm.conf names: the installed scripts, made to find
#              SL_BIN and the configuration $SL/mp.ini (Slurm passes no environment on)
#   slurm_as USER COMMAND... as that user, in that user's directory $SL/home/USER
#   slurm_ctld start|stop|kill
#   slurm_version            YYMM
#   slurm_stop_worker        whatever worker holds the queue $SL/queue
# shellcheck shell=bash
SL_NODES='rpc-91-1 rpc-91-2 rpg-91-1'
SL_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

slurm_need() {
	local p
	[ "$(id -u)" = 0 ] || skip_all "a Slurm cluster needs root"
	for p in slurmctld slurmd munged sbatch scontrol runuser useradd; do
		PATH=$SL_PATH command -v $p >/dev/null || skip_all "no $p found"
	done
	id "$1" >/dev/null 2>&1 || skip_all "no user $1"
}

# 2205 for 22.05.8
slurm_version() { slurmctld -V | sed -n 's/^slurm[^ ]* \([0-9]*\)\.\([0-9]*\).*/\1\2/p'; }

slurm_port_free() { ! (exec 3<>"/dev/tcp/$SL_ADDRESS/$1") 2>/dev/null; }

# Where Slurm's daemons listen: at the machine's name, whatever slurm.conf says.
slurm_address() {
	local a
	read -r a _ < <(getent ahostsv4 "$(hostname -s)")
	echo "${a:-127.0.0.1}"
}

# Four ports in a row.
slurm_ports() {
	while :; do
		SL_PORT=$((13000 + RANDOM % 6000))
		slurm_port_free $SL_PORT && slurm_port_free $((SL_PORT + 1)) &&
			slurm_port_free $((SL_PORT + 2)) && slurm_port_free $((SL_PORT + 3)) && break
	done
}

slurm_make_user() { # NAME
	local i
	for i in 1 2 3 4 5; do # another test may hold the lock of /etc/passwd
		useradd --no-create-home --home-dir "$SL/home/$1" --shell /bin/bash "$1" 2>"$T/.useradd" && break
		sleep 0.3
	done
	id "$1" >/dev/null || return 1
	at_exit "userdel '$1' 2>/dev/null"
	mkdir -p "$SL/home/$1"
	chown "$1:" "$SL/home/$1"
	chmod 755 "$SL/home/$1"
}

slurm_scripts() {
	local w
	mkdir "$SL/bin"
	cp "$MP_BUILDDIR/monster-power" "$MP_BUILDDIR/monster-power-hook" "$SL/bin/"
	SL_BIN=$SL/bin
	for w in epilog prolog; do
		sed -e "s|/[^ ]*/monster-power-hook|$SL/bin/monster-power-hook|g" \
			-e "2i export MONSTER_POWER_CONFIG='$SL/mp.ini' MONSTER_POWER_PROGRAM='$SL/bin/monster-power'" \
			"$MP_BUILDDIR/etc/monster_${w}_slurmctld.sh" >"$SL/bin/$w.sh"
	done
	chmod 755 "$SL"/bin/*
	SL_EPILOG=$SL/bin/epilog.sh SL_PROLOG=$SL/bin/prolog.sh
}

slurm_conf() { # SLURMUSER
	local n=0 node
	cat <<-CONF
		ClusterName=mptest
		SlurmctldHost=$(hostname -s)($SL_ADDRESS)
		SlurmctldPort=$SL_PORT
		CommunicationParameters=NoInAddrAny,NoCtldInAddrAny,DisableIPv6
		SlurmUser=$1
		SlurmdUser=root
		AuthType=auth/munge
		AuthInfo=socket=$SL/munge/socket,cred_expire=5
		StateSaveLocation=$SL/state
		SlurmctldPidFile=$SL/run/slurmctld.pid
		SlurmctldLogFile=$SL/log/slurmctld.log
		SlurmdPidFile=$SL/run/slurmd-%n.pid
		SlurmdSpoolDir=$SL/spool/%n
		SlurmdLogFile=$SL/log/slurmd-%n.log
		SlurmctldDebug=debug
		SlurmdDebug=info
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		JobAcctGatherType=jobacct_gather/none
		AccountingStorageType=accounting_storage/none
		JobCompType=jobcomp/none
		SelectType=select/cons_tres
		SelectTypeParameters=CR_CPU
		MpiDefault=none
		MailProg=/bin/true
		ReturnToService=2
		SlurmdParameters=config_overrides
		PropagateResourceLimits=NONE
		SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=1,default_queue_depth=500
		KillWait=2
		MaxArraySize=1001
		EpilogSlurmctld=$SL_EPILOG
		PrologSlurmctld=$SL_PROLOG
	CONF
	for node in $SL_NODES; do
		n=$((n + 1))
		echo "NodeName=$node NodeHostname=localhost NodeAddr=$SL_ADDRESS Port=$((SL_PORT + n))" \
			"CPUs=128 RealMemory=1024 State=UNKNOWN"
	done
	echo "PartitionName=main Nodes=${SL_NODES// /,} Default=YES MaxTime=1-0 State=UP"
}

# Started from / with a plain environment, as an init does.
slurm_daemon() { # COMMAND...
	(cd / && exec env -i PATH="$SL_PATH" LANG=C.UTF-8 SLURM_CONF="$SLURM_CONF" "$@" </dev/null \
		>>"$SL/log/${1##*/}.start" 2>&1)
}

slurm_pid() { # PIDFILE
	local pid
	read -r pid <"$1" 2>/dev/null && kill -0 "$pid" 2>/dev/null && echo "$pid"
}

slurm_end() { # SIGNAL PIDFILE...
	local signal=$1 f pid i
	shift
	for f in "$@"; do
		pid=$(slurm_pid "$f") || continue
		kill "-$signal" "$pid" 2>/dev/null
		for ((i = 0; i < 200; i++)); do
			kill -0 "$pid" 2>/dev/null || break
			[ "$i" != 150 ] || kill -KILL "$pid" 2>/dev/null
			sleep 0.05
		done
		rm -f "$f"
	done
}

slurm_ctld() {
	case $1 in
	start) slurm_daemon slurmctld -f "$SLURM_CONF" ;;
	stop) slurm_end TERM "$SL/run/slurmctld.pid" ;;
	kill) slurm_end KILL "$SL/run/slurmctld.pid" ;;
	esac
}

slurm_worker_pid() { cat "$SL/queue/lock" 2>/dev/null; }
# shellcheck disable=SC2120 # the signal: TERM unless given
slurm_stop_worker() {
	local pid i
	pid=$(slurm_worker_pid)
	[ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = monster-power ] || return 0
	kill "${1:--TERM}" "$pid"
	for ((i = 0; i < $(slow 300); i++)); do
		kill -0 "$pid" 2>/dev/null || return 0
		sleep 0.1
	done
}

# The daemons, then job steps that outlive slurmd.
slurm_stop() {
	local p
	rm -rf "$SL/queue/service"
	slurm_end TERM "$SL/run/slurmctld.pid"
	slurm_end TERM "$SL"/run/slurmd-*.pid
	slurm_stop_worker -TERM
	for p in /proc/[0-9]*; do
		grep -qzxF "SLURM_CONF=$SLURM_CONF" "$p/environ" 2>/dev/null &&
			[ "${p#/proc/}" != $$ ] && [ "${p#/proc/}" != "$BASHPID" ] &&
			kill -KILL "${p#/proc/}" 2>/dev/null
	done
	slurm_end TERM "$SL/munge/pid"
	rm -rf "$SL"
}

slurm_nodes_idle() { [ "$(scontrol show nodes -o | grep -cE 'State=(IDLE|MIXED|ALLOCATED)( |\+|$)')" = 3 ]; }

slurm_start() { # SLURMUSER
	local node d
	slurm_need "$1"
	PATH=$SL_PATH:$PATH
	SL=$(mktemp -d /tmp/mp-sl.XXXXXX) || exit 99
	at_exit slurm_stop
	chmod 755 "$SL"
	mkdir "$SL"/{etc,log,run,munge,state,spool,home}
	chown "$1" "$SL"/{log,run,state}
	chmod 755 "$SL"/{etc,log,run,munge,spool,home}
	SL_USER=mpa${SL##*.} SL_OTHER=mpb${SL##*.}
	SL_USER=${SL_USER,,} SL_OTHER=${SL_OTHER,,}
	slurm_make_user "$SL_USER" && slurm_make_user "$SL_OTHER" || exit 99
	SL_ADDRESS=$(slurm_address)
	slurm_ports
	slurm_scripts
	export SLURM_CONF=$SL/etc/slurm.conf
	slurm_conf "$1" >"$SLURM_CONF"
	# From 23.11 on slurmd wants to be told that there are no control groups for it here.
	[ "$(slurm_version)" -lt 2311 ] || echo CgroupPlugin=disabled >"$SL/etc/cgroup.conf"
	head -c 128 /dev/urandom >"$SL/munge/key"
	chmod 600 "$SL/munge/key"
	# --force: munged otherwise refuses to start below a world-writable /tmp
	munged --force --socket="$SL/munge/socket" --key-file="$SL/munge/key" \
		--pid-file="$SL/munge/pid" --log-file="$SL/munge/log" --seed-file="$SL/munge/seed" \
		--num-threads=4 </dev/null >"$SL/munge/start" 2>&1 || {
		diag "munged: $(cat "$SL/munge/start")"
		exit 99
	}
	slurm_ctld start
	for node in $SL_NODES; do
		d=$SL/spool/$node
		mkdir -p "$d"
		slurm_daemon slurmd -f "$SLURM_CONF" -N "$node"
	done
	wait_for 40 slurm_nodes_idle || {
		diag "the cluster did not come up: $(tail -n 5 "$SL/log/slurmctld.log" "$SL"/log/slurmd*)"
		exit 99
	}
}

slurm_as() { # USER COMMAND...
	local user=$1
	shift
	(cd "$SL/home/$user" && exec runuser -u "$user" -- "$@")
}
