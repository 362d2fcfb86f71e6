# SPDX-License-Identifier: MIT
# etc/local.mk - what is installed beside the program: Slurm's entry points, samples, units.
MP_ETC_SUBST = $(SED) -e 's|@pkglibexecdir[@]|$(pkglibexecdir)|g' \
	-e 's|@bindir[@]|$(bindir)|g' -e 's|@sysconfdir[@]|$(sysconfdir)|g'
MP_ETC_GENERATED = \
	etc/monster_epilog_slurmctld.sh \
	etc/monster_prolog_slurmctld.sh \
	etc/monster-power-worker.service \
	etc/monster-power.logrotate \
	etc/monster-power.sudoers

pkglibexec_SCRIPTS += etc/monster_epilog_slurmctld.sh etc/monster_prolog_slurmctld.sh
systemdsystemunit_DATA = etc/monster-power-worker.service
pkgdata_DATA += etc/monster-power.logrotate etc/monster-power.sudoers
# bash-completion looks a command up by its name.
bash_completion_dir = $(datadir)/bash-completion/completions
install-data-hook:
	$(MKDIR_P) '$(DESTDIR)$(bash_completion_dir)'
	$(INSTALL_DATA) $(srcdir)/etc/monster-power.bash-completion \
		'$(DESTDIR)$(bash_completion_dir)/monster-power'
uninstall-hook:
	rm -f '$(DESTDIR)$(bash_completion_dir)/monster-power'
EXTRA_DIST += \
	etc/monster-power.bash-completion \
	etc/monster_epilog_slurmctld.sh.in \
	etc/monster_prolog_slurmctld.sh.in \
	etc/monster-power-worker.service.in \
	etc/monster-power.logrotate.in \
	etc/monster-power.sudoers.in
CLEANFILES += $(MP_ETC_GENERATED)

$(MP_ETC_GENERATED): Makefile
	$(AM_V_GEN)$(MKDIR_P) etc && \
	$(MP_ETC_SUBST) $(srcdir)/$@.in > $@.tmp && \
	case $@ in *.sh) chmod 755 $@.tmp ;; esac && mv $@.tmp $@
etc/monster_epilog_slurmctld.sh: etc/monster_epilog_slurmctld.sh.in
etc/monster_prolog_slurmctld.sh: etc/monster_prolog_slurmctld.sh.in
etc/monster-power-worker.service: etc/monster-power-worker.service.in
etc/monster-power.logrotate: etc/monster-power.logrotate.in
etc/monster-power.sudoers: etc/monster-power.sudoers.in
