# expect: raised
# attack: a sum of a hundred thousand terms
# after:  the canary of the same sandbox is unchanged
compile("+".join("1" for _ in range(10)) + "+1" * 100_000, "text", "eval")
