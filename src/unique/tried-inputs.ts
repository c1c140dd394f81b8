// Inputs by which an item of a benchmark is told apart beside its own: changed ones, and arguments that other items of the
// benchmark are given. A benchmark often asks with one input that says little (`[]`, a text that comes back as it was).

const TEXT = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/gsu;
const NUMBER = /\d[\d.e]*/gu;
const REPEATED = /(?<item>['0](?:: ['0])?)(?:, \k<item>)+/gu;
const PIECE = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|./gsu;

/** The arguments of a call in canonical form; commas in texts, brackets and calls part none. */
export function splitArguments(args: string): readonly string[] {
  const found: string[] = [];
  let [depth, one] = [0, ''];
  for (const [piece] of args.matchAll(PIECE)) {
    if ('([{'.includes(piece)) depth += 1;
    if (')]}'.includes(piece)) depth -= 1;
    if (piece === ',' && depth === 0) {
      found.push(one.trim());
      one = '';
    } else one += piece;
  }
  if (one.trim() !== '') found.push(one.trim());
  return found;
}

/** Arguments of one shape fit one function: `[1, 2]` and `[3]` have the same. */
export const shapeOf = (argument: string): string =>
  argument.replaceAll(TEXT, "'").replaceAll(NUMBER, '0').replaceAll(REPEATED, '$<item>');

/** A large number given to a function that was made for a small one keeps it busy until a limit ends it. */
const LARGE_NUMBER = /\d{6}/;
const CHARACTERS_MAX = 200;

/** Whether a function that it was not made for may be given this. */
export const isLendable = (args: string): boolean =>
  args.length <= CHARACTERS_MAX && !LARGE_NUMBER.test(args);

const OWN_MAX = 3;
const CHANGED_MAX = 40;
/** Texts, lists, tuples and numbers each know some of these, and two of them change only the type; what a change cannot be made of gives no input. */
const CHANGES: readonly ((argument: string) => string)[] = [
  (argument) => `(${argument}) * 2`,
  (argument) => `(${argument})[::-1]`,
  (argument) => `str(${argument})`,
  (argument) => `(${argument})[1:]`,
  (argument) => `(${argument}) / 1`,
  (argument) => `(${argument}) + 1`,
  (argument) => `(${argument}).upper()`,
  (argument) => `-(${argument})`,
  (argument) => `(${argument}).lower()`,
];

/** Own inputs with one argument changed, as expressions. */
export function changed(own: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (const change of CHANGES) {
    for (const args of own.slice(0, OWN_MAX)) {
      const each = splitArguments(args);
      for (const at of each.keys()) {
        found.push(
          each.map((argument, place) => (place === at ? change(argument) : argument)).join(', '),
        );
      }
    }
  }
  return found.slice(0, CHANGED_MAX);
}

/** `{`, `'`, `-` and so on: what kind of value an argument is. */
const kindOf = (argument: string): string => {
  const [head = ''] = shapeOf(argument);
  return /[A-Za-z]/.test(head) ? argument : head;
};

/** Some of each kind, for what a benchmark has few of. */
const STOCK = [
  ...["'abcabc'", "'12321'", "'A b C'", "'x'", "'Zürich 3'", "'2024'"],
  ...['[1, 2, 2, 3]', "['a', 'b', 'a']", '[[2, 1], [3]]', '[5, 0, -1]', "[1, 1.0, True, '1']"],
  ...["['x', 'yy', 'zzz']"],
  ...["{'a': 1, 'b': 2}", "{'x': 'y', 'y': 'x'}", "{1: 'a', 2: 'b', 3: 'a'}", "{'k': [1, 2]}"],
  ...['0', '1', '2', '3', '7', '12', '-1', '-4', '1.5', '-2.5'],
  ...['(1, 2, 3)', "('a', 'b')", 'True', 'False', 'None'],
] as const;

const PARTS: readonly ((argument: string) => string)[] = [
  (argument) => `(${argument})[:2]`,
  (argument) => `(${argument})[-2:]`,
  (argument) => `(${argument})[0]`,
  (argument) => argument,
];
const RELATED_MAX = 16;

/** The first own input with one argument made of another one: a head, a tail, an item, the whole. */
export function related([args = '']: readonly string[]): readonly string[] {
  const each = splitArguments(args);
  const found: string[] = [];
  for (const part of PARTS) {
    for (const [of, whole] of each.entries()) {
      for (const at of each.keys()) {
        if (at === of) continue;
        const made = each.map((argument, place) => (place === at ? part(whole) : argument));
        found.push(made.join(', '));
      }
    }
  }
  return found.slice(0, RELATED_MAX);
}

const MIXED_MAX = 40;
const DOUBLED_MAX = 20;
const WHOLE_MAX = 20;
const OF_SHAPE_MAX = 24;
const OF_KIND_MAX = 16;
/** Steps through lists of arguments, a prime for each place, so that equal lists are not read side by side. */
const STRIDES = [1, 7, 11, 13, 17, 19] as const;

/** What all items of a benchmark are given. */
export class LentInputs {
  /** By number of arguments. */
  readonly #whole = new Map<number, Set<string>>();
  readonly #byShape = new Map<string, Set<string>>();
  readonly #byKind = new Map<string, Set<string>>();

  constructor() {
    for (const argument of STOCK) put(this.#byKind, kindOf(argument), argument);
  }

  add(args: string): void {
    if (!isLendable(args)) return;
    const each = splitArguments(args);
    put(this.#whole, each.length, args);
    for (const argument of each) {
      put(this.#byShape, shapeOf(argument), argument);
      put(this.#byKind, kindOf(argument), argument);
    }
  }

  /** Arguments like those of an input in new combinations, and with one of them twice, as expressions. */
  mixed(args: string): { readonly plain: readonly string[]; readonly doubled: readonly string[] } {
    const pools = splitArguments(args).map((argument) => this.#like(argument));
    const at = (turn: number): string[] =>
      pools.map((pool, place) => {
        const index = (turn * (STRIDES[place] ?? 1) + place) % pool.length;
        return pool[index] ?? '';
      });
    const plain = Array.from({ length: MIXED_MAX }, (_, turn) => at(turn).join(', '));
    const doubled = Array.from({ length: DOUBLED_MAX }, (_, turn) =>
      at(turn)
        .map((argument, place) => (place === turn % pools.length ? `(${argument}) * 2` : argument))
        .join(', '),
    );
    return { plain, doubled };
  }

  /** Inputs of as many arguments, as they are. */
  whole(args: string): readonly string[] {
    return [...(this.#whole.get(splitArguments(args).length) ?? [])].slice(0, WHOLE_MAX);
  }

  #like(argument: string): readonly string[] {
    const ofShape = [...(this.#byShape.get(shapeOf(argument)) ?? [])].slice(0, OF_SHAPE_MAX);
    const ofKind = [...(this.#byKind.get(kindOf(argument)) ?? [])].slice(0, OF_KIND_MAX);
    const byTurns = Array.from({ length: OF_SHAPE_MAX }, (_, at) => [
      ofShape[at],
      ofKind[at],
    ]).flat();
    return [...new Set([...byTurns.filter((each) => each !== undefined), argument])];
  }
}

function put<Key>(sets: Map<Key, Set<string>>, key: Key, value: string): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}
