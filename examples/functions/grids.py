"""Tables of rows and columns: nested loops, breadth-first search, and dynamic programming."""

from collections import deque


def transpose(rows):
    """Swap rows and columns.

    >>> transpose([[1, 2, 3], [4, 5, 6]])
    [[1, 4], [2, 5], [3, 6]]
    """
    return [[row[column] for row in rows] for column in range(len(rows[0]))]


def life(cells):
    """One generation of Conway's game of life on a set of living cells.

    >>> sorted(life({(0, 1), (1, 1), (2, 1)}))
    [(1, 0), (1, 1), (1, 2)]
    """
    neighbours = {}
    for x, y in sorted(cells):
        for dx in (-1, 0, 1):
            for dy in (-1, 0, 1):
                if dx or dy:
                    place = (x + dx, y + dy)
                    neighbours[place] = neighbours.get(place, 0) + 1
    return {
        place
        for place, count in neighbours.items()
        if count == 3 or (count == 2 and place in cells)
    }


def shortest_path(maze, start, goal):
    """The number of steps through a maze in which `#` is wall, or None.

    >>> shortest_path(["..#", ".#.", "..."], (0, 0), (2, 2))
    4
    >>> shortest_path([".#.", "##.", "..."], (0, 0), (2, 2)) is None
    True
    """
    steps = {start: 0}
    waiting = deque([start])
    while waiting:
        row, column = waiting.popleft()
        if (row, column) == goal:
            return steps[goal]
        for place in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)):
            inside = 0 <= place[0] < len(maze) and 0 <= place[1] < len(maze[0])
            if inside and maze[place[0]][place[1]] != "#" and place not in steps:
                steps[place] = steps[(row, column)] + 1
                waiting.append(place)
    return None


def edit_distance(first, second):
    """The fewest changes of one letter that turn one word into the other.

    >>> edit_distance("kitten", "sitting")
    3
    >>> edit_distance("", "abc")
    3
    """
    previous = list(range(len(second) + 1))
    for row, letter in enumerate(first, start=1):
        current = [row]
        for column, other in enumerate(second, start=1):
            change = previous[column - 1] + (letter != other)
            current.append(min(change, previous[column] + 1, current[-1] + 1))
        previous = current
    return previous[-1]


def pascal(height):
    """The rows of Pascal's triangle, one after the other.

    >>> list(pascal(4))
    [[1], [1, 1], [1, 2, 1], [1, 3, 3, 1]]
    """
    row = [1]
    for _ in range(height):
        yield row
        row = [1] + [left + right for left, right in zip(row, row[1:])] + [1]
