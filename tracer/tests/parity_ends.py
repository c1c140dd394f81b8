"""Programs that let go of many objects at once, whose finalisers show them."""

# Of a text run by `exec`: what it makes has no number until a finaliser shows it.
UNSEEN = """
space = {"seen": lambda thing: None}
exec('''
class Link(list):
    def __del__(self):
        if self.number < 40:
            seen(self)

class Leaf:
    def __init__(self, number): self.number = number
    def __del__(self):
        if self.number < 40:
            seen(self)

def chain(count, width):
    link = None
    for number in range(count):
        link = Link([*map(Leaf, range(number, number + width)), link])
        link.number = number
    return link

def drop(count, width):
    chain(count, width)
''', space)
"""

CASES = {
    "a hundred links that end within each other": """
class Link(list):
    def __del__(self):
        deleted.append(self.number)
deleted = []
def run():
    link = None
    for number in range(100):
        link = Link([link])
        link.number = number
    del link
    return deleted
""",
    "a finaliser in which hundreds of others run": """
ended = []
class Part:
    def __init__(self, number): self.number = number
    def __del__(self):
        ended.append(self.number)
class Whole:
    def __del__(self):
        for number in range(300):
            part = Part(number)
        ended.append(self)
def run():
    whole = Whole()
    del whole
    return len(ended), type(ended[-1]).__name__
""",
    "links without a number that end within each other": UNSEEN
    + """
def run():
    shown = []
    def seen(thing):
        shown.append(thing.number)
    space["seen"] = seen
    space["drop"](100, 0)
    return shown
""",
    "links that wait for their end because the stack is deep": UNSEEN
    + """
def run():
    shown = []
    def seen(thing):
        shown.append((type(thing).__name__, thing.number))
    space["seen"] = seen
    space["drop"](12_000, 0)
    return shown
""",
    "links that end while others do": UNSEEN
    + """
def run():
    shown = []
    def seen(thing):
        shown.append((type(thing).__name__, thing.number))
        other = [thing.number]
        kept = thing
    space["seen"] = seen
    space["drop"](100, 1)
    after = [object() for _ in range(50)]
    return shown, len(after)
""",
}
