# expect: raised (touches-files opaque)
# attack: fills /dev/shm, which is memory by another door
# after:  the canary of the same sandbox is unchanged
with open("/dev/shm/heap", "wb") as file:
    while True:
        file.write(bytes(1 << 20))
