# expect: returned (opaque)
# attack: system calls that have no business here
# after:  the canary of the same sandbox is unchanged
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
DENIED = {
    "io_uring_setup": 425,
    "userfaultfd": 323,
    "bpf": 321,
    "perf_event_open": 298,
    "keyctl": 250,
    "add_key": 248,
    "unshare": 272,
    "mount": 165,
    "pivot_root": 155,
    "open_by_handle_at": 304,
    "kexec_load": 246,
    "init_module": 175,
    "process_vm_readv": 310,
    "setns": 308,
    "ptrace": 101,
    "chroot": 161,
    "flock": 73,
    "shmget": 29,
    "mq_open": 240,
}
for name, number in DENIED.items():
    ctypes.set_errno(0)
    assert libc.syscall(number, 0, 0, 0, 0, 0) == -1, name
    assert ctypes.get_errno() in (1, 38), (name, ctypes.get_errno())
assert libc.personality(0x0008) == -1
