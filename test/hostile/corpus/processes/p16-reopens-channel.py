# expect: raised (touches-files opaque)
# attack: writes a result through the descriptor of PID 1
# after:  the canary of the same sandbox is unchanged
with open("/proc/1/fd/1", "wb") as channel:
    channel.write(b"forged")
