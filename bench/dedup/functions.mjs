// Functions for the bench: written by a seeded generator whose words are as unevenly used as those of real code, with
// planted copies of a wanted similarity. Deterministic: the same count gives the same texts.

import { randomOf } from '../lib/random.mjs';

const VOCABULARY = 20_000;
/** Few words are used often and many seldom, as Zipf's law has it. */
const word = (random) => `name_${Math.floor(VOCABULARY ** random())}`;

const STATEMENTS = [
  (w) => `    ${w()} = ${w()}.${w()}(${w()}, ${w()})`,
  (w) => `    for ${w()} in ${w()}:\n        ${w()}.append(${w()} + ${w()})`,
  (w) => `    if ${w()} is None or not ${w()}:\n        raise ValueError("${w()} ${w()} ${w()}")`,
  (w) => `    ${w()}[${w()}] = len(${w()}) - ${w()}`,
  (w) => `    while ${w()} < len(${w()}):\n        ${w()} += ${w()}`,
  (w) => `    return ${w()}(${w()}, key=lambda ${w()}: ${w()})`,
];

function original(random) {
  const w = () => word(random);
  const body = Array.from({ length: 4 + Math.floor(random() * 12) }, () =>
    STATEMENTS[Math.floor(random() * STATEMENTS.length)](w),
  );
  return `def ${w()}(${w()}, ${w()}=None):\n${body.join('\n')}\n`;
}

/** Words replaced, one after the other at random places, until the similarity is at most as wanted. */
function nearCopy(text, wanted, { random, similarity }) {
  const parts = text.split(/(\w+)/);
  const places = parts.flatMap((part, at) => (part.startsWith('name_') ? [at] : []));
  let copy = text;
  while (similarity(text, copy) > wanted && places.length > 0) {
    const [at] = places.splice(Math.floor(random() * places.length), 1);
    parts[at] = `other_${Math.floor(random() * 1e9)}`;
    copy = parts.join('');
  }
  return copy;
}

/** How a copy is written: as it is, with other white space, or at a similarity. */
export const PLANTED = ['exact', 'reformatted', 0.9, 0.8, 0.7, 0.6];

function planted(how, text, tools) {
  if (how === 'exact') return text;
  if (how === 'reformatted') return text.replaceAll('    ', '\t').replaceAll(', ', ',');
  return nearCopy(text, how, tools);
}

/**
 * Texts of which every fifth is a planted copy of one before it.
 * @param {number} count
 * @param {(a: string, b: string) => number} similarity
 */
export function functions(count, similarity) {
  const random = randomOf(count);
  const texts = [];
  for (let at = 0; at < count; at += 1) {
    if (at % 5 !== 4) {
      texts.push(original(random));
      continue;
    }
    const how = PLANTED[Math.floor(at / 5) % PLANTED.length];
    const of = texts[Math.floor(random() * texts.length)];
    texts.push(planted(how, of, { random, similarity }));
  }
  return texts;
}
