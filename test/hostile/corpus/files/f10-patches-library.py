# expect: raised (opaque)
# attack: appends to a module of the library
# after:  the canary of the same sandbox is unchanged
import json

with open(json.__file__, "a") as file:
    file.write("raise SystemExit")
