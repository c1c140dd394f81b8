# call: run()
import bisect
import heapq


def run():
    items = [5, 4, 3, 2, 1]
    items[1:3] = [9]
    del items[0]
    items.sort()
    items.reverse()
    items[0], items[-1] = items[-1], items[0]
    items.insert(1, "x")
    items *= 2
    items[::2] = [0, 0, 0, 0]
    heap = [7, 3, 5]
    heapq.heapify(heap)
    heapq.heappush(heap, 1)
    bisect.insort(heap, 4)
    items.clear()
    add = items.append
    add(items)
    return heap
