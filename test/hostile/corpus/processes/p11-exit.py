# expect: exited
# attack: exits as a program does
# after:  the canary of the same sandbox is unchanged
raise SystemExit(3)
