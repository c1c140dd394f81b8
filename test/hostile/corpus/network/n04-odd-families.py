# expect: returned (opaque)
# attack: sockets of families that lead out of a network namespace
# after:  the canary of the same sandbox is unchanged
import socket

for family in (16, 17, 38, 40, 21, 31):  # netlink, packet, crypto, vsock, rds, bluetooth
    try:
        socket.socket(family, socket.SOCK_RAW)
    except OSError:
        continue
    raise AssertionError(family)
