/* SPDX-License-Identifier: MIT
 * page.h - lines of page.css and page.js, which make turns into page.c. */
#ifndef MP_PAGE_H
#define MP_PAGE_H

/* Each with its '\n'; NULL behind the last. */
extern const char *const mp_page_style[], *const mp_page_script[];

#endif
