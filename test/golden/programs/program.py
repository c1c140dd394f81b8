# program
import sys

total = 0


def add(amount):
    global total
    total += amount


class Box:
    width = 2


for text in ["1", "2"]:
    add(int(text))
squares = [n * n for n in range(2)]
print(total, Box.width)
del squares
