# SPDX-License-Identifier: MIT
# etc/local.mk - what is installed beside the program: Slurm's entry points, samples, units.
MP_ETC_SUBST = $(SED) -e 's|@pkglibexecdir[@]|$(pkglibexecdir)|g' \
	-e 's|@bindir[@]|$(bindir)|g' -e 's|@sysconfdir[@]|$(sysconfdir)|g' \
	-e 's|@localstatedir[@]|$(localstatedir)|g' -e 's|@slurm_user[@]|$(slurm_user)|g'
MP_ETC_GENERATED = \
	etc/monster_epilog_slurmctld.sh \
	etc/monster_prolog_slurmctld.sh \
	etc/monster-power-worker.service \
	etc/monster-power.logrotate \
	etc/monster-power.sudoers \
	etc/worker-as-root.conf \
	etc/worker-as-slurm.conf \
	etc/make-directories

pkglibexec_SCRIPTS += etc/monster_epilog_slurmctld.sh etc/monster_prolog_slurmctld.sh \
	etc/make-directories
systemdsystemunit_DATA = etc/monster-power-worker.service
pkgdata_DATA += etc/monster-power.logrotate etc/monster-power.sudoers \
	etc/worker-as-root.conf etc/worker-as-slurm.conf
# bash-completion looks a command up by its name.
bash_completion_dir = $(datadir)/bash-completion/completions
mp_unit_d = $(systemdsystemunitdir)/monster-power-worker.service.d
install-data-hook:
	$(MKDIR_P) '$(DESTDIR)$(bash_completion_dir)' '$(DESTDIR)$(mp_unit_d)'
	$(INSTALL_DATA) $(srcdir)/etc/monster-power.bash-completion \
		'$(DESTDIR)$(bash_completion_dir)/monster-power'
	$(INSTALL_DATA) etc/worker-as-root.conf '$(DESTDIR)$(mp_unit_d)/user.conf'
# The packages do it when they are installed, not when they are made.
install-exec-hook: etc/make-directories
	test -n '$(DESTDIR)' || test "`id -u`" != 0 || sh etc/make-directories
uninstall-hook:
	rm -f '$(DESTDIR)$(bash_completion_dir)/monster-power' '$(DESTDIR)$(mp_unit_d)/user.conf'
	-rmdir '$(DESTDIR)$(mp_unit_d)' '$(DESTDIR)$(pkglibexecdir)' '$(DESTDIR)$(pkgdatadir)' \
		'$(DESTDIR)$(docdir)' 2>/dev/null
	-test -s '$(DESTDIR)$(localstatedir)/log/monster-power.log' || \
		rm -f '$(DESTDIR)$(localstatedir)/log/monster-power.log'
	-rmdir '$(DESTDIR)$(localstatedir)/spool/monster-power' \
		'$(DESTDIR)$(localstatedir)/lib/monster-power-status' \
		'$(DESTDIR)$(localstatedir)/lib/monster-power' 2>/dev/null
EXTRA_DIST += \
	etc/monster-power.bash-completion \
	etc/monster_epilog_slurmctld.sh.in \
	etc/monster_prolog_slurmctld.sh.in \
	etc/monster-power-worker.service.in \
	etc/monster-power.logrotate.in \
	etc/monster-power.sudoers.in \
	etc/worker-as-root.conf.in \
	etc/worker-as-slurm.conf.in \
	etc/make-directories.in
CLEANFILES += $(MP_ETC_GENERATED)

$(MP_ETC_GENERATED): Makefile
	$(AM_V_GEN)$(MKDIR_P) etc && \
	$(MP_ETC_SUBST) $(srcdir)/$@.in > $@.tmp && \
	case $@ in *.sh | */make-directories) chmod 755 $@.tmp ;; esac && mv $@.tmp $@
etc/monster_epilog_slurmctld.sh: etc/monster_epilog_slurmctld.sh.in
etc/monster_prolog_slurmctld.sh: etc/monster_prolog_slurmctld.sh.in
etc/monster-power-worker.service: etc/monster-power-worker.service.in
etc/monster-power.logrotate: etc/monster-power.logrotate.in
etc/monster-power.sudoers: etc/monster-power.sudoers.in
etc/worker-as-root.conf: etc/worker-as-root.conf.in
etc/worker-as-slurm.conf: etc/worker-as-slurm.conf.in
etc/make-directories: etc/make-directories.in
