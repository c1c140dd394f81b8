// What a simulation needs: a queue of events by time, and numbers that look like chance and are the same each time.
import { randomOf } from '../lib/random.mjs';

/** A binary heap of { at }: the earliest first, equal times in the order in which they came. */
export class EventQueue {
  #heap = [];
  #count = 0;

  push(at, event) {
    const entry = { at, order: this.#count++, event };
    const heap = this.#heap;
    let place = heap.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (isBefore(heap[parent], entry)) break;
      heap[place] = heap[parent];
      place = parent;
    }
    heap[place] = entry;
  }

  pop() {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length > 0) this.#sink(last);
    return first;
  }

  get size() {
    return this.#heap.length;
  }

  #sink(entry) {
    const heap = this.#heap;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child += 1;
      if (isBefore(entry, heap[child])) break;
      heap[place] = heap[child];
      place = child;
    }
    heap[place] = entry;
  }
}

function isBefore(one, other) {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

export function chanceOf(seed) {
  const uniform = randomOf(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    uniform: (from, to) => from + (to - from) * uniform(),
    /** With this mean; sigma is of the logarithm. */
    lognormal: (mean, sigma) => mean * Math.exp(sigma * normal() - (sigma * sigma) / 2),
    exponential: (mean) => -mean * Math.log(1 - uniform()),
  };
}
