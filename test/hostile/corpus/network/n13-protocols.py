# expect: returned (opaque)
# attack: sockets of protocols whose code the kernel loads when it is asked for them
# after:  the canary of the same sandbox is unchanged
# kind:   source
# value:  [93]
import socket


def f():
    errors = set()
    for kind, protocol in ((1, 132), (5, 132), (6, 33), (2, 1), (2, 136), (1, 262), (3, 255)):
        try:
            socket.socket(socket.AF_INET, kind, protocol).close()
        except OSError as error:
            errors.add(error.errno)
        else:
            errors.add(protocol)
    return sorted(errors)
