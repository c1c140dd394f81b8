# call: run([3, 1], "ab")
def run(numbers, text):
    total = 0
    for row, number in enumerate(numbers):
        for letter in text:
            for step in range(0, number, 2):
                total += row + step
        while number > 1: number -= 1
    for key, value in {"k": 1, "m": 2}.items():
        total += value
    for left, right in zip(reversed(numbers), map(str, numbers)):
        total += left + len(right)
    else:
        total = -total
    return total
