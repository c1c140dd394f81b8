// Benchmarks in the files that their authors publish. Their calls are the ones that count, so docstrings are not read for
// more; their solutions and outputs stay in the file.
import type { CorpusKind } from '../contract/spec.ts';
import {
  cruxevalRecordSchema,
  humanevalRecordSchema,
  lcbExecutionRecordSchema,
  mbppRecordSchema,
} from '../schema/corpus-record.ts';
import type { CorpusRecord, GivenInput, RecordReading } from '../schema/corpus-record.ts';
import { argumentLists } from './json-literal.ts';
import type { CorpusReader, LineContext } from './port.ts';
import { check, lineLabel, readingOf, reject, sourceText } from './reading.ts';
import { openRows } from './rows.ts';

interface Benchmark {
  readonly repository: string;
  /** File in the repository. */
  readonly file: string;
  readonly license: string;
}

const CRUXEVAL: Benchmark = {
  repository: 'facebookresearch/cruxeval',
  file: 'data/cruxeval.jsonl',
  license: 'MIT',
};
const HUMANEVAL: Benchmark = {
  repository: 'openai/human-eval',
  file: 'data/HumanEval.jsonl.gz',
  license: 'MIT',
};
const HUMANEVAL_PLUS: Benchmark = {
  repository: 'evalplus/humanevalplus_release',
  file: 'HumanEvalPlus.jsonl.gz',
  license: 'Apache-2.0',
};
const MBPP: Benchmark = {
  repository: 'google-research/google-research',
  file: 'mbpp/mbpp.jsonl',
  license: 'CC-BY-4.0',
};
const LCB_EXECUTION: Benchmark = {
  repository: 'livecodebench/execution-v2',
  file: 'test.jsonl',
  license: 'MIT',
};

type Task = Partial<Pick<CorpusRecord, 'entry' | 'inputs' | 'tests' | 'testing'>> & {
  /** The benchmark's own name of the record, which becomes part of the path. */
  readonly id: string;
  readonly source: string;
};

const given = (call: string): GivenInput => ({ setup: '', call, stdin: '' });

function recordOf(context: LineContext, benchmark: Benchmark, task: Task): RecordReading {
  return readingOf(context, {
    index: context.index,
    kind: 'source',
    source: sourceText(task.source),
    module: null,
    extract: false,
    entry: task.entry ?? null,
    inputs: task.inputs ?? [],
    ...(task.tests === undefined ? {} : { tests: task.tests }),
    ...(task.testing === undefined ? {} : { testing: task.testing }),
    doctests: false,
    provenance: {
      label: lineLabel(context),
      repository: benchmark.repository,
      path: `${benchmark.file}#${task.id}`,
      commit: null,
      license: benchmark.license,
      licenseSource: 'repository',
    },
  });
}

type Read = CorpusReader['read'];

/** `code` and the argument list `input`; the function is the last one named f, with the helpers before it. */
const readCruxeval: Read = (context, value) => {
  const checked = check(cruxevalRecordSchema, value);
  if (checked.kind === 'wrong') return reject(context, checked.reason);
  const { code, input, id } = checked.value;
  return recordOf(context, CRUXEVAL, {
    id: String(id ?? context.index),
    source: code,
    entry: 'f',
    inputs: [given(`f(${input})`)],
  });
};

/**
 * HumanEval: the reference solution and its test in one module; the test is the call, or is run for its calls. HumanEval+: the solution, called
 * with each of the argument lists, whose numbers keep all their digits.
 */
const readHumaneval: Read = (context, value, text) => {
  const checked = check(humanevalRecordSchema, value);
  if (checked.kind === 'wrong') return reject(context, checked.reason);
  const task = checked.value;
  const { task_id: id, entry_point: entry } = task;
  const solution = `${task.prompt}${task.canonical_solution}`;
  if (task.base_input !== undefined || task.plus_input !== undefined) {
    const lists = argumentLists(text, ['base_input', 'plus_input']);
    const inputs = lists.map((list) => given(`${entry}(${list})`));
    return recordOf(context, HUMANEVAL_PLUS, { id, source: solution, entry, inputs });
  }
  if (task.test === undefined) return reject(context, 'field-missing');
  const source = `${solution}\n\n${task.test}`;
  const testing = {
    solution: sourceText(solution),
    program: sourceText(`${source}\n\ncheck(${entry})\n`),
  };
  const inputs = [given(`check(${entry})`)];
  return recordOf(context, HUMANEVAL, { id, source, entry, inputs, testing });
};

/** The solution; its inputs are the calls in the assertions, which CPython finds. */
const readMbpp: Read = (context, value) => {
  const checked = check(mbppRecordSchema, value);
  if (checked.kind === 'wrong') return reject(context, checked.reason);
  const task = checked.value;
  const texts = [...task.test_list, ...(task.challenge_test_list ?? [])].map(sourceText);
  if (texts.length === 0) return reject(context, 'field-missing');
  const setup = [...(task.test_imports ?? []), task.test_setup_code ?? ''].join('\n');
  return recordOf(context, MBPP, {
    id: String(task.task_id),
    source: task.code,
    tests: { texts, setup: sourceText(setup).trim() },
  });
};

/** Names that solutions of contests use without importing them, by module. */
const CONTEST_NAMES: readonly (readonly [string, string])[] = [
  ['bisect', 'bisect, bisect_left, bisect_right, insort'],
  ['collections', 'Counter, OrderedDict, defaultdict, deque'],
  ['copy', 'copy, deepcopy'],
  ['functools', 'cache, cmp_to_key, lru_cache, reduce'],
  ['heapq', 'heapify, heappop, heappush, heappushpop, heapreplace, merge, nlargest, nsmallest'],
  [
    'itertools',
    'accumulate, chain, combinations, count, cycle, groupby, islice, pairwise, permutations, product, repeat, zip_longest',
  ],
  ['math', 'ceil, comb, factorial, floor, gcd, inf, isqrt, lcm, log, log2, log10, sqrt'],
  ['operator', 'itemgetter, sub, xor'],
  ['os.path', 'commonprefix'],
  ['string', 'ascii_lowercase, ascii_uppercase, digits'],
  [
    'typing',
    'Any, Callable, Dict, Generator, Iterable, Iterator, List, Optional, Set, Tuple, Union',
  ],
];
const CONTEST_MODULES =
  'bisect, collections, copy, functools, heapq, itertools, math, operator, random, re, string, typing';
const CONTEST_PRELUDE = [
  ...CONTEST_NAMES.map(([module, names]) => `from ${module} import ${names}`),
  // After the names: `copy` and `bisect` are functions above and modules to those who write a dot.
  `import ${CONTEST_MODULES.replace('bisect, ', '').replace('copy, ', '')}`,
].join('\n');

/** `input` is the whole call; the solution expects a contest's imports before it. */
const readLcbExecution: Read = (context, value) => {
  const checked = check(lcbExecutionRecordSchema, value);
  if (checked.kind === 'wrong') return reject(context, checked.reason);
  const { code, function_name: entry, input, id, question_id: question } = checked.value;
  const isCall = input.trimStart().startsWith(`${entry}(`);
  return recordOf(context, LCB_EXECUTION, {
    id: String(id ?? question ?? context.index),
    source: `${CONTEST_PRELUDE}\n\n${sourceText(code)}`,
    entry,
    inputs: [given(isCall ? input : `${entry}(${input})`)],
  });
};

function benchmark(kind: CorpusKind, read: Read): CorpusReader {
  return {
    openLocal: (place, tools) => openRows(kind, place, tools),
    weigh: () => 1,
    label: lineLabel,
    read,
  };
}

export const cruxeval = benchmark('cruxeval', readCruxeval);
export const humaneval = benchmark('humaneval', readHumaneval);
export const mbpp = benchmark('mbpp', readMbpp);
export const lcbExecution = benchmark('lcb-execution', readLcbExecution);
