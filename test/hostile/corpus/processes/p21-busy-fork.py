# expect: returned (processes opaque)
# attack: has a fork do more than it does itself, where the second execution may spend what the first one did
# after:  the canary of the same sandbox is unchanged
import os

reading, writing = os.pipe()
if os.fork() == 0:
    total = 0
    for number in range(50_000):
        total += number
    os.write(writing, str(total).encode())
    os._exit(0)
print(os.read(reading, 100).decode())
os.wait()
