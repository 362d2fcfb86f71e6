/* SPDX-License-Identifier: MIT
 * known_hosts.h - not written yet. */
