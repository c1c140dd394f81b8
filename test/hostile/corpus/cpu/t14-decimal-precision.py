# expect: cpu-exceeded
# attack: a square root to a hundred million digits
# after:  the canary of the same sandbox is unchanged
# cpu:    500
import decimal

with decimal.localcontext() as context:
    context.prec = 10**8
    root = decimal.Decimal(3).sqrt()
