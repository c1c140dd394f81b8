# expect: returned
# attack: hooks, built-in names and a module whose ends never end, which the harness puts away
# after:  the canary of the same sandbox is unchanged
# kind:   source
import builtins
import sys
import types


class Endless:
    def __call__(self, *event):
        pass

    def __del__(self):
        while True:
            pass


class Module(types.ModuleType):
    __del__ = Endless.__del__


sys.addaudithook(Endless())
builtins.endless = Endless()
sys.modules.pop("record").__class__ = Module


def f():
    return 1
