// From answers to the figures of the table.

const FORMS = {
  function: 'functions with parameters',
  bare: 'functions without',
  method: 'methods',
  nested: 'nested',
};

/** Nested functions say so in their names; methods have a class before theirs. */
export function formOf({ each, text }) {
  if (each.qualname.includes('<locals>')) return 'nested';
  if (each.qualname.includes('.')) return 'method';
  const name = each.qualname.split('.').at(-1);
  const lines = (each.source ?? text).split('\n').slice(each.line_start - 1, each.line_end);
  const head = lines.join('\n').split(`def ${name}`)[1] ?? '';
  return /^(\[[^\]]*\])?\(\s*\)/.test(head) ? 'bare' : 'function';
}

const share = (part, whole) => (whole === 0 ? Number.NaN : (100 * part) / whole);
export const mean = (values) =>
  values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;

export const answerOf = (one, side) =>
  one[side]?.probed.kind === 'answered' && one[side].probed.answer.reason === null
    ? one[side].probed.answer
    : null;
export const returns = (answer) =>
  answer?.inputs.some(({ outcome }) => outcome === 'returned') === true;

/** Found, extracted and rejected, of everything. */
export function countAll(functions, row) {
  const rows = [];
  const add = (metric, value, unit = '') => rows.push(row(metric, { unit, samples: [value] }));
  for (const [form, name] of Object.entries(FORMS)) {
    const of = functions.filter((one) => formOf(one) === form);
    add(`${name}: found`, of.length);
    add(
      `${name}: as a slice`,
      of.filter(({ each }) => each.reject === null && each.kind === 'source').length,
    );
    add(`${name}: by import`, of.filter(({ each }) => each.kind === 'import').length);
  }
  const rejects = {};
  for (const { each } of functions) {
    if (each.reject !== null) rejects[each.reject] = (rejects[each.reject] ?? 0) + 1;
  }
  for (const [reason, count] of Object.entries(rejects).sort()) add(`rejected: ${reason}`, count);
  return rows;
}

function returning(chosen, side, form) {
  const of = chosen.filter((one) => formOf(one) === form);
  return share(of.filter((one) => returns(answerOf(one, side))).length, of.length);
}

function coverage(chosen, side, name) {
  const values = chosen
    .filter((one) => ['function', 'method'].includes(formOf(one)))
    .map((one) => answerOf(one, side))
    .filter((answer) => returns(answer) && answer[name] !== null)
    .map((answer) => answer[name]);
  return 100 * mean(values);
}

function sideRows(chosen, side, add) {
  const name = side === 'found' ? 'search' : 'blind tries';
  const percent = (atLeast) => ({ unit: '%', goal: side === 'found' ? { atLeast } : null });
  const ofFunctions = returning(chosen, side, 'function');
  add(`${name}: functions with parameters with a returning input`, ofFunctions, percent(60));
  const ofMethods = returning(chosen, side, 'method');
  add(`${name}: methods with a returning input`, ofMethods, percent(35));
  add(`${name}: line coverage of those`, coverage(chosen, side, 'line_coverage'), percent(85));
  add(`${name}: branch coverage of those`, coverage(chosen, side, 'branch_coverage'), {
    unit: '%',
  });
}

function keptRows(kept, add) {
  add('inputs kept', kept.length);
  for (const origin of ['doctest', 'test', 'fuzz']) {
    add(`inputs kept: ${origin}`, kept.filter((input) => input.origin === origin).length);
  }
  const labelled = (label) => kept.filter(({ labels }) => labels.includes(label)).length;
  const junk = share(labelled('input-type-error'), kept.length);
  add('junk of what is kept', junk, { unit: '%', goal: { atMost: 3 } });
  add('stateful of what is kept', share(labelled('stateful'), kept.length), { unit: '%' });
  const verified = kept.filter(({ slice_verified }) => slice_verified !== null);
  const agree = verified.filter(({ slice_verified }) => slice_verified).length;
  add('inputs whose slice was compared', verified.length);
  add('slices agree', share(agree, verified.length), { unit: '%', goal: { atLeast: 99.5 } });
  const differs = verified.flatMap(({ slice_differs: what }) => (what === null ? [] : [what]));
  for (const what of [...new Set(differs)].sort()) {
    add(`slices disagree in: ${what}`, differs.filter((each) => each === what).length);
  }
}

/** What the search came to on the sample. */
export function figures(chosen, row) {
  const rows = [];
  const add = (metric, value, { unit = '', goal = null } = {}) =>
    rows.push(row(metric, { unit, samples: [value], goal }));
  add('functions in the sample', chosen.length);
  for (const side of ['found', 'blind']) sideRows(chosen, side, add);
  const answers = chosen.map((one) => answerOf(one, 'found')).filter((answer) => answer !== null);
  keptRows(
    answers.flatMap(({ inputs }) => inputs),
    add,
  );
  const mutants = answers.flatMap((answer) => (answer.mutants === null ? [] : [answer.mutants]));
  const made = mutants.reduce((sum, each) => sum + each.made, 0);
  const killed = mutants.reduce((sum, each) => sum + each.killed, 0);
  add('mutants made', made);
  add('mutation score', killed / made, { goal: { atLeast: 0.6 } });
  const nothing = chosen.map((one) => one.found?.probed.answer?.reason ?? null);
  for (const reason of [...new Set(nothing)].filter((each) => each !== null).sort()) {
    add(`not searched: ${reason}`, nothing.filter((each) => each === reason).length);
  }
  add(
    'searches without an answer',
    chosen.filter((one) => one.found?.probed.kind === 'lost').length,
  );
  const candidates = answers.reduce((sum, { tally }) => sum + (tally?.candidates ?? 0), 0);
  const seconds = chosen.reduce((sum, one) => sum + (one.found?.wallMs ?? 0), 0) / 1000;
  add('candidates per second, mutants included', candidates / seconds);
  return rows;
}
