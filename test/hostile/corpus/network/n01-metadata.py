# expect: raised (touches-network opaque)
# attack: asks the metadata service of a cloud
# after:  the canary of the same sandbox is unchanged
import socket

socket.create_connection(("169.254.169.254", 80), timeout=2)
