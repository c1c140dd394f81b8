// npm run bench:pages: puts what benches measured into the README, between the marks of each: no figure is written by hand.
//   npm run bench:pages -- [extraction] [own-tests] [peers] [synthesis]
// Reads bench/results/NAME.json. Only what is named is replaced; without names, all four.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../scripts/lib/project.mjs';

const PAGE = join(ROOT, 'README.md');

/** Values of a bench by metric. */
function resultsOf(name) {
  const file = join(ROOT, 'bench', 'results', `${name}.json`);
  const { rows } = JSON.parse(readFileSync(file, 'utf8'));
  return new Map(rows.map(({ metric, value }) => [metric, value]));
}

const whole = (value) => (value === undefined ? '–' : Math.round(value).toLocaleString('en-US'));
const percent = (value) => (value === undefined ? '–' : `${value.toFixed(1)} %`);
const line = (cells) => `| ${cells.join(' | ')} |`;
const table = (head, rows) => [
  line(head),
  `|---|${'---:|'.repeat(head.length - 1)}`,
  ...rows.map(line),
];

/** `reason 3, other 1` of metrics that begin alike, the most frequent first. */
function listed(results, prefix) {
  return [...results]
    .filter(([metric]) => metric.startsWith(prefix))
    .sort(([, a], [, b]) => b - a)
    .map(([metric, value]) => `${metric.slice(prefix.length)} ${whole(value)}`)
    .join(', ');
}

const sentence = (head, list) => (list === '' ? '' : ` ${head}: ${list}.`);

const FORMS = ['functions with parameters', 'functions without', 'methods', 'nested'];
const SEARCHED = [
  [
    'functions with parameters that return for some input',
    'functions with parameters with a returning input',
    '60 %',
  ],
  ['methods that do', 'methods with a returning input', '35 %'],
  ['their line coverage', 'line coverage of those', '85 %'],
  ['their branch coverage', 'branch coverage of those', ''],
];

function extraction(results) {
  const of = (metric) => results.get(metric);
  const found = [
    ['found', 'found'],
    ['a slice of their own', 'as a slice'],
    ['by import', 'by import'],
  ].map(([label, key]) => [label, ...FORMS.map((form) => whole(of(`${form}: ${key}`)))]);
  const compared = whole(of('inputs whose slice was compared'));
  const searched = [
    ...SEARCHED.map(([label, key, goal]) => [
      ...[label, percent(of(`search: ${key}`)), percent(of(`blind tries: ${key}`)), goal],
    ]),
    [
      `mutation score, ${whole(of('mutants made'))} mutants`,
      of('mutation score').toFixed(2),
      '',
      '0.6',
    ],
    ['junk of what is kept', percent(of('junk of what is kept')), '', '3 %'],
    ['stateful of what is kept', percent(of('stateful of what is kept')), '', ''],
    [
      `slices that end as their module does, of ${compared} inputs`,
      ...[percent(of('slices agree')), '', '99.5 %'],
    ],
  ];
  return [
    `Of ${whole(of('functions in the sample'))} functions, a seeded sample; what is found and extracted is of everything.`,
    '',
    ...table(['', ...FORMS], found),
    '',
    `Rejected: ${listed(results, 'rejected: ')}.`,
    '',
    ...table(['', 'the search, 200 candidates', '250 blind tries of 41 values', 'goal'], searched),
    '',
    `Inputs kept: ${whole(of('inputs kept'))} (${listed(results, 'inputs kept: ')}).` +
      sentence('Slices that disagree do so in', listed(results, 'slices disagree in: ')) +
      sentence('Not searched', listed(results, 'not searched: ')) +
      ` Searches that ended without an answer: ${whole(of('searches without an answer'))}.`,
  ];
}

const OWN_TESTS = [
  [
    'that return for some input and that both reach',
    'with a returning input, reached by both',
    '0.8',
  ],
  ['that the own tests reach, whether they return or not', 'all that the own tests reach', ''],
];
const OVER = ': search over own tests';

function ownTests(results) {
  const of = (metric) => results.get(metric);
  const cells = (label, key, goal) => [
    ...[label, whole(of(`${key}: functions`)), percent(of(`${key}: lines by the search`))],
    ...[percent(of(`${key}: lines by the own tests`)), of(`${key}${OVER}`).toFixed(2), goal],
  ];
  const heads = OWN_TESTS.map(([, key]) => key);
  const parts = [...results.keys()]
    .filter((metric) => metric.endsWith(OVER))
    .map((metric) => metric.slice(0, -OVER.length))
    .filter((part) => !heads.includes(part));
  const files = (outcome) => `${whole(of(`files of tests: ${outcome}`))}`;
  return [
    `Of ${whole(of('functions with parameters and methods in the sample'))} functions with parameters and methods of the sample:`,
    '',
    ...table(
      [
        '',
        'functions',
        'lines by the search',
        'by their own tests',
        'the one over the other',
        'goal',
      ],
      [
        ...OWN_TESTS.map(([label, key, goal]) => cells(label, key, goal)),
        ...parts.map((part) => cells(`of the former, ${part}`, part, '')),
      ],
    ),
    '',
    `The own tests reach nothing of ${whole(of('with a returning input, not reached by the own tests'))} others that return for some input, of whose lines ` +
      `the search reaches ${percent(of('not reached by the own tests: lines by the search'))}. Not compared: ${whole(of('of packages without tests that run'))} of packages without ` +
      `tests, ${whole(of('without lines to compare'))} whose slice has other lines. ${whole(of('tests run'))} tests ran, in ${files('passed')} files that passed and ` +
      `${files('failed')} in which some failed. Files that took too long and were ended: ${files('cut')}; that ran nothing: ${files('not run')}.`,
  ];
}

const PEERS = { hypothesis: 'Hypothesis', crosshair: 'CrossHair' };

function peers(results) {
  const of = (metric) => results.get(metric);
  const rows = Object.entries(PEERS).flatMap(([name, label]) => {
    const where = `where ${name} runs`;
    return [
      ['the search', 'own'],
      [label, name],
    ].map(([side, key]) => [
      `${side}, on the ${whole(of(`${where}: functions`))} where ${label} runs`,
      ...[
        'lines reached, of all',
        'ways of branches, of all',
        'functions with a returning input',
      ].map((what) => percent(of(`${where}: ${key}: ${what}`))),
    ]);
  });
  return [
    `Of ${whole(of('functions'))} functions of the standard library with parameters, with as many executions for each function ` +
      `(${whole(of('own: executions'))} and ${whole(of('hypothesis: executions'))} in all); CrossHair explores as many paths, or for three ` +
      `seconds of processor time, and the ${whole(of('crosshair: executions'))} calls that it chose were run:`,
    '',
    ...table(['', 'lines', 'ways of branches', 'functions that return'], rows),
  ];
}

function synthesis(results) {
  const of = (metric) => results.get(metric);
  const heap = (functions) => {
    const metric = `worker: heap beyond what unique leaves, ${String(functions)} functions`;
    return `${of(metric).toFixed(1)} MiB`;
  };
  return [
    `Over ${whole(of('functions searched, of the library'))} functions of the library, a core of the sandbox searches ` +
      `${of('functions per core-second of the sandbox').toFixed(1)} functions a second with ` +
      `${whole(of('candidates per core-second of the sandbox'))} candidates: ` +
      `${of('core-hours for 300,000 functions').toFixed(1)} core-hours for 300,000. A worker's heap grows by ` +
      `${heap(1000)} for 1,000 functions and by ${heap(50000)} for 50,000.`,
  ];
}

const SECTIONS = { extraction, 'own-tests': ownTests, peers, synthesis };

function main() {
  const named = process.argv.slice(2);
  let page = readFileSync(PAGE, 'utf8');
  for (const name of named.length > 0 ? named : Object.keys(SECTIONS)) {
    const marks = [`<!-- bench:${name} -->`, `<!-- end of bench:${name} -->`];
    const [from, to] = marks.map((mark) => page.indexOf(mark));
    if (!(name in SECTIONS) || from < 0 || to < from) {
      throw new Error(`README.md has no marks of ${name}`);
    }
    const text = SECTIONS[name](resultsOf(name)).join('\n');
    page = `${page.slice(0, from + marks[0].length)}\n${text}\n${page.slice(to)}`;
  }
  writeFileSync(PAGE, page);
}

main();
