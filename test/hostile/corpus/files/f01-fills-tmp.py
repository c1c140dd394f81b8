# expect: raised (touches-files opaque)
# attack: fills the temporary folder
# after:  the temporary folder is empty
with open("/tmp/full", "wb") as file:
    while True:
        file.write(bytes(1 << 18))
