"""Arithmetic with loops, recursion and generators."""


def gcd(a, b):
    """Greatest common divisor, the old way.

    >>> gcd(48, 36)
    12
    >>> gcd(17, 5)
    1
    """
    while b:
        a, b = b, a % b
    return a


def primes_below(limit):
    """The sieve of Eratosthenes.

    >>> primes_below(20)
    [2, 3, 5, 7, 11, 13, 17, 19]
    >>> primes_below(2)
    []
    """
    is_prime = [True] * limit
    found = []
    for number in range(2, limit):
        if not is_prime[number]:
            continue
        found.append(number)
        for multiple in range(number * number, limit, number):
            is_prime[multiple] = False
    return found


def collatz(number):
    """Yield the steps from a number down to 1.

    >>> list(collatz(6))
    [6, 3, 10, 5, 16, 8, 4, 2, 1]
    >>> max(collatz(27))
    9232
    >>> sum(1 for _ in collatz(7))
    17
    """
    while True:
        yield number
        if number == 1:
            return
        number = 3 * number + 1 if number % 2 else number // 2


def hanoi(disks, source="A", target="C", spare="B"):
    """The moves that carry a tower over.

    >>> hanoi(2)
    [('A', 'B'), ('A', 'C'), ('B', 'C')]
    >>> len(hanoi(4))
    15
    """
    if disks == 0:
        return []
    before = hanoi(disks - 1, source, spare, target)
    after = hanoi(disks - 1, spare, target, source)
    return before + [(source, target)] + after


def power(base, exponent):
    """Raise by squaring.

    >>> power(3, 13)
    1594323
    >>> power(2, -2)
    0.25
    """
    if exponent < 0:
        return 1 / power(base, -exponent)
    result = 1
    while exponent:
        if exponent & 1:
            result *= base
        base *= base
        exponent >>= 1
    return result


def newton_root(value, rounds=6):
    """Approach a square root from above.

    >>> round(newton_root(2), 6)
    1.414214
    >>> newton_root(0)
    Traceback (most recent call last):
    ZeroDivisionError: float division by zero
    """
    guess = float(value)
    for _ in range(rounds):
        guess = (guess + value / guess) / 2
    return guess
