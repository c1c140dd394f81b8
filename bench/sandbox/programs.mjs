// The invocations of the sandbox bench: small functions as corpora have them, one of 1,000 lines, one that never ends.
import { createHash } from 'node:crypto';

const SMALL = [
  [
    `def is_prime(n):
    if n < 2:
        return False
    d = 2
    while d * d <= n:
        if n % d == 0:
            return False
        d += 1
    return True
`,
    'is_prime',
    ['7', '12', '29', '1', '49', '31'],
  ],
  [
    `def words(text):
    counts = {}
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
    return counts
`,
    'words',
    ["'a b a'", "''", "'x'", "'to be or not to be'", "'p q'", "'one two one'"],
  ],
  [
    `import json

def pick(text, key):
    try:
        return json.loads(text)[key]
    except KeyError:
        return None
`,
    'pick',
    [
      '\'{"a": 1}\', "a"',
      '\'{}\', "a"',
      '\'{"b": [1]}\', "b"',
      "'[1]', 0",
      '\'{"a": 2}\', "b"',
      "'[2, 3]', 1",
    ],
  ],
  [
    `class Stack:
    def __init__(self):
        self.items = []

    def push(self, item):
        self.items.append(item)
        return self

def fill(n):
    stack = Stack()
    for i in range(n):
        stack.push(i * i)
    return stack.items
`,
    'fill',
    ['0', '1', '2', '3', '4', '5'],
  ],
];

/** 200 rounds of five lines. */
const THOUSAND_LINES = `def f(a):
    for i in range(200):
        b = a + i
        c = b * 2
        d = c - i
        a = d % 1009
    return a
`;

const ENDLESS = `import threading

def f(n):
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()
`;

const idOf = (...texts) => createHash('sha256').update(texts.join('\0')).digest('hex');

function request({ source, entry, call, limits }) {
  return {
    invocationId: idOf(source, call),
    kind: 'source',
    source,
    entry,
    setup: '',
    call,
    stdin: '',
    granularity: 'line',
    backend: 'core',
    scope: 'record',
    limits,
  };
}

/** The `at`-th invocation of small functions, `inputs` of each function after each other. */
export function smallInvocation(at, inputs, limits) {
  const number = Math.floor(at / inputs);
  const [source, entry, calls] = SMALL[number % SMALL.length];
  // A comment makes another function of the same work.
  const text = `${source}# ${String(number)}\n`;
  return request({ source: text, entry, call: `${entry}(${calls[at % inputs]})`, limits });
}

export const smallInvocations = (count, inputs, limits) =>
  Array.from({ length: count }, (_, at) => smallInvocation(at, inputs, limits));

export function longInvocations(count, limits) {
  return Array.from({ length: count }, (_, at) =>
    request({ source: THOUSAND_LINES, entry: 'f', call: `f(${String(at)})`, limits }),
  );
}

/** Every n-th of the invocations waits for ever; spread evenly. */
export function withEndless(invocations, every, limits) {
  return invocations.map((invocation, at) =>
    at % every === every - 1
      ? request({ source: ENDLESS, entry: 'f', call: `f(${String(at)})`, limits })
      : invocation,
  );
}

/** The first function for those who only load and call it. */
export const BARE = { source: SMALL[0][0], call: 'is_prime(29)' };

/** The first function as a script of its own, for those who start an interpreter for each. */
export const SCRIPT = `${SMALL[0][0]}\nprint(is_prime(29))\n`;
