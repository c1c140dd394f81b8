# call: run()
def fill(target, value):
    target.append(value)
    return target


def run():
    row = [0, 0]
    grid = [row] * 2
    grid[0][1] = 9
    other = row
    other += [5]
    loop = [1]
    loop.append(loop)
    same = fill(row, loop) is other
    held = ([],)
    try:
        held[0] += ["kept"]
    except TypeError as error:
        reason = type(error).__name__
    return grid, same, held, reason
