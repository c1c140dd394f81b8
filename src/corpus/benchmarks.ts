// Benchmarks in the files that their authors publish. Their calls are the ones that count, so docstrings are not read for
// more; their solutions and outputs stay in the file.
import { cruxevalRecordSchema, humanevalRecordSchema } from '../schema/corpus-record.ts';
import type { RecordReading } from '../schema/corpus-record.ts';
import { openLinesFile } from './local.ts';
import type { CorpusReader, LineContext } from './port.ts';
import { check, lineLabel, readingOf, reject, sourceText } from './reading.ts';

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

interface Task {
  /** The benchmark's own name of the record, which becomes part of the path. */
  readonly id: string;
  readonly source: string;
  readonly entry: string;
  readonly call: string;
}

function recordOf(context: LineContext, benchmark: Benchmark, task: Task): RecordReading {
  return readingOf(context, {
    index: context.index,
    kind: 'source',
    source: sourceText(task.source),
    module: null,
    extract: false,
    entry: task.entry,
    inputs: [{ setup: '', call: task.call, stdin: '' }],
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

/** `code` and the argument list `input`; the function is the last one named f, with the helpers before it. */
function readCruxeval(
  context: LineContext,
  value: Readonly<Record<string, unknown>>,
): RecordReading {
  const checked = check(cruxevalRecordSchema, value);
  if (checked.kind === 'wrong') return reject(context, checked.reason);
  const { code, input, id } = checked.value;
  const task = { source: code, entry: 'f', call: `f(${input})` };
  return recordOf(context, CRUXEVAL, { ...task, id: String(id ?? context.index) });
}

/** The reference solution and its test in one module; the test is the call. */
function readHumaneval(
  context: LineContext,
  value: Readonly<Record<string, unknown>>,
): RecordReading {
  const checked = check(humanevalRecordSchema, value);
  if (checked.kind === 'wrong') return reject(context, checked.reason);
  const {
    task_id: id,
    prompt,
    canonical_solution: solution,
    entry_point: entry,
    test,
  } = checked.value;
  const source = `${prompt}${solution}\n\n${test}`;
  return recordOf(context, HUMANEVAL, { id, source, entry, call: `check(${entry})` });
}

export const cruxeval: CorpusReader = {
  openLocal: (path) => openLinesFile('cruxeval', path),
  weigh: () => 1,
  label: lineLabel,
  read: readCruxeval,
};

export const humaneval: CorpusReader = {
  openLocal: (path) => openLinesFile('humaneval', path),
  weigh: () => 1,
  label: lineLabel,
  read: readHumaneval,
};
