# expect: events-exceeded
# attack: an endless finaliser, where exceptions would be swallowed
# after:  the canary of the same sandbox is unchanged
class Clinging:
    def __del__(self):
        while True:
            pass


Clinging()
