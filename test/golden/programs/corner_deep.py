# call: run()
# granularity: call
# limits: {"depth": 5}


# 101. A list of 20,000 levels is cut by depth; neither writing nor freeing it recurses.
def look(nested):
    return nested[0][0]


def run():
    nested = levels = []
    for _ in range(20_000):
        nested = [nested]
    look(nested)
    depth = 0
    while nested is not levels:
        nested = nested[0]
        depth += 1
    return depth
