/* SPDX-License-Identifier: MIT
 * pqrows.h - not written yet. */
