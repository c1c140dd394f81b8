// The templates of determinism-programs.ts: bodies of a function of one argument, with what is known of each.
import type { Label } from '../../src/contract/outcome.ts';

/**
 * `stable`: both executions agree. `planted`: result or output hangs on order or clock, so confirm must find it.
 * `numbered`: the same, and the row itself differs with the place in a sandbox. `events`: only the events do. `threads`:
 * several threads run at once.
 */
export type Nature = 'stable' | 'planted' | 'numbered' | 'events' | 'threads';

export class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** A whole number from 0 to `below` - 1 (a 32-bit xorshift). */
  below(below: number): number {
    let x = this.state === 0 ? 1 : this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return this.state % below;
  }

  word(): string {
    return Array.from({ length: 3 + this.below(5) }, () =>
      String.fromCharCode(97 + this.below(26)),
    ).join('');
  }

  /** Distinct words as a Python list display. */
  words(count: number): string {
    const words = new Set<string>();
    while (words.size < count) words.add(this.word());
    return JSON.stringify([...words]);
  }

  numbers(count: number): string {
    return JSON.stringify(Array.from({ length: count }, () => this.below(1000)));
  }
}

export interface Template {
  readonly name: string;
  readonly nature: Nature;
  readonly labels?: readonly Label[];
  /** Body of `f(xs)`, and what stands before it. */
  readonly body: string;
  readonly head?: string;
  /** The argument. */
  readonly xs: (chance: Chance) => string;
}

const words = (chance: Chance): string => chance.words(10 + chance.below(8));
const numbers = (chance: Chance): string => chance.numbers(4 + chance.below(9));
const size = (chance: Chance): string => String(12 + chance.below(20));

const THING = 'class Thing:\n    def __init__(self, n):\n        self.n = n\n';

const STABLE: readonly Omit<Template, 'nature'>[] = [
  {
    name: 'sums',
    body: 'total = 0\nfor x in xs:\n    total = total * 31 + x\nreturn total',
    xs: numbers,
  },
  { name: 'text', body: 'return "-".join(x.upper() for x in xs).split("A")', xs: words },
  {
    name: 'counts',
    body: 'd = {}\nfor x in xs:\n    d[x[0]] = d.get(x[0], 0) + 1\nreturn d',
    xs: words,
  },
  { name: 'sorted set', body: 'return sorted(set(xs))', xs: words },
  {
    name: 'set algebra',
    body: 'a = set(xs)\nreturn len(a), a == set(reversed(xs)), xs[0] in a, len(a - {xs[0]})',
    xs: words,
  },
  { name: 'set of numbers', body: 'return list(set(xs))', xs: numbers },
  { name: 'instances', head: THING, body: 'return [Thing(x).n + 1 for x in xs]', xs: numbers },
  {
    name: 'identity kept',
    head: THING,
    body: 'd = {Thing(x): x for x in xs}\nreturn list(d.values())',
    xs: numbers,
  },
  {
    name: 'recursion',
    head: 'def g(n):\n    return n if n < 2 else g(n - 1) + g(n - 2)\n',
    body: 'return g(len(xs) % 9)',
    xs: words,
  },
  {
    name: 'generator',
    head: 'def g(xs):\n    for x in xs:\n        yield x\n        yield -x\n',
    body: 'return list(g(xs))',
    xs: numbers,
  },
  { name: 'raises', body: 'return {}[xs[0]]', xs: words },
  { name: 'exits', body: 'raise SystemExit(len(xs))', xs: words },
  { name: 'prints', body: 'print(*xs)\nprint(len(xs), end="")', xs: words },
  { name: 'mutates', body: 'xs.sort()\nxs.append(xs[0])', xs: words },
  {
    name: 'chance',
    head: 'import random\n',
    body: 'return [random.random() for _ in xs], random.choice(xs)',
    xs: words,
  },
  { name: 'shuffled', head: 'import random\n', body: 'random.shuffle(xs)\nreturn xs', xs: words },
  {
    name: 'uuid',
    head: 'import uuid\n',
    body: 'return uuid.uuid4().hex, uuid.uuid5(uuid.NAMESPACE_DNS, xs[0]).hex',
    xs: words,
  },
  {
    name: 'system chance',
    head: 'import os, secrets\n',
    body: 'return os.urandom(8), secrets.token_hex(4), xs[0]',
    xs: words,
  },
  {
    name: 'process',
    head: 'import os, platform, threading\n',
    body: 'return os.getpid(), os.getppid(), platform.node(), os.cpu_count(), threading.get_native_id(), xs[0]',
    xs: words,
  },
  {
    name: 'clock that passes',
    head: 'import time\n',
    body: 'a = time.monotonic()\ntime.sleep(0.5)\nreturn time.monotonic() - a > 0.4, time.time() > 0, xs[0]',
    xs: words,
  },
  {
    name: 'counter',
    head: 'from collections import Counter\n',
    body: 'return Counter("".join(xs)).most_common(3)',
    xs: words,
  },
  {
    name: 'json',
    head: 'import json\n',
    body: 'return json.loads(json.dumps({"a": xs}))',
    xs: words,
  },
  {
    name: 'decimals',
    head: 'from decimal import Decimal\n',
    body: 'return [Decimal(x) / 7 for x in xs]',
    xs: numbers,
  },
  {
    name: 'weak',
    head: `import weakref\n${THING}`,
    body: 't = Thing(xs[0])\nr = weakref.ref(t)\ndel t\nreturn r() is None',
    xs: words,
  },
  {
    name: 'temporary file',
    head: 'import tempfile\n',
    body: 'with tempfile.TemporaryFile() as file:\n    file.write(xs[0].encode())\n    file.seek(0)\n    return file.read()',
    xs: words,
  },
  { name: 'loops on', body: 'while True:\n    xs[0] += "x"', xs: words },
  { name: 'too much output', body: 'while True:\n    print(xs[0] * 10)', xs: words },
  { name: 'gone', head: 'import os\n', body: 'print(xs[0])\nos._exit(len(xs))', xs: words },
  { name: 'aborts', head: 'import os\n', body: 'print(xs[0])\nos.abort()', xs: words },
  { name: 'does not load', head: 'raise ValueError(1)\n', body: 'return xs', xs: words },
  {
    name: 'joined thread',
    labels: ['threads'],
    head: 'import threading\n',
    body: 'found = []\nt = threading.Thread(target=found.append, args=(xs[0],))\nt.start()\nt.join()\nreturn found',
    xs: words,
  },
];

const PLANTED: readonly Omit<Template, 'nature'>[] = [
  { name: 'order of a set', labels: ['hash-order'], body: 'return list(set(xs))', xs: words },
  { name: 'text of a set', labels: ['hash-order'], body: 'return str(set(xs))', xs: words },
  { name: 'printed set', labels: ['hash-order'], body: 'print(*set(xs))', xs: words },
  {
    name: 'popped',
    labels: ['hash-order'],
    body: 's = set(xs)\nreturn [s.pop() for _ in range(len(s))]',
    xs: words,
  },
  {
    name: 'keys of a set',
    labels: ['hash-order'],
    body: 'return list({x: len(x) for x in set(xs)})',
    xs: words,
  },
  {
    name: 'set in an error',
    labels: ['hash-order'],
    body: 'raise ValueError(" ".join(set(xs)))',
    xs: words,
  },
  { name: 'set in an argument', body: 'xs[:] = set(xs)', xs: words },
  {
    name: 'set in an exit',
    labels: ['hash-order'],
    body: 'raise SystemExit(",".join(set(xs)))',
    xs: words,
  },
  {
    name: 'set on stderr',
    labels: ['hash-order'],
    head: 'import sys\n',
    body: 'for x in set(xs):\n    sys.stderr.write(x)',
    xs: words,
  },
  {
    name: 'order in slots',
    head: 'class C:\n    __slots__ = ("a",)\n',
    body: 'c = C()\nc.a = [hash(x) % 1000003 for x in xs]\nreturn c.a',
    xs: words,
  },
  { name: 'hash', body: 'return hash(xs[0])', xs: words },
  { name: 'hash of a tuple', body: 'return hash(tuple(xs))', xs: words },
  {
    name: 'order of instances',
    labels: ['identity-order'],
    head: THING,
    body: 'return [t.n for t in {Thing(n) for n in range(xs)}]',
    xs: size,
  },
  {
    name: 'sorted by id',
    head: THING,
    body: 'ts = [Thing(n) for n in range(xs)]\nreturn [t.n for t in sorted(ts, key=id)]',
    xs: size,
  },
  { name: 'address', body: 'return id(object()), xs', xs: size },
  { name: 'address in a text', body: 'return repr(object()), xs', xs: size },
  { name: 'printed address', head: THING, body: 'print(Thing(xs))', xs: size },
  { name: 'hash of an instance', head: THING, body: 'return hash(Thing(xs))', xs: size },
  {
    name: 'time',
    labels: ['touches-clock'],
    head: 'import time\n',
    body: 'return time.time(), xs[0]',
    xs: words,
  },
  {
    name: 'now',
    labels: ['touches-clock'],
    head: 'import datetime\n',
    body: 'return datetime.datetime.now().isoformat(), xs[0]',
    xs: words,
  },
  {
    name: 'today',
    labels: ['touches-clock'],
    head: 'import datetime\n',
    body: 'print(datetime.date.today(), xs[0])',
    xs: words,
  },
  {
    name: 'elapsed',
    labels: ['touches-clock'],
    head: 'import time\n',
    body: 'a = time.perf_counter()\nfor x in xs:\n    pass\nreturn time.perf_counter() - a',
    xs: words,
  },
  {
    name: 'minute',
    labels: ['touches-clock'],
    head: 'import time\n',
    body: 'return time.strftime("%H:%M"), xs[0]',
    xs: words,
  },
  {
    name: 'chance by the clock',
    labels: ['touches-clock'],
    head: 'import random, time\n',
    body: 'random.seed(time.time_ns())\nreturn random.random(), xs[0]',
    xs: words,
  },
  {
    name: 'uuid by the clock',
    head: 'import uuid\n',
    body: 'return uuid.uuid1().hex, xs[0]',
    xs: words,
  },
];

const NUMBERED: readonly Omit<Template, 'nature'>[] = [
  {
    name: 'number of a process',
    labels: ['processes'],
    head: 'import os\n',
    body: 'pid = os.fork()\nif pid == 0:\n    os._exit(0)\nreturn os.waitpid(pid, 0), xs[0]',
    xs: words,
  },
  {
    name: 'numbers of processes',
    head: 'import os\n',
    body: 'return sorted(int(name) for name in os.listdir("/proc") if name.isdigit()), xs[0]',
    xs: words,
  },
];

const EVENTS: readonly Omit<Template, 'nature'>[] = [
  {
    name: 'sum over a set',
    labels: ['hash-order'],
    body: 'total = 0\nfor x in set(xs):\n    total += len(x)\nreturn total',
    xs: words,
  },
  {
    name: 'set sorted later',
    labels: ['hash-order'],
    body: 'found = []\nfor x in set(xs):\n    found.append(x)\nreturn sorted(found)',
    xs: words,
  },
  {
    name: 'largest of a set',
    labels: ['hash-order'],
    body: 'best = ""\nfor x in frozenset(xs):\n    if x > best:\n        best = x\nreturn best',
    xs: words,
  },
  {
    name: 'sum over instances',
    labels: ['identity-order'],
    head: THING,
    body: 'total = 0\nfor t in {Thing(n) for n in range(xs)}:\n    total += t.n\nreturn total',
    xs: size,
  },
  {
    name: 'instances sorted later',
    labels: ['identity-order'],
    head: THING,
    body: 'found = []\nfor t in {Thing(n) for n in range(xs)}:\n    found.append(t.n)\nreturn sorted(found)',
    xs: size,
  },
  {
    name: 'address looked at',
    labels: ['identity'],
    body: 'o = object()\ntext = repr(o)\nreturn text.startswith("<object"), xs',
    xs: size,
  },
];

const THREADS: readonly Omit<Template, 'nature'>[] = [
  {
    name: 'racing threads',
    labels: ['threads'],
    head: 'import threading\n',
    body: 'found = []\ndef work(x):\n    for _ in range(20):\n        found.append(x)\nts = [threading.Thread(target=work, args=(x,)) for x in xs[:3]]\nfor t in ts:\n    t.start()\nfor t in ts:\n    t.join()\nreturn found',
    xs: words,
  },
  {
    name: 'pool',
    labels: ['threads'],
    head: 'from concurrent.futures import ThreadPoolExecutor\n',
    body: 'with ThreadPoolExecutor(2) as pool:\n    return list(pool.map(len, xs))',
    xs: words,
  },
];

const natured = (nature: Nature, list: readonly Omit<Template, 'nature'>[]): Template[] =>
  list.map((template) => ({ ...template, nature }));

export const TEMPLATES: readonly Template[] = [
  ...natured('stable', STABLE),
  ...natured('planted', PLANTED),
  ...natured('numbered', NUMBERED),
  ...natured('events', EVENTS),
  ...natured('threads', THREADS),
];
