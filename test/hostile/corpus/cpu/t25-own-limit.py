# expect: cpu-exceeded
# attack: limits its processor time itself, so that the speed of the machine decides where it crashes
# after:  the canary of the same sandbox is unchanged
# cpu: 2000
import resource

resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
sum(range(10**12))
