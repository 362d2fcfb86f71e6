/* SPDX-License-Identifier: MIT
 * home.h - what a leading "~/" stands for. */
#ifndef MP_HOME_H
#define MP_HOME_H

/* A copy of `path` with the effective user's home directory for "~/": $HOME where it is
 * absolute, else what the password database says (Slurm sets no HOME).  Where there is
 * neither, the copy still begins with "~/".  The caller frees it; NULL: out of memory. */
char *mp_home_expand(const char *path);

/* The same from the password database alone, as OpenSSH looks for its own files. */
char *mp_home_expand_as_ssh(const char *path);

#endif
