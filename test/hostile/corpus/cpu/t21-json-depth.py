# expect: raised (opaque)
# attack: a document nested two hundred thousand deep
# after:  the canary of the same sandbox is unchanged
import json

json.loads("[" * 200_000 + "]" * 200_000)
