// The passes benchmark and match through their own parts, on one slot.
import { createHash } from 'node:crypto';
import { built } from '../lib/services.mjs';

const RULES = { sourceBytesMax: 20_000, origins: ['given'], skeletons: true };
const PROGRAMS_PER_RUN = 40;
const CONTAINMENT = 0.8;
const MODULES_PER_RUN = 20;
const CALLS_PER_CHILD = 20;

const asks = (calls) => ({ calls, fuel: 200_000 });
const digest = (text) => createHash('sha256').update(text).digest('hex');

function record(index, { source, entry = null, extract = false, module = null, label }) {
  return {
    ...{ index, kind: 'source', source, module, extract, entry, inputs: [], doctests: false },
    provenance: {
      ...{ label, repository: null, path: label, commit: null },
      ...{ license: null, licenseSource: null },
    },
  };
}

/** What stands between the parentheses of every call of the benchmark, by the number of parameters. */
function inputsOf(items) {
  const inputs = new Map();
  for (const { each } of items) {
    const known = inputs.get(each.parameters) ?? new Set();
    for (const { canonical_setup: setup, canonical_call: call } of each.inputs) {
      if (setup === '' && call?.startsWith(`${each.entry}(`)) {
        known.add(call.slice(each.entry.length + 1, -1));
      }
    }
    inputs.set(each.parameters, known);
  }
  return new Map([...inputs].map(([parameters, known]) => [parameters, [...known]]));
}

/** @param {{ socketPath: string, image: string }} services */
export async function openMatcher(services, { createLogger }) {
  const { createSlotPool } = await built('src/sandbox/pool.js');
  const { analyzeRecords } = await built('activities/analyze-records.js');
  const benchmark = await built('activities/benchmark-batch.js');
  const { hitsOf } = await built('activities/match-batch.js');
  const { returnedBy } = await built('activities/run-calls.js');
  const { readExecution } = await built('activities/read-execution.js');
  const { MAX_LIMITS, DEFAULT_LIMITS } = await built('src/contract/limits.js');
  const { BenchmarkIndex, GRAMS_MIN } = await built('src/unique/contamination.js');
  const { skeletonGrams } = await built('src/unique/skeleton-grams.js');
  const { NO_METRICS } = await built('src/metrics/port.js');
  const log = createLogger({ level: 'error', name: 'bench' });
  const pool = await createSlotPool({
    ...{ socketPath: services.socketPath, image: services.image },
    ...{ slots: 1, workerId: `bench-${process.pid}`, aslr: false, log },
  });
  const { signal } = new AbortController();
  const deps = { pool, metrics: NO_METRICS, limitsMax: DEFAULT_LIMITS, log, drain: signal };
  /** As the pass benchmark writes them, and beside each its function. */
  const items = [];
  const solutions = [];
  const onProgress = () => undefined;

  const analyse = (records) =>
    pool.use((slot) => analyzeRecords(records, { slot, rules: RULES, signal, onProgress }), signal);

  async function learn(kind, name, lines) {
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    const source = { kind, name, digest: digest(bytes), map: {} };
    const { rows } = await pool.use(async (slot) => {
      const context = { deps, slot, signal };
      const read = await benchmark.readItems(context, benchmark.recordsOf(source, bytes));
      const inputs = inputsOf(read);
      for (const { record: of, each } of read) {
        const { entry, parameters } = each;
        solutions.push({
          kind: 'source',
          source: of.source,
          entry,
          inputs: inputs.get(parameters),
        });
      }
      return await benchmark.benchmarkPart(context, read, { start: 0, end: read.length });
    }, signal);
    items.push(...rows.map((row) => ({ ...row, outputs: JSON.parse(row.outputs) })));
  }

  async function rewriteSome(text, programs, mode) {
    const request = {
      ...{ invocationId: 'f'.repeat(64), kind: 'program', source: text, entry: '', setup: '' },
      ...{ call: '', granularity: 'call', scope: 'record', limits: MAX_LIMITS, backend: 'core' },
      stdin: JSON.stringify({ mode, entry: 'f', programs: programs.map(({ code }) => code) }),
    };
    const execution = await pool.use((slot) => slot.trace(request, signal), signal);
    const { ending } = readExecution(execution, MAX_LIMITS);
    if (ending.outcome !== 'returned') throw new Error(`rewriting ended as ${ending.outcome}`);
    return JSON.parse(ending.stdout);
  }

  async function rewrite(text, programs, mode) {
    const all = [];
    for (let from = 0; from < programs.length; from += PROGRAMS_PER_RUN) {
      all.push(...(await rewriteSome(text, programs.slice(from, from + PROGRAMS_PER_RUN), mode)));
    }
    return all;
  }

  const answers = new Map();

  async function answerOf(context, code, call) {
    const known = answers.get(code);
    if (known !== undefined) return known;
    const [value] = await returnedBy(
      context,
      { kind: 'source', source: code, entry: 'f' },
      asks([call]),
    );
    answers.set(code, value);
    return value;
  }

  /** Of rewritten programs those that still answer what the benchmark asks as the benchmark does. */
  async function alike(programs, texts) {
    const kept = [];
    await pool.use(async (slot) => {
      const context = { deps, slot, signal };
      for (const [at, each] of texts.entries()) {
        if (!each.changed) continue;
        const { code, input } = programs[at];
        const wanted = await answerOf(context, code, `f(${input})`);
        const { source, entry } = each;
        const of = { kind: 'source', source, entry };
        const [value] = await returnedBy(context, of, asks([`${entry}(${input})`]));
        if (value === wanted) kept.push({ ...each, of: at });
      }
    }, signal);
    return kept;
  }

  /**
   * On how many inputs of the whole benchmark a function and an item return the same, and for how many one of them returns at
   * all.
   */
  async function agreement(each, place) {
    const { inputs = [], ...item } = solutions[place];
    const { kind = 'source', source, entry } = each;
    let [same, of] = [0, 0];
    await pool.use(async (slot) => {
      const context = { deps, slot, signal };
      const valuesOf = async (one) => {
        const values = [];
        for (let from = 0; from < inputs.length; from += CALLS_PER_CHILD) {
          const some = inputs.slice(from, from + CALLS_PER_CHILD);
          values.push(
            ...(await returnedBy(context, one, asks(some.map((args) => `${one.entry}(${args})`)))),
          );
        }
        return values;
      };
      const [theirs, ours] = [await valuesOf(item), await valuesOf({ kind, source, entry })];
      for (const [at, value] of theirs.entries()) {
        if (value === null && ours[at] === null) continue;
        of += 1;
        if (value === ours[at]) same += 1;
      }
    }, signal);
    return { same, of };
  }

  /** The best hit of each function, with the item's name; or null. */
  async function find(functions) {
    const index = new BenchmarkIndex(items, CONTAINMENT);
    const known = functions.filter((each) => each.skeleton === undefined);
    const analyses = await analyse(known.map((each, at) => record(at, { ...each, label: '' })));
    const parsed = new Map(
      analyses.map((each, at) => [known[at], each.analysed?.functions[0] ?? null]),
    );
    const hits = [];
    await pool.use(async (slot) => {
      for (const each of functions) {
        const { skeleton, parameters } = parsed.get(each) ?? each;
        if (typeof skeleton !== 'string') hits.push(null);
        else {
          const of = { kind: 'source', source: each.source, entry: each.entry, parameters };
          const found = await hitsOf({ deps, slot, signal }, index, { function: of, skeleton });
          const [best] = found;
          hits.push(best === undefined ? null : { ...best, label: index.label(best.item) });
        }
      }
    }, signal);
    return hits;
  }

  /** Of rewritten programs that were not found, what each was missed by. */
  async function reasons(missed) {
    const analyses = await analyse(missed.map((each, at) => record(at, { ...each, label: '' })));
    const index = new BenchmarkIndex(items, CONTAINMENT);
    const found = [];
    await pool.use(async (slot) => {
      const context = { deps, slot, signal };
      for (const [at, { source, entry, of }] of missed.entries()) {
        const { skeleton, parameters } = analyses[at].analysed?.functions[0] ?? {};
        const { rows, silent, telling } = items[of].outputs;
        const ranked = index.candidates(skeleton, parameters).some(({ item }) => item === of);
        if (items[of].parameters !== parameters) found.push('another number of parameters');
        else if (skeletonGrams(items[of].skeleton).size < GRAMS_MIN) {
          found.push('the item is too short to say anything');
        } else if (rows.length === 0) found.push('the item answers nothing');
        else if (!ranked && !telling) found.push('the item answers nothing that tells');
        else if (!ranked) found.push('no likely candidate');
        else {
          const calls = rows.map(({ args }) => `${entry}(${args})`);
          const values = await returnedBy(context, { kind: 'source', source, entry }, asks(calls));
          const other = rows.filter(({ value }, row) => values[row] !== value);
          const silence = `one of ${silent.length} silent inputs is answered`;
          const share = Math.round((100 * other.length) / rows.length);
          found.push(
            other.length === 0 ? silence : `${share > 10 ? 'many' : 'some'} other answers`,
          );
        }
      }
    }, signal);
    return found;
  }

  /** Functions of the sandbox's own library in the order of a digest, extracted as a corpus is. */
  async function library(count, seed) {
    const listed = await pool.use((slot) => slot.analyze({ v: 1, library: ['*'] }, signal), signal);
    const modules = listed.modules.map(({ module }) => module);
    const place = (module) => digest(seed === 1 ? module : `${seed} ${module}`);
    modules.sort((a, b) => (place(a) < place(b) ? -1 : 1));
    const found = [];
    for (let from = 0; from < modules.length && found.length < count; from += MODULES_PER_RUN) {
      const some = modules.slice(from, from + MODULES_PER_RUN);
      const analyses = await analyse(
        some.map((module, at) => ({
          ...record(at, { source: '', module, extract: true, label: module }),
          kind: 'import',
        })),
      );
      for (const [at, each] of analyses.entries()) {
        for (const one of each.analysed?.functions ?? []) {
          if (one.reject !== null || one.kind !== 'source') continue;
          const { source, entry, skeleton, parameters } = one;
          found.push({ label: some[at], source, entry, skeleton, parameters });
        }
      }
    }
    return found.slice(0, count);
  }

  return {
    items,
    learn,
    alike,
    rewrite,
    find,
    agreement,
    reasons,
    library,
    close: () => pool[Symbol.asyncDispose](),
  };
}
