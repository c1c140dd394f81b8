# expect: returned
# attack: returns an object whose end never ends, and would run in the harness
# after:  the canary of the same sandbox is unchanged
# kind:   source
class Endless:
    def __del__(self):
        print("late")
        while True:
            pass


def f():
    return Endless()
