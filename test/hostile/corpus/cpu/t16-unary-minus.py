# expect: raised
# attack: text with a million signs: the parser gives up with MemoryError, which is no lack of memory
# after:  the canary of the same sandbox is unchanged
compile("~" * 900_000 + "1", "text", "eval")
