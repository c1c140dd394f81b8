"""Classes whose own methods tell of each call: part of the set-up of every generated program."""

HOSTILE = """
HITS = []

class Loud:
    def __repr__(self): HITS.append("repr"); raise SystemExit("repr")
    __str__ = __repr__
    def __format__(self, spec): return "loud"
    def __eq__(self, other): HITS.append("eq"); return self is other
    def __hash__(self): HITS.append("hash"); return 7
    def __bool__(self): HITS.append("bool"); return False
    def __len__(self): HITS.append("len"); return 3
    def __iter__(self): HITS.append("iter"); return iter((1, 2))
    def __del__(self): HITS.append("del")

class Sealed:
    def __getattribute__(self, name): HITS.append(name); raise AttributeError(name)
    def __setattr__(self, name, value): HITS.append(name); raise AttributeError(name)

class MetaLoud(type):
    def __getattribute__(cls, name): HITS.append(name); return type.__getattribute__(cls, name)
    def __instancecheck__(cls, item): HITS.append("instance"); return True
    def __subclasscheck__(cls, item): HITS.append("subclass"); return False
    def __eq__(cls, other): HITS.append("type eq"); return cls is other
    def __hash__(cls): HITS.append("type hash"); return 5
    def __repr__(cls): HITS.append("type repr"); return "<type>"

class Liar(list, metaclass=MetaLoud):
    def __getattribute__(self, name): HITS.append(name); raise RuntimeError(name)
    def __iter__(self): HITS.append("iter"); return iter(())
    def __len__(self): HITS.append("len"); return 0
    def __getitem__(self, at): HITS.append("item"); return at
    def __eq__(self, other): HITS.append("eq"); return True
    __hash__ = None
    __class__ = property(lambda self: HITS.append("class"))

class LiarDict(dict):
    def __getitem__(self, key): HITS.append("item"); return 0
    def __iter__(self): HITS.append("iter"); return iter(("no",))
    def keys(self): HITS.append("keys"); return ["no"]
    def items(self): HITS.append("items"); return []
    def __len__(self): HITS.append("len"); return 0
    def __contains__(self, key): HITS.append("in"); return True

class LiarStr(str):
    def __str__(self): HITS.append("str"); return "lie"
    def __repr__(self): HITS.append("repr"); return "'lie'"
    def __len__(self): HITS.append("len"); return 1
    def __eq__(self, other): HITS.append("eq"); return False
    def __hash__(self): return 1

class LiarInt(int):
    def __index__(self): HITS.append("index"); return 0
    def __int__(self): HITS.append("int"); return 0
    def __repr__(self): HITS.append("repr"); return "0"
    def __bool__(self): HITS.append("bool"); raise E("bool")

class BadError(Exception):
    def __str__(self): HITS.append("str"); raise RuntimeError("str")
    __repr__ = __str__
    @property
    def args(self): HITS.append("args"); raise RuntimeError("args")

class Revived:
    kept = []
    def __del__(self): Revived.kept.append(self)

class Shady:
    @property
    def __dict__(self): HITS.append("dict"); raise KeyError("dict")
    @property
    def __class__(self): HITS.append("class"); return int
"""
