/* SPDX-License-Identifier: MIT
 * peer.h - whose connection is this?
 *
 * A listener on loopback can be connected to by every user of the machine.  A connection
 * is ours if a socket of this very process has the two addresses swapped: addresses and
 * ports name a TCP connection uniquely, so nobody else's can pass, not another user's and
 * not another process of our own user's.  It needs no privilege and holds for every
 * connection libpq makes: the first, a second attempt, a cancel request.
 */
#ifndef MP_PEER_H
#define MP_PEER_H

#include <stdbool.h>

/* `fd`: an accepted TCP connection (IPv4). */
bool mp_peer_is_us(int fd);

void mp_peer_no_delay(int fd);

/* Closes it so that the other end sees a failure, not an orderly end. */
void mp_peer_reset(int fd);

#endif
