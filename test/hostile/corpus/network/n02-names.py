# expect: raised (touches-network opaque)
# attack: looks up a name
# after:  the canary of the same sandbox is unchanged
import socket

socket.getaddrinfo("example.org", 80)
