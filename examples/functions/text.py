"""Work on strings: counting, packing, and formats that can be wrong."""

from collections import Counter


def run_lengths(text):
    """Pack equal neighbours into pairs.

    >>> run_lengths("aaabcc")
    [('a', 3), ('b', 1), ('c', 2)]
    >>> run_lengths("")
    []
    """
    runs = []
    for letter in text:
        if runs and runs[-1][0] == letter:
            runs[-1] = (letter, runs[-1][1] + 1)
        else:
            runs.append((letter, 1))
    return runs


def unpack(runs):
    """Undo run_lengths.

    >>> unpack([("a", 3), ("b", 1)])
    'aaab'
    >>> unpack([("x", 0), ("-", 5)])
    '-----'
    """
    return "".join(letter * count for letter, count in runs)


def to_roman(number):
    """Write a number from 1 to 3999 in Roman letters.

    >>> to_roman(1994)
    'MCMXCIV'
    >>> to_roman(4)
    'IV'
    >>> to_roman(0)
    Traceback (most recent call last):
    ValueError: 0 has no Roman numeral
    """
    if not 0 < number < 4000:
        raise ValueError(f"{number} has no Roman numeral")
    values = [1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1]
    letters = ["M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"]
    written = []
    for value, letter in zip(values, letters):
        while number >= value:
            written.append(letter)
            number -= value
    return "".join(written)


def caesar(text, shift):
    """Move each letter of the alphabet by a distance and keep the rest.

    >>> caesar("Zebra, 9!", 3)
    'Cheud, 9!'
    >>> caesar("Cheud", -3)
    'Zebra'
    """
    moved = []
    for letter in text:
        if letter.isalpha():
            first = ord("a") if letter.islower() else ord("A")
            letter = chr((ord(letter) - first + shift) % 26 + first)
        moved.append(letter)
    return "".join(moved)


def top_words(text, count=2):
    """Name the most frequent words, equal ones by alphabet.

    >>> top_words("the cat and the dog and the bird")
    [('the', 3), ('and', 2)]
    >>> top_words("b a b a c", count=3)
    [('a', 2), ('b', 2), ('c', 1)]
    """
    words = Counter(text.lower().split())
    return sorted(words.items(), key=lambda pair: (-pair[1], pair[0]))[:count]


def parse_pairs(text):
    """Read `name=value` pairs, numbers as numbers.

    >>> parse_pairs("width=3; height=4.5; name=box")
    {'width': 3, 'height': 4.5, 'name': 'box'}
    >>> parse_pairs("broken")
    Traceback (most recent call last):
    ValueError: no '=' in 'broken'
    """
    pairs = {}
    for part in text.split(";"):
        name, found, value = part.strip().partition("=")
        if not found:
            raise ValueError(f"no '=' in {name!r}")
        for kind in (int, float, str):
            try:
                pairs[name] = kind(value)
            except ValueError:
                continue
            break
    return pairs
