// Rules that need types, and the rules of the project that a linter can see. Layers are dependency-cruiser's part.
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const EVERYWHERE = ['src/**/*.ts', 'workflows/**/*.ts', 'activities/**/*.ts', 'infra/**/*.ts'];
const ENV_RULE = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'configuration is an argument: only src/config/load.ts reads the environment',
};
const COMMON_SYNTAX = [
  { selector: 'TSEnumDeclaration', message: 'use a union of literals' },
  {
    selector: "CallExpression[callee.object.name='process'][callee.property.name='exit']",
    message: 'set process.exitCode, so that output is flushed and resources close',
  },
];
/** A workflow may not see time, chance or the machine; its own package gives deterministic forms. */
const WORKFLOW_SYNTAX = [
  { selector: 'ImportDeclaration[source.value=/^node:/]', message: 'no built-in in a workflow' },
  {
    selector: "MemberExpression[object.name='process']",
    message: 'a workflow does not know its process',
  },
];

export default defineConfig(
  {
    ignores: ['dist/**', 'node_modules/**', '.tracemill/**', 'test/support/lint-fixtures/**'],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true } },
  {
    files: [...EVERYWHERE, 'test/**/*.ts', 'vitest.config.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'separate-type-imports' },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: false, requireDefaultForNonUnion: true },
      ],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/require-array-sort-compare': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // Branded ids are made by a function whose type parameter is its result alone.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-param-reassign': 'error',
      'max-params': ['error', 3],
      'max-depth': ['error', 4],
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 70, skipComments: true, skipBlankLines: true }],
      'no-restricted-syntax': ['error', ...COMMON_SYNTAX],
    },
  },
  {
    files: EVERYWHERE,
    ignores: ['src/config/load.ts', 'workflows/**'],
    rules: { 'no-restricted-syntax': ['error', ...COMMON_SYNTAX, ENV_RULE] },
  },
  {
    // A composition root decides how its process ends.
    files: ['src/main/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ENV_RULE] },
  },
  {
    files: ['workflows/**/*.ts', 'src/core/**/*.ts', 'src/contract/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...COMMON_SYNTAX, ...WORKFLOW_SYNTAX],
      'no-restricted-globals': ['error', 'fetch', 'Buffer', 'setImmediate', 'require'],
    },
  },
  {
    files: ['src/core/**/*.ts', 'src/contract/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'pass the time as an argument' },
        { object: 'Math', property: 'random', message: 'pass a seed as an argument' },
      ],
    },
  },
  {
    // A suite is one long callback of short tests; its helpers may throw on what cannot be.
    files: ['test/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      'max-params': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['{scripts,bench}/**/*.mjs', 'bin/**/*.js', 'eslint.config.js'],
    rules: { eqeqeq: 'error', 'max-lines': ['error', { max: 400 }], 'max-params': ['error', 3] },
  },
);
