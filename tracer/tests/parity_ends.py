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

# Of a text run by `exec` too. `drop` lets go of links that hold a leaf each; a leaf that ends after
# one that was made later was put off. `again` makes leaves until there is one at each address of
# those that were shown. `descend` calls itself until what it lets go of is put off; after `widen`
# it does so in a frame whose memory is gone before that ends.
PUT_OFF = """
space = {"seen": lambda thing: None}
exec('''
def parts():
    last, addresses, state = [-1], set(), {}
    class Link(list):
        def __del__(self):
            pass
    class Leaf:
        def __init__(self, number): self.number = number
        def __del__(self):
            number = self.number
            if number < last[0] and len(addresses) < 3:
                del self.number
                addresses.add(id(self))
                seen(self)
            last[0] = number
    def drop(count):
        link = None
        for number in range(count):
            link = Link([Leaf(number), link])
    def again():
        kept, left = [], set(addresses)
        while left:
            kept.append(Leaf.__new__(Leaf))
            if id(kept[-1]) in left:
                left.discard(id(kept[-1]))
                seen(kept[-1])
        for leaf in kept:
            leaf.number = last[0] + 1
    class Probe:
        def __del__(self):
            state["ended"] = True
    class Late:
        def __del__(self):
            seen(self)
    def descend(level):
        state["ended"] = False
        Probe()
        if state["ended"]:
            max([level + 1], key=descend)
        else:
            state["let_go"]()
        return 0
    def let_go():
        late = [Late(), Late()]
        late.clear()
    def let_go_far():
        let_go()
        if state["ended"]:
            MANY = 0
    def widen():
        state["let_go"] = let_go_far
    def end():
        Probe()
    state["let_go"] = let_go
    return drop, again, descend, end, widen
drop, again, descend, end, widen = parts()
''', space)
""".replace("MANY", " = ".join(f"a{number}" for number in range(4_000)))

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
    "leaves whose end is put off while others end": PUT_OFF
    + """
def run():
    ends = []
    def seen(thing):
        ends.append(type(thing).__name__)
    space["seen"] = seen
    space["drop"](12_000)
    space["again"]()
    return ends
""",
    "what waits for its end is saved by its finaliser": PUT_OFF
    + """
import sys
def run():
    saved = []
    def seen(thing):
        thing.place = len(saved)
        saved.append(thing)
    space["seen"] = seen
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(30_000)
    space["descend"](0)
    sys.setrecursionlimit(before)
    shown = len(saved)
    space["end"]()
    saved[0].place = "here"
    saved[1].other = saved
    del saved[0]
    return shown, saved
""",
    "what waits for its end is shown when the frame that let go of it is gone": PUT_OFF
    + """
import sys
def run():
    shown = []
    def seen(thing):
        shown.append(type(thing).__name__)
        thing.place = len(shown)
        other = [thing.place]
    space["seen"] = seen
    space["widen"]()
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(30_000)
    space["descend"](0)
    sys.setrecursionlimit(before)
    after = [object() for _ in range(9)]
    return shown, len(after)
""",
    "forty finalisers within each other that show objects without a number": """
space = {"seen": lambda thing: None}
exec('''
class Deep:
    def __init__(self, depth): self.depth = depth
    def __del__(self):
        if self.depth:
            make(self.depth - 1)
        seen(self)
def make(depth):
    Deep(depth)
''', space)
def run():
    shown = []
    def seen(thing):
        shown.append(thing.depth)
    space["seen"] = seen
    space["make"](40)
    space["make"](40)
    return shown
""",
    "an object that is seen first in its finaliser, and threads where it was": """
import threading
def run():
    class Once:
        def __del__(self):
            pass
    Once()
    def work():
        pass
    return [threading.Thread(target=work).name for _ in range(4)]
""",
    "an object that is seen first in its finaliser, and an asynchronous loop where it was": """
import asyncio
def run():
    class Once:
        def __del__(self):
            pass
    Once()
    async def work():
        return [object() for _ in range(9)]
    return len(asyncio.run(work()))
""",
    "objects that are seen first in finalisers within each other": """
space = {"seen": lambda thing: None}
exec('''
def told(method):
    def wrapper(*arguments):
        return method(*arguments)
    return wrapper
class Inner:
    @told
    def __del__(self):
        seen(self)
class Outer:
    def __del__(self):
        own = lambda: self
        Inner()
        seen(own())
class Saved:
    def __del__(self):
        saved.append(self)
        Outer()
        seen(self)
saved = []
''', space)
def run():
    shown = []
    def seen(thing):
        shown.append(type(thing).__name__)
    space["seen"] = seen
    for _ in range(3):
        space["Saved"]()
        after = [[], [], object()]
    return shown, after, space["saved"]
""",
    "a finaliser that is called as any method is": """
space = {"seen": lambda thing: None}
exec('''
class Kept:
    def __del__(self):
        seen(self)
kept = [Kept() for _ in range(3)]
def ask():
    for one in kept:
        one.__del__()
''', space)
def run():
    shown = []
    def seen(thing):
        shown.append(thing)
    space["seen"] = seen
    space["ask"]()
    others = [object() for _ in range(3)]
    return shown, others
""",
    "saved in a global by its finaliser": """
class Saved:
    def __del__(self):
        global saved
        saved = self
        done = 1
        done = 2
saved = None
def run():
    thing = Saved()
    del thing
    found = saved is None
    return found
""",
    "forty finalisers that wait while another thread is recorded": """
import threading
class Waits:
    def __del__(self):
        thing = self
        turn.set()
        back.wait()
        back.clear()
        ended.append(type(thing).__name__)
turn, back, ended = threading.Event(), threading.Event(), []
def other():
    for number in range(40):
        turn.wait()
        turn.clear()
        back.set()
def run():
    thread = threading.Thread(target=other)
    thread.start()
    for number in range(40):
        Waits()
    thread.join()
    return len(ended)
""",
    "a thread that ends in the finaliser of what another one shows": """
import threading
class Waits:
    def __del__(self):
        shown.append(self)
        turn.set()
        back.wait()
turn, back, shown = threading.Event(), threading.Event(), []
def drops():
    Waits()
def run():
    thread = threading.Thread(target=drops)
    thread.start()
    turn.wait()
    thing = shown[0]
    thing.mark = 1
    back.set()
    thread.join()
    thing.mark = 2
    del thing
    shown.pop()
    return len(shown)
""",
}
# Those in which an object comes to be where one was that a finaliser showed.
REUSED = tuple(name for name in CASES if name.startswith(("leaves", "forty")))
