dnl SPDX-License-Identifier: MIT
dnl MP_LIB_INIPARSER - iniparser, with or without a .pc file, its header at the top of the
dnl include path or in iniparser/ (Debian's 4.1 has no .pc and keeps it in iniparser/).
AC_DEFUN([MP_LIB_INIPARSER], [
  PKG_CHECK_MODULES([INIPARSER], [iniparser], [], [
    mp_save_LIBS=$LIBS
    AC_CHECK_LIB([iniparser], [iniparser_load], [INIPARSER_LIBS=-liniparser],
      [AC_MSG_ERROR([iniparser not found: install libiniparser-dev (Debian) or iniparser-devel (Fedora)])])
    LIBS=$mp_save_LIBS
    INIPARSER_CFLAGS=
  ])
  mp_save_CPPFLAGS=$CPPFLAGS
  CPPFLAGS="$CPPFLAGS $INIPARSER_CFLAGS"
  AC_CHECK_HEADER([iniparser.h],
    [AC_DEFINE([MP_INIPARSER_H], [<iniparser.h>], [Where iniparser's header is.])],
    [AC_CHECK_HEADER([iniparser/iniparser.h],
      [AC_DEFINE([MP_INIPARSER_H], [<iniparser/iniparser.h>])],
      [AC_MSG_ERROR([iniparser's header not found: install libiniparser-dev (Debian) or iniparser-devel (Fedora)])])])
  CPPFLAGS=$mp_save_CPPFLAGS
  AC_SUBST([INIPARSER_CFLAGS])
  AC_SUBST([INIPARSER_LIBS])
])
