// Programs made of templates and a seed: what must be the same everywhere, what must be found to hang on order or clock.
import { createHash } from 'node:crypto';
import type { InvocationRequest } from '../../src/contract/execution.ts';
import { DEFAULT_LIMITS } from '../../src/contract/limits.ts';
import type { Label } from '../../src/contract/outcome.ts';
import { invocation } from './invocations.ts';
import { Chance, TEMPLATES } from './determinism-templates.ts';
import type { Nature, Template } from './determinism-templates.ts';

export interface Program {
  readonly name: string;
  readonly nature: Nature;
  /** Labels that the row must have. */
  readonly labels: readonly Label[];
  readonly request: InvocationRequest;
}

/** Small budgets, so that a program that spends one is quick under a slow tracer. */
const LIMITS = { ...DEFAULT_LIMITS, events: 1_500, fuel: 15_000, outputBytes: 4_096 };

const indented = (text: string): string => text.replace(/^/gm, '    ');

function programOf(template: Template, number: number): Program {
  const chance = new Chance(0x9e3779b9 ^ Math.imul(number + 1, 0x85ebca6b));
  const { name, nature, labels = [], head = '', body, xs } = template;
  const source = `${head}\ndef f(xs):\n${indented(body)}\n`;
  const call = `f(${xs(chance)})`;
  const invocationId = createHash('sha256').update(`${source}\0${call}`).digest('hex');
  return {
    name: `${name} ${String(number)}`,
    nature,
    labels,
    request: invocation(source, { call, invocationId, limits: LIMITS }),
  };
}

/** So many programs: every template in turn, each time with other arguments. */
export function programs(count: number): Program[] {
  return Array.from({ length: count }, (_, number) => {
    const template = TEMPLATES[number % TEMPLATES.length];
    if (template === undefined) throw new Error('there are no templates');
    return programOf(template, number);
  });
}

/** The same things in another order, which the seed decides. */
export function shuffled<T>(list: readonly T[], seed: number): T[] {
  const chance = new Chance(seed);
  return list
    .map((item) => ({ item, key: chance.below(2 ** 31) }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
