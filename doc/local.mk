# SPDX-License-Identifier: MIT
# doc/local.mk - manual pages and documents.
dist_man_MANS = \
	doc/monster-power.1 \
	doc/monster-power.ini.5
dist_doc_DATA = \
	doc/timeseries.png \
	README.md \
	etc/monster-power.ini \
	doc/slurm.md \
	doc/slurm.zh.md \
	doc/design-database.md \
	doc/design-queue.md \
	doc/design-ssh.md \
	doc/ssh.md \
	doc/design.md \
	doc/design-trust.md \
	doc/energy.md \
	doc/formats.md \
	doc/prometheus.md \
	doc/performance.md
