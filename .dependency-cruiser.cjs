// Layers: who may import whom (docs/architecture.md). Type-only edges count here; what a workflow reaches when it
// runs is .dependency-cruiser.runtime.cjs, where they do not.

/** A vendor is imported in one place, so that it can be replaced there. */
const vendor = (name, packages, place) => ({
  name: `one-importer-${name}`,
  severity: 'error',
  from: { path: '^(src|activities|workflows|infra)/', pathNot: place },
  to: { path: packages },
});

const ADAPTERS = ['wire', 'sandbox', 'store', 'corpus', 'synthesis'];
const adapters = ADAPTERS.map((folder) => ({
  name: `adapter-${folder}-stands-alone`,
  comment: 'adapters meet in activities; ports and types come from contract',
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: {
    path: `^src/(${ADAPTERS.filter((other) => other !== folder).join('|')})/`,
    pathNot: '^src/(sandbox/port|store/object-store)\\.ts$',
  },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'contract-imports-nothing',
      severity: 'error',
      from: { path: '^src/contract/' },
      to: { pathNot: '^src/contract/' },
    },
    {
      name: 'core-is-pure',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { pathNot: '^src/(contract|core)/' },
    },
    {
      name: 'workflows-import-little',
      severity: 'error',
      from: { path: '^workflows/' },
      to: {
        pathNot: ['^workflows/', '^src/(contract|core)/', '@temporalio/(workflow|common)'],
        dependencyTypesNot: ['type-only'],
      },
    },
    ...adapters,
    {
      name: 'cli-runs-no-user-code',
      severity: 'error',
      from: { path: '^src/(cli|dashboard)/' },
      to: { path: '^(src/sandbox|activities)/' },
    },
    {
      name: 'configuration-is-an-argument',
      severity: 'error',
      from: { path: '^(src|activities|workflows|infra)/', pathNot: '^src/(main|config)/' },
      to: { path: '^src/config/load\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nothing-ships-from-test',
      severity: 'error',
      from: { pathNot: '^(test/|vitest\\.config)' },
      to: { path: '^test/' },
    },
    vendor('dockerode', 'node_modules/(dockerode|@types/dockerode)/', '^src/sandbox/docker\\.ts$'),
    vendor('aws-sdk', 'node_modules/@(aws-sdk|smithy)/', '^src/(store/s3|fleet/aws)\\.ts$'),
    vendor('pino', 'node_modules/pino/', '^src/log/logger\\.ts$'),
    vendor('temporal-client', 'node_modules/@temporalio/(client|worker)/', '^src/temporal/'),
    vendor('temporal-activity', 'node_modules/@temporalio/activity/', '^activities/'),
    vendor('temporal-workflow', 'node_modules/@temporalio/workflow/', '^workflows/'),
    vendor('parquet', 'node_modules/(hyparquet|@bokuweb)', '^src/store/'),
    vendor('prom-client', 'node_modules/prom-client/', '^src/metrics/'),
    vendor('archives', 'node_modules/(yauzl|@types/yauzl|tar)/', '^src/corpus/pypi/members\\.ts$'),
    vendor('zstd-stream', 'node_modules/fzstd/', '^src/corpus/stream-format\\.ts$'),
    vendor('globs', 'node_modules/(@types/)?picomatch/', '^src/corpus/glob\\.ts$'),
    vendor('toml', 'node_modules/smol-toml/', '^src/corpus/'),
    vendor('lossless-json', 'node_modules/lossless-json/', '^src/corpus/json-literal\\.ts$'),
    vendor('spdx', 'node_modules/(@types/)?spdx-expression-parse/', '^src/schema/license\\.ts$'),
    vendor('language-model', 'node_modules/(openai|p-queue)/', '^src/synthesis/model-client\.ts$'),
    vendor('commander', 'node_modules/commander/', '^src/cli/'),
    {
      name: 'no-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependency-ships',
      severity: 'error',
      from: { path: '^(src|activities|workflows|infra)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '@types/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types'] },
  },
};
