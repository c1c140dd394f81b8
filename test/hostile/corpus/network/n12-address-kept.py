# expect: returned (touches-network)
# attack: ends a connection from the server's side, whose address the kernel would keep for a minute
# after:  the canary of the same sandbox is unchanged
# kind:   source
# value:  b''
# same:   yes
import socket


def served():
    server = socket.socket()
    server.bind(("127.0.0.1", 8642))
    server.listen()
    client = socket.create_connection(("127.0.0.1", 8642))
    peer, _ = server.accept()
    peer.close()
    rest = client.recv(10)
    client.close()
    server.close()
    return rest


rest = served()


def f():
    return rest
