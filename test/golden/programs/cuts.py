# call: run()
# limits: {"stringCodePoints": 20, "stringHead": 5, "containerItems": 4, "depth": 3, "objectBytes": 64}
def run():
    text = "ab'" * 10
    data = b"xyz" * 9
    number = 3**60
    items = list(range(10))
    items[2] = "kept"
    items[8] = "cut off"
    items.append([1])
    del items[4:]
    pairs = {i: str(i) for i in range(6)}
    pairs[5] = "five"
    few = {i for i in range(6)}
    few.add("s")
    wide = ["w" * 19 for _ in range(4)]
    deep = [1]
    deep = [[[[deep]]]]
    inner = deep[0][0][0]
    named = {"k": text}
    return named
