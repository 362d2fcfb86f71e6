# SPDX-License-Identifier: MIT
# etc/local.mk - what is installed beside the program: Slurm's entry points, samples, units.
