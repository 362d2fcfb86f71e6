# SPDX-License-Identifier: MIT
# doc/local.mk - manual pages and documents.
dist_man_MANS = \
	doc/monster-power.1
dist_doc_DATA = \
	README.md \
	doc/design.md
