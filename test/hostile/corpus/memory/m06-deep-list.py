# expect: events-exceeded
# attack: a list nested a hundred thousand deep, then its repr
# after:  the canary of the same sandbox is unchanged
# cpu:    10000
import functools

deep = functools.reduce(lambda inner, _: [inner], range(100_000), [])
repr(deep)
