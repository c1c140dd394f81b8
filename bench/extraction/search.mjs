// Extraction and search through the product's own parts: the analysis and the probe of one slot.
import { execFileSync } from 'node:child_process';
import { built } from '../lib/services.mjs';

const WORKER = `bench-${process.pid}`;
const SOURCE_BYTES_MAX = 20_000;
const MEMORY_BYTES = 256 * 1024 * 1024;

const moduleOf = (name) =>
  name
    .replace(/\.py$/, '')
    .replace(/\/__init__$/, '')
    .replaceAll('/', '.');

const recordOf = ({ name, text }, index) => ({
  index,
  kind: 'source',
  source: text,
  module: moduleOf(name),
  extract: true,
  entry: null,
  inputs: [],
  doctests: true,
  provenance: {
    ...{ label: name, repository: null, path: name, commit: null },
    ...{ license: null, licenseSource: null },
  },
});

/** @param {{ socketPath: string, image: string }} services */
export async function openSearch(services, { createLogger }) {
  const { createSlotPool } = await built('src/sandbox/pool.js');
  const { analyzeRecords } = await built('activities/analyze-records.js');
  const { probeFunction } = await built('activities/probe-function.js');
  const log = createLogger({ level: 'error', name: 'bench' });
  const pool = await createSlotPool({
    ...{ socketPath: services.socketPath, image: services.image },
    ...{ slots: 1, workerId: WORKER, aslr: false, log },
  });
  const { signal } = new AbortController();

  async function extract(files) {
    const rules = { sourceBytesMax: SOURCE_BYTES_MAX, origins: ['given', 'doctest', 'test'] };
    const analyses = await pool.use(
      (slot) =>
        analyzeRecords(files.map(recordOf), { slot, rules, signal, onProgress: () => undefined }),
      signal,
    );
    return analyses.flatMap((analysis, index) => {
      if (analysis.kind === 'rejected') return [];
      const { part, name, text } = files[index];
      return analysis.analysed.functions.map((each) => ({ part, name, text, each }));
    });
  }

  async function ask({ each, text }, rules, blind) {
    const payload = {
      kind: each.kind,
      entry: each.entry,
      ...(each.tested && blind === undefined
        ? { tests: { source: text, entry: each.qualname } }
        : {}),
      source: each.source ?? text,
      original: each.original,
    };
    const inputs =
      blind === undefined
        ? each.inputs
            .filter(({ reject }) => reject === null)
            .map(({ setup, call, stdin, origin }) => ({
              setup,
              call,
              stdin,
              origin,
              llmModel: null,
            }))
        : [];
    const startedMs = performance.now();
    const probed = await pool.use(
      (slot) =>
        probeFunction(
          { slot, memoryBytes: MEMORY_BYTES, signal, log },
          { function: payload, inputs, rules, ...(blind === undefined ? {} : { blind }) },
        ),
      signal,
    );
    return { probed, wallMs: performance.now() - startedMs };
  }

  /** Ids of the containers of this bench. */
  function containers() {
    const filter = `label=tracemill.worker=${WORKER}`;
    const host = `unix://${services.socketPath}`;
    const args = ['--host', host, 'ps', '--quiet', '--no-trunc', '--filter', filter];
    return execFileSync('docker', args, { encoding: 'utf8' }).split('\n').filter(Boolean);
  }

  return { extract, ask, containers, close: () => pool[Symbol.asyncDispose]() };
}
