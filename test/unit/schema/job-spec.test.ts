// The job spec: its defaults, its units, and a sentence for every mistake.
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';
import { AppError } from '../../../src/errors.ts';
import { parseJobSpec, specFromCorpusArgument } from '../../../src/schema/job-spec.ts';
import { parseSpecText } from '../../../src/schema/spec-document.ts';
import { thrownBy } from '../../support/thrown.ts';

const LLM = {
  ...{ endpoint: 'env', model: 'm-1', budgetUsd: 2.5 },
  prices: { input: 0.15, output: 0.6 },
};
const base = { specVersion: 1, corpus: [{ kind: 'jsonl', at: 'a.jsonl' }] };

describe('a job spec', () => {
  test('of version and corpus alone gets every default', () => {
    expect(parseJobSpec(base)).toEqual({
      specVersion: 1,
      name: null,
      notify: null,
      corpus: [{ kind: 'jsonl', at: 'a.jsonl', commit: null, map: {} }],
      unique: { exact: 'ast', near: { jaccard: 0.7 } },
      inputs: { keep: 6, from: ['given', 'doctest'] },
      trace: { python: '3.13', granularity: 'line', scope: 'record', sourceBytesMax: 20_000 },
      limits: DEFAULT_LIMITS,
      confirm: { invocations: 'all' },
      policy: 'default@1',
      require: { acceptedMin: null, faultsMax: null },
      output: { bucket: null, set: null },
    });
  });

  test('reads sizes, times and shares as people write them', () => {
    const spec = parseJobSpec({
      ...base,
      limits: { memory: '512MiB', cpu: '2.5s', wall: 30_000, trace: '1 MB', source: '1KiB' },
      require: { acceptedMin: '30%', faultsMax: 0.001 },
      output: { bucket: 's3://traces/', set: 'mine@v3' },
    });
    expect(spec.limits).toMatchObject({
      memoryBytes: 512 * 1024 * 1024,
      cpuMs: 2500,
      wallMs: 30_000,
      traceBytes: 1_000_000,
    });
    expect(spec.trace.sourceBytesMax).toBe(1024);
    expect(spec.require).toEqual({ acceptedMin: 0.3, faultsMax: 0.001 });
    expect(spec.output).toEqual({ bucket: 'traces', set: 'mine@v3' });
  });

  test('replays no row unless it says so', () => {
    expect(parseJobSpec({ ...base, confirm: { replayWithReference: '1%' } }).confirm).toEqual({
      invocations: 'all',
      replayWithReference: 0.01,
    });
    expect(parseJobSpec({ ...base, confirm: { replayWithReference: 0 } })).toEqual(
      parseJobSpec(base),
    );
  });

  test('of a benchmark merges functions by exact text only', () => {
    expect(specFromCorpusArgument(['cruxeval:c.jsonl']).unique.exact).toBe('source');
    expect(specFromCorpusArgument(['files:src']).unique.exact).toBe('ast');
  });

  test('means the same in whichever order origins are written', () => {
    const written = parseJobSpec({ ...base, inputs: { from: ['doctest', 'given', 'doctest'] } });
    expect(written).toEqual(parseJobSpec({ ...base, inputs: { from: ['given', 'doctest'] } }));
  });

  test('with several mistakes is refused with all of them', () => {
    const error = thrownBy(() =>
      parseJobSpec({
        corpus: [
          { kind: 'jsnl', at: 'a', glob: '*' },
          { kind: 'jsonl', at: 7 },
        ],
        name: 'Bad Name',
        limits: { memory: 'lots', events: '5', fuel: 0 },
        inputs: { keep: 2000 },
        require: { acceptedMin: 30 },
        colour: 'blue',
      }),
    );
    expect(error).toMatchObject({ code: 'spec-invalid' });
    const paths = [
      'specVersion is missing; write 1',
      'corpus[0].kind "jsnl" is not known; write files or git or pypi or stdlib or jsonl or',
      'corpus[0].glob is no key',
      'corpus[1].at is no text',
      'name is no name',
      'limits.memory "lots" is not from 1 to 4294967296',
      'limits.events "5" is not',
      'limits.fuel 0 is not',
      'inputs.keep 2000 is not from 1 to 1000',
      'require.acceptedMin 30 is no share; write for example 30% or 0.3',
      'colour is no key of the job spec',
    ];
    for (const path of paths) expect(error.message).toContain(path);
  });

  test('that names earlier sets has each once, by name and version', () => {
    const against = ['base@v1', 'base@v2', 'base@v1'];
    expect(parseJobSpec({ ...base, unique: { against } }).unique.against).toEqual([
      ...['base@v1', 'base@v2'],
    ]);
    expect(parseJobSpec({ ...base, unique: { against: [] } }).unique).not.toHaveProperty('against');
    const error = thrownBy(() => parseJobSpec({ ...base, unique: { against: ['base'] } }));
    expect(error.message).toContain('unique.against[0] is no set; write a name and a version');
  });

  test('that names benchmarks has every default, and their kinds by the names of files', () => {
    const named = ['data/CRUXEval.jsonl', 'human-eval.jsonl.gz', 'mbpp.jsonl', 'own.jsonl'];
    const other = { kind: 'jsonl', at: 'o.jsonl', map: { source: 'code' } };
    const { benchmarks } = parseJobSpec({
      ...base,
      unique: { benchmarks: [...named, other] },
    }).unique;
    expect(benchmarks).toMatchObject({ action: 'drop', containment: 0.8 });
    expect(benchmarks?.sources.map(({ kind }) => kind)).toEqual([
      ...['cruxeval', 'humaneval', 'mbpp', 'jsonl', 'jsonl'],
    ]);
    expect(parseJobSpec({ ...base, unique: { benchmarks: [] } }).unique).not.toHaveProperty(
      'benchmarks',
    );
    const error = thrownBy(() => parseJobSpec({ ...base, unique: { contaminated: 'drop' } }));
    expect(error.message).toContain(
      'unique.contaminated has no effect without unique.benchmarks; name files there',
    );
  });

  test('that splits its functions has every default', () => {
    expect(parseJobSpec({ ...base, split: {} })).toMatchObject({
      split: {
        by: 'repository',
        clusterJaccard: 0.5,
        shares: { test: 0.01, validation: 0 },
        seed: 1,
      },
    });
    const error = thrownBy(() =>
      parseJobSpec({ ...base, split: { test: '60%', validation: '40%', by: 'file', seed: -1 } }),
    );
    expect(error.message).toContain('split.by "file" is not known; write repository or cluster');
    expect(error.message).toContain('split.seed is below 0');
    const whole = thrownBy(() => parseJobSpec({ ...base, split: { test: 1 } }));
    expect(whole.message).toContain('split leaves nothing for train');
  });

  test('that asks for texts has every default, in one order', () => {
    const render = [{ format: 'cwm' }, { format: 'dynamic', ahead: [8, 1, 8], context: 4096 }];
    const balance = { raisingMax: '25%' };
    expect(parseJobSpec({ ...base, render, balance })).toMatchObject({
      render: [
        { format: 'dynamic', context: 4096, pairs: 32, ahead: [1, 8] },
        { format: 'cwm', context: 8192 },
      ],
      balance: { perRepositoryMax: null, raisingMax: 0.25, perFunctionMax: null },
    });
    expect(parseJobSpec(base)).not.toHaveProperty('render');
  });

  test.each([
    ['render is an empty list', { render: [] }],
    [
      'render[0].format "nye" is not known; write direct or scratchpad',
      { render: [{ format: 'nye' }] },
    ],
    ['render[1].format names format cwm twice', { render: [{ format: 'cwm' }, { format: 'cwm' }] }],
    [
      'render[0].pairs is read by formats dynamic and inverse only',
      { render: [{ format: 'cwm', pairs: 3 }] },
    ],
    ['render[0].ahead[1] is below 1', { render: [{ format: 'dynamic', ahead: [1, 0] }] }],
    ['render[0].pairs 0 is not from 1 to 10000', { render: [{ format: 'dynamic', pairs: 0 }] }],
    ['balance has no effect without render', { balance: { raisingMax: '1%' } }],
    [
      'balance.perFunctionMax 0 is not from 1 to 1000',
      { render: [{ format: 'cwm' }], balance: { perFunctionMax: 0 } },
    ],
  ])('that is wrong about texts is told so: %s', (sentence, keys) => {
    const error = thrownBy(() => parseJobSpec({ ...base, ...keys }));
    expect(error).toMatchObject({ code: 'spec-invalid' });
    expect(error.message).toContain(sentence);
  });

  test.each([
    ['trace.packages', { trace: { packages: 'requirements.lock' } }],
    ['trace.python', { trace: { python: '3.14' } }],
    ['limits.candidates', { limits: { candidates: 5 } }],
  ])('that asks for %s is refused as not built yet', (path, keys) => {
    const error = thrownBy(() => parseJobSpec({ ...base, ...keys }));
    expect(error).toMatchObject({ code: 'spec-not-built-yet' });
    expect(error.message).toContain(`${path} `);
    expect(error.message).toContain('is not built yet; ');
  });

  test('asks a language model where it names the model, a budget and prices', () => {
    const llm = LLM;
    const { inputs } = parseJobSpec({ ...base, inputs: { from: ['given', 'llm'], llm } });
    expect(inputs).toEqual({
      keep: 6,
      from: ['given', 'llm'],
      fuzz: { candidates: 0, seed: 1 },
      llm: {
        ...llm,
        ...{ budgetTokens: null, inputs: 8, outputTokens: 1_024 },
        ...{ temperature: 0, seed: 1, format: 'json-schema' },
      },
    });
    const both = parseJobSpec({ ...base, inputs: { from: ['given', 'fuzz', 'llm'], llm } });
    expect(both.inputs.fuzz).toEqual({ candidates: 200, seed: 1 });
    expect(both.inputs.from).toEqual(['given', 'fuzz', 'llm']);
  });

  test.each([
    ['inputs.llm is missing', { from: ['given', 'llm'] }],
    ['inputs.llm has no effect without llm among inputs.from', { llm: LLM }],
    ['inputs.llm.model is missing', { from: ['llm'], llm: { endpoint: 'env' } }],
    ['inputs.llm.budgetUsd is missing', { from: ['llm'], llm: { model: 'm' } }],
    ['inputs.llm.prices is missing', { from: ['llm'], llm: { model: 'm' } }],
    ['has more than three decimals', { from: ['llm'], llm: { prices: { input: 0.00015 } } }],
    ['inputs.llm.endpoint "http://x" is not known; write env', { llm: { endpoint: 'http://x' } }],
    ['inputs.llm.key is no key', { from: ['llm'], llm: { key: 'sk-1' } }],
  ])('says what is wrong with it: %s', (words, inputs) => {
    const error = thrownBy(() => parseJobSpec({ ...base, inputs }));
    expect(error).toMatchObject({ code: 'spec-invalid' });
    expect(error.message).toContain(words);
  });

  test('names who is told of its end by an address of the web', () => {
    const notify = 'https://host.example/hook?key=1';
    expect(parseJobSpec({ ...base, notify }).notify).toBe(notify);
    for (const wrong of ['host.example', 'ftp://host.example', 'file:///etc/passwd', 7, '']) {
      const error = thrownBy(() => parseJobSpec({ ...base, notify: wrong }));
      expect(error).toMatchObject({ code: 'spec-invalid' });
      expect(error.message).toContain('notify is no address');
    }
  });

  test.each(['call', 'line', 'instruction'])('may ask for the granularity %s', (granularity) => {
    const { trace } = parseJobSpec({ ...base, trace: { granularity, scope: 'module' } });
    expect(trace).toMatchObject({ granularity, scope: 'module' });
  });

  test('that names another granularity or scope is told which there are', () => {
    const trace = { granularity: 'opcode', scope: 'package' };
    const error = thrownBy(() => parseJobSpec({ ...base, trace }));
    expect(error).toMatchObject({ code: 'spec-invalid' });
    expect(error.message).toContain('"opcode" is not known; write call or line or instruction');
    expect(error.message).toContain('"package" is not known; write record or module');
  });

  test('that looks for inputs says how many are tried; without the origin fuzz that has no effect', () => {
    const { inputs } = parseJobSpec({ ...base, inputs: { from: ['fuzz', 'given'] } });
    expect(inputs).toEqual({
      keep: 6,
      from: ['given', 'fuzz'],
      fuzz: { candidates: 200, seed: 1 },
    });
    const error = thrownBy(() => parseJobSpec({ ...base, inputs: { fuzz: { seed: 2 } } }));
    expect(error).toMatchObject({ code: 'spec-invalid' });
    expect(error.message).toContain('inputs.fuzz has no effect without fuzz among inputs.from');
  });

  test.each([
    ['packages is missing', { kind: 'pypi' }],
    ['packages is missing', { kind: 'pypi', at: 'a.lock', packages: 'b.lock' }],
    ['packages is read by kind pypi only', { kind: 'files', at: 'a', packages: 'b' }],
    ['at is missing; name a file or folder', { kind: 'git' }],
    ['at is missing; write long', { kind: 'builtin' }],
    ['at "short" is not known; write long', { kind: 'builtin', at: 'short' }],
    ['commit is read by kind git only', { kind: 'files', at: 'a', commit: 'v1' }],
    ['commit is no branch', { kind: 'git', at: 'a', commit: '--upload-pack=x' }],
    [
      'map is read by kinds jsonl and parquet only',
      { kind: 'mbpp', at: 'a', map: { source: 'x' } },
    ],
    ['at is a URL that is not read', { kind: 'jsonl', at: 'https://host.example/a.jsonl' }],
  ])('says that %s', (says, entry) => {
    const error = thrownBy(() => parseJobSpec({ specVersion: 1, corpus: [entry] }));
    expect(error).toMatchObject({ code: 'spec-invalid' });
    expect(error.message).toContain(`corpus[0].${says}`);
  });

  test('selects functions, and what a list says does not depend on its order', () => {
    const select = {
      kinds: ['method', 'function'],
      licenses: ['MIT', 'Apache-2.0', 'MIT'],
      size: { max: 50 },
    };
    expect(parseJobSpec({ ...base, select }).select).toEqual({
      kinds: ['function', 'method'],
      licenses: ['Apache-2.0', 'MIT'],
      size: { min: null, max: 50 },
      nestedLoops: 'any',
    });
    expect(parseJobSpec(base)).not.toHaveProperty('select');
  });

  test.each([
    ['select.kinds[0] "class"', { kinds: ['class'] }],
    ['select.kinds is an empty list', { kinds: [] }],
    ['select.licenses[0] "MIT License" is no SPDX id', { licenses: ['MIT License'] }],
    ['select.licenses[0] "MIT OR ISC" is no SPDX id', { licenses: ['MIT OR ISC'] }],
    ['select.size has a min above its max', { size: { min: 9, max: 3 } }],
    ['select.nestedLoops "yes"', { nestedLoops: 'yes' }],
  ])('says that %s', (says, select) => {
    const error = thrownBy(() => parseJobSpec({ ...base, select }));
    expect(error).toMatchObject({ code: 'spec-invalid' });
    expect(error.message).toContain(says);
  });

  test('that is partly wrong and partly not built yet is wrong', () => {
    const error = thrownBy(() =>
      parseJobSpec({ ...base, trace: { packages: 'a.lock' }, nme: 'x' }),
    );
    expect(error).toMatchObject({ code: 'spec-invalid' });
    expect(error.message).toContain('nme is no key');
    expect(error.message).toContain('trace.packages is not built yet');
  });

  test.each([[null], ['text'], [[]]])('that is %j and no mapping is refused', (document) => {
    expect(thrownBy(() => parseJobSpec(document))).toMatchObject({ code: 'spec-invalid' });
  });
});

describe('the text of a spec', () => {
  test('that is no YAML is refused with its line', () => {
    const error = thrownBy(() => parseSpecText('specVersion: 1\ncorpus: [\n', 'job.yaml'));
    expect(error).toMatchObject({ code: 'spec-invalid' });
    expect(error.message).toMatch(/job spec "job\.yaml" line \d+ is no YAML/);
  });

  test('that names a key twice is refused', () => {
    const error = thrownBy(() => parseSpecText('specVersion: 1\nname: a\nname: b\n', 'job.yaml'));
    expect(error).toMatchObject({ code: 'spec-invalid' });
  });

  test('that repeats aliases without end is refused', () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) => `k${String(i + 1)}: &k${String(i + 1)} [${`*k${String(i)},`.repeat(9)}]`,
    );
    const text = `k0: &k0 [x,x]\n${levels.join('\n')}\n`;
    expect(thrownBy(() => parseSpecText(text, 'bomb.yaml'))).toMatchObject({
      code: 'spec-invalid',
    });
  });

  test('may be JSON', () => {
    expect(parseSpecText(JSON.stringify(base), 'job.json').corpus).toHaveLength(1);
  });
});

describe('the argument of --corpus', () => {
  test('is a kind and a place, which may hold colons', () => {
    const { corpus } = specFromCorpusArgument(['jsonl:C:/x/a.jsonl', 'files:src'], 'two');
    expect(corpus.map(({ kind, at }) => [kind, at])).toEqual([
      ['jsonl', 'C:/x/a.jsonl'],
      ['files', 'src'],
    ]);
  });

  test('may be the standard library, whole or in part', () => {
    const { corpus } = specFromCorpusArgument(['stdlib', 'stdlib:json*']);
    expect(corpus.map(({ at }) => at)).toEqual(['*', 'json*']);
  });

  test.each([['functions.jsonl'], ['jsonl:'], [':x']])(
    '%j without one of them is refused',
    (text) => {
      const error = thrownBy(() => specFromCorpusArgument([text]));
      expect(error).toBeInstanceOf(AppError);
      expect(error).toMatchObject({ code: 'usage' });
    },
  );
});
