"""Classes: state that changes, methods that raise, and objects that share a list."""


class Account:
    """Money that may not run out."""

    def __init__(self, balance=0):
        self.balance = balance
        self.history = []

    def deposit(self, amount):
        """Add money.

        >>> account = Account(10)
        >>> account.deposit(5)
        15
        >>> account.deposit(-1)
        Traceback (most recent call last):
        ValueError: -1 is not positive
        """
        if amount <= 0:
            raise ValueError(f"{amount} is not positive")
        self.balance += amount
        self.history.append(("deposit", amount))
        return self.balance

    def withdraw(self, amount):
        """Take money, if it is there.

        >>> account = Account()
        >>> account.deposit(20)
        20
        >>> account.withdraw(8)
        12
        >>> Account(3).withdraw(4)
        Traceback (most recent call last):
        RuntimeError: 1 short
        """
        if amount > self.balance:
            raise RuntimeError(f"{amount - self.balance} short")
        self.balance -= amount
        self.history.append(("withdraw", amount))
        return self.balance


class Stack:
    """A pile of items that remembers its smallest.

    >>> pile = Stack()
    >>> pile.push(3)
    >>> pile.push(1)
    >>> pile.push(2)
    >>> pile.smallest()
    1
    >>> pile.pop()
    2
    """

    def __init__(self):
        self._items = []

    def push(self, item):
        least = min(item, self._items[-1][1]) if self._items else item
        self._items.append((item, least))

    def pop(self):
        return self._items.pop()[0]

    def smallest(self):
        return self._items[-1][1]


def shared_rows(height, width):
    """The classic mistake: every row is the same list.

    >>> shared_rows(2, 3)
    [[0, 1, 0], [0, 1, 0]]
    """
    rows = [[0] * width] * height
    rows[0][1] = 1
    return rows


def remember(item, seen=[]):
    """The other classic: a default that is kept between calls.

    >>> remember("a")
    ['a']
    """
    seen.append(item)
    return seen


def first_failure(actions):
    """Call one after the other and name the first exception, cleaning up in any case.

    >>> first_failure([lambda: 1, lambda: {}["x"], lambda: 1 / 0])
    ('KeyError', ['ran 0', 'ran 1'])
    >>> first_failure([])
    (None, [])
    """
    log = []
    for index, action in enumerate(actions):
        try:
            action()
        except (KeyError, ZeroDivisionError) as error:
            return type(error).__name__, log
        finally:
            log.append(f"ran {index}")
    return None, log


def make_counter(step):
    """A function that remembers how far it came.

    >>> make_counter(2)()
    2
    """
    count = 0

    def advance():
        nonlocal count
        count += step
        return count

    return advance


def run_counter(step, times):
    """Use a counter for a while.

    >>> run_counter(3, 4)
    [3, 6, 9, 12]
    """
    counter = make_counter(step)
    return [counter() for _ in range(times)]
