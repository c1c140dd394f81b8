// What a workflow reaches when it runs: type-only edges do not count here, so that a workflow may import the type of
// its activities while no built-in, package or adapter gets into its bundle.

const { builtinModules } = require('node:module');

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'workflow-reaches-no-built-in',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { reachable: true, path: `^(node:)?(${builtinModules.join('|')})$` },
    },
    {
      name: 'workflow-reaches-only-pure-parts',
      severity: 'error',
      from: { path: '^workflows/' },
      to: {
        reachable: true,
        path: '^(activities|infra|src/(?!contract/|core/))',
      },
    },
    {
      name: 'command-line-reaches-no-sandbox',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { reachable: true, path: '^(activities/|src/sandbox/)' },
    },
  ],
  options: {
    tsPreCompilationDeps: false,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types'] },
  },
};
