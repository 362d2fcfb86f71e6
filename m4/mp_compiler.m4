dnl SPDX-License-Identifier: MIT
dnl MP_COMPILER_FLAGS - our warnings, hardening, and --enable-werror.
AC_DEFUN([MP_TRY_CFLAG], [
  AC_MSG_CHECKING([whether $CC takes $1])
  mp_save_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS -Werror $1"
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>]])],
    [AC_MSG_RESULT([yes]); MP_CFLAGS="$MP_CFLAGS $1"],
    [AC_MSG_RESULT([no])])
  CFLAGS=$mp_save_CFLAGS
])

AC_DEFUN([MP_TRY_LDFLAG], [
  AC_MSG_CHECKING([whether the linker takes $1])
  mp_save_LDFLAGS=$LDFLAGS
  LDFLAGS="$LDFLAGS $1"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>]])],
    [AC_MSG_RESULT([yes]); MP_LDFLAGS="$MP_LDFLAGS $1"],
    [AC_MSG_RESULT([no])])
  LDFLAGS=$mp_save_LDFLAGS
])

AC_DEFUN([MP_COMPILER_FLAGS], [
  AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [make every compiler warning an error])],
    [mp_werror=$enableval], [mp_werror=no])
  MP_CFLAGS="-std=gnu11"
  m4_foreach_w([mp_flag], [-Wall -Wextra -Wshadow -Wstrict-prototypes
      -Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wwrite-strings
      -Wvla -Wformat=2 -Wundef -fstack-protector-strong -fno-common
      -fstack-clash-protection -fcf-protection],
    [MP_TRY_CFLAG(mp_flag)])
  AS_IF([test "x$mp_werror" = xyes], [MP_CFLAGS="$MP_CFLAGS -Werror"])
  AC_SUBST([MP_CFLAGS])
  dnl No folder's name in the program: built anywhere, it is the same to the byte.
  MP_NO_PATHS=
  AC_MSG_CHECKING([whether $CC takes -ffile-prefix-map])
  mp_save_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS -Werror -ffile-prefix-map=/nowhere=."
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>]])],
    [AC_MSG_RESULT([yes])
     MP_NO_PATHS='-ffile-prefix-map=$(abs_top_srcdir)=. -ffile-prefix-map=$(abs_top_builddir)=.'],
    [AC_MSG_RESULT([no])])
  CFLAGS=$mp_save_CFLAGS
  AC_SUBST([MP_NO_PATHS])
])

dnl MP_SANITIZERS - --enable-sanitizers: AddressSanitizer and UBSan, any finding fatal.
AC_DEFUN([MP_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers], [build with ASan and UBSan])],
    [mp_sanitizers=$enableval], [mp_sanitizers=no])
  MP_LDFLAGS=
  AS_IF([test "x$mp_sanitizers" = xyes], [
    MP_CFLAGS="$MP_CFLAGS -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
    MP_LDFLAGS="-fsanitize=address,undefined"
    AC_DEFINE([MP_SANITIZED], [1], [Define when built with --enable-sanitizers.])
  ])
  MP_TRY_LDFLAG([-Wl,-z,relro])
  MP_TRY_LDFLAG([-Wl,-z,now])
  AS_CASE(["$mp_sanitizers $CPPFLAGS $CFLAGS"], [yes*|*_FORTIFY_SOURCE*], [],
    [MP_TRY_CFLAG([-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3])])
  AC_SUBST([MP_LDFLAGS])
])
