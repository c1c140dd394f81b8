# expect: raised
# attack: asks for input where there is none
# after:  the canary of the same sandbox is unchanged
input("name? ")
