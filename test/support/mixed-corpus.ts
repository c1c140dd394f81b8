// A small corpus on which runs are compared: every kind of end, kept and lost records, duplicates, and programs whose
// result hangs on addresses, hash seed or the clock.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

interface CorpusLine {
  readonly source: string;
  readonly entry: string;
  readonly calls: readonly string[];
}

const line = (source: string, entry: string, ...calls: readonly string[]): CorpusLine => ({
  source,
  entry,
  calls,
});

/**
 * Its value is the order in which a set gives objects: that of their addresses. `order` is about the heap that the sandbox
 * has laid out; `far` makes so many, in C code alone, that they lie where the kernel puts new memory, and its table has so
 * many places that the upper digits of an address count.
 */
export const ADDRESS_ORDER = line(
  [
    'from itertools import islice, repeat, starmap',
    '',
    'class Item:',
    '    def __init__(self, number):',
    '        self.number = number',
    '',
    'def order(count):',
    '    if count > 1000:',
    '        return far(count)',
    '    return [item.number for item in {Item(number) for number in range(count)}]',
    '',
    'def far(count):',
    '    objects = tuple(starmap(object, repeat((), count)))',
    '    places = dict(zip(objects, range(count)))',
    '    return list(islice(map(places.get, set(objects)), 40))',
    '',
  ].join('\n'),
  'order',
  'order(60)',
  'order(900)',
  'order(150000)',
);

const SPECIAL: readonly CorpusLine[] = [
  line('def words(text):\n    return list(set(text.split()))\n', 'words', "words('a b c d e f g')"),
  line(
    'import time\n\ndef now():\n    return time.time() > 0, time.perf_counter()\n',
    'now',
    'now()',
  ),
  line(
    'import random\n\ndef roll(n):\n    return [random.random() for _ in range(n)]\n',
    'roll',
    'roll(3)',
  ),
  line('def divide(a, b):\n    return a / b\n', 'divide', 'divide(1, 0)', 'divide(1, 4)'),
  line('def leave(code):\n    raise SystemExit(code)\n', 'leave', 'leave(3)'),
  line('def spin():\n    while True:\n        pass\n', 'spin', 'spin()'),
  line('def flood():\n    while True:\n        print("x" * 1000)\n', 'flood', 'flood()'),
  line('import os\n\ndef gone():\n    os._exit(7)\n', 'gone', 'gone()'),
  line(
    'def deep(n):\n    return 0 if n == 0 else 1 + deep(n - 1)\n',
    'deep',
    'deep(20)',
    'deep(100000)',
  ),
  line(
    'def grow(xs):\n    ys = xs\n    ys.append(len(xs))\n    return xs\n',
    'grow',
    'grow([1])',
    'grow( [ 1 ] )',
  ),
  // One step that takes half a second: what is to happen while a function runs finds it running.
  line('def heavy(n):\n    return sum(range(n))\n', 'heavy', 'heavy(60000000)', 'heavy(60000001)'),
  line('raise ValueError("at load")\n\ndef f():\n    return 1\n', 'f', 'f()'),
  line('def f(x):\n    return x\n', 'f', 'f(undefined)', 'f(1)', 'f(1'),
];

/** Every 28th has the tree of another one under other names: one of the two is kept. */
function plain(index: number): CorpusLine {
  const name = `sum_${String(index)}`;
  const source = [
    `def ${name}(values):`,
    '    total = 0',
    '    for value in values:',
    `        if value % ${String((index % 4) + 2)} == 0:`,
    `            total += value * ${String(index % 7)}`,
    '        print(total)',
    '    return {"total": total, "seen": sorted(set(values))}',
    '',
  ].join('\n');
  return line(source, name, `${name}([3, 1, 2, ${String(index)}])`, `${name}([])`);
}

/** Lines that make rejects, each with its own reason. */
const BROKEN: readonly string[] = [
  '{"source": "def f(: pass", "entry": "f", "calls": ["f()"]}',
  '{"source": "print 1", "entry": "f", "calls": ["f()"]}',
  '{"source": "def f():\\n    return 1\\n", "entry": "missing", "calls": ["f()"]}',
  '{"source": ',
  '[1, 2]',
  '{"entry": "f"}',
];

export interface MixedCorpus {
  /** Path of a job spec beside the corpus. */
  readonly spec: string;
  readonly records: number;
}

/** Writes `mixed.jsonl` and `mixed.yaml`; the spec gives no bucket, so that runs can be kept apart. */
export async function writeMixedCorpus(folder: string, plainCount = 40): Promise<MixedCorpus> {
  const good = [
    ADDRESS_ORDER,
    ...SPECIAL,
    ...Array.from({ length: plainCount }, (_, i) => plain(i)),
  ];
  const lines = [...good.map((record) => JSON.stringify(record)), ...BROKEN];
  // Rejects among the others, in a fixed order that has nothing to do with batches.
  const mixed = lines.map((text, index) => lines[(index * 7) % lines.length] ?? text);
  await writeFile(join(folder, 'mixed.jsonl'), `${mixed.join('\n')}\n`);
  const spec = join(folder, 'mixed.yaml');
  await writeFile(
    spec,
    [
      'specVersion: 1',
      'name: mixed',
      'corpus: [{ kind: jsonl, at: mixed.jsonl }]',
      'output: { set: mixed@v1 }',
      'render: [{ format: dynamic, ahead: [1, 4] }, { format: cwm }, { format: direct }]',
      'balance: { perFunctionMax: 2, raisingMax: 25% }',
      '',
    ].join('\n'),
  );
  return { spec, records: lines.length };
}
