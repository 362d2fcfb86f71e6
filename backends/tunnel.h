/* SPDX-License-Identifier: MIT
 * tunnel.h - not written yet. */
