"""Sorting by hand: loops inside loops, swaps in place, and recursion on slices."""


def insertion_sort(items):
    """Sort a list in place and return it.

    >>> insertion_sort([5, 2, 4, 6, 1])
    [1, 2, 4, 5, 6]
    >>> insertion_sort([])
    []
    >>> insertion_sort(["pear", "fig", "apple"])
    ['apple', 'fig', 'pear']
    """
    for right in range(1, len(items)):
        current = items[right]
        left = right - 1
        while left >= 0 and items[left] > current:
            items[left + 1] = items[left]
            left -= 1
        items[left + 1] = current
    return items


def merge_sort(items):
    """Return a sorted copy, equal items in their old order.

    >>> merge_sort([3, 1, 2, 3, 0])
    [0, 1, 2, 3, 3]
    >>> merge_sort([(2, "b"), (1, "z"), (2, "a")])
    [(1, 'z'), (2, 'a'), (2, 'b')]
    """
    if len(items) < 2:
        return list(items)
    middle = len(items) // 2
    left, right = merge_sort(items[:middle]), merge_sort(items[middle:])
    merged = []
    while left and right:
        merged.append(left.pop(0) if left[0] <= right[0] else right.pop(0))
    return merged + left + right


def partition(items, low, high):
    """Put the last item of a stretch where it belongs and return that place.

    >>> numbers = [7, 2, 9, 4]
    >>> partition(numbers, 0, 3)
    1
    >>> numbers
    [2, 4, 9, 7]
    """
    pivot = items[high]
    border = low
    for index in range(low, high):
        if items[index] < pivot:
            items[border], items[index] = items[index], items[border]
            border += 1
    items[border], items[high] = items[high], items[border]
    return border


def quicksort(items, low=0, high=None):
    """Sort in place by partitioning.

    >>> numbers = [9, 3, 7, 1, 8]
    >>> quicksort(numbers)
    >>> numbers
    [1, 3, 7, 8, 9]
    >>> quicksort([2, 1])
    """
    if high is None:
        high = len(items) - 1
    if low < high:
        middle = partition(items, low, high)
        quicksort(items, low, middle - 1)
        quicksort(items, middle + 1, high)
