# expect: returned (touches-network opaque)
# attack: serves itself on the loopback interface
# after:  the canary of the same sandbox is unchanged
import socket

with socket.create_server(("127.0.0.1", 0)) as server:
    with socket.create_connection(server.getsockname()) as client:
        peer, _ = server.accept()
        client.sendall(b"hello")
        assert peer.recv(5) == b"hello"
        peer.close()
