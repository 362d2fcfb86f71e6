# SPDX-License-Identifier: MIT
# doc/local.mk - manual pages and documents.
EXTRA_DIST += doc/design.md
