# call: f(6)
def f(v0):
  v0 += 0
  v4 = 2
  while v4 > 0:
    v4 -= 1
    v0 *= 2
  return v0
