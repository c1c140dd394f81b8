# expect: returned (touches-network)
# attack: connections that nobody accepts, each with the listening socket in its queue
# after:  the canary of the same sandbox is unchanged
# kind:   source
import socket

listening = socket.socket(socket.AF_UNIX)
listening.bind("\0tracemill-left")
listening.listen(8)
for _ in range(8):
    peer = socket.socket(socket.AF_UNIX)
    peer.connect("\0tracemill-left")
    socket.send_fds(peer, [b"x"], [listening.fileno(), peer.fileno()])


def f():
    return 1
