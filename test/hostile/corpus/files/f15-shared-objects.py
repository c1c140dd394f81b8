# expect: returned (touches-files opaque)
# attack: asks for shared memory and message queues
# after:  nothing of it is there for the next one
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
assert libc.shmget(0x7357, 4096, 0o1600) == -1
assert libc.msgget(0x7357, 0o1600) == -1
assert libc.semget(0x7357, 1, 0o1600) == -1
assert libc.mq_open(b"/left", 0o102, 0o600, None) == -1
with open("/dev/shm/left", "w") as file:
    file.write("left")
