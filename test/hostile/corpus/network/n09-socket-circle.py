# expect: returned (touches-network touches-files)
# attack: sockets in each other's queues, with a name and a file that fills /tmp, which no process holds any more
# after:  the canary of the same sandbox is unchanged
# kind:   source
import os
import socket

one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
named = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
named.bind("\0tracemill-left")
file = os.open("/tmp/large", os.O_CREAT | os.O_RDWR)
os.posix_fallocate(file, 0, 15 << 20)
os.unlink("/tmp/large")
for sender in (one, other):
    socket.send_fds(sender, [b"x"], [file, named.fileno(), one.fileno(), other.fileno()])


def f():
    return 1
