# call: f([2, 5])
def f(nums):
    t = 0
    for n in nums:
        t += n
    return t
