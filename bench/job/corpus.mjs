// CRUXEval programs with seeded variants of their inputs: numbers and letters become others, the shape stays.
import { readFileSync, writeFileSync } from 'node:fs';

/** Park and Miller's generator: the same variants everywhere. */
function generator(seed) {
  let state = (seed % 2_147_483_646) + 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

function variant(input, random) {
  return input
    .replace(/'[^'\\]*'|"[^"\\]*"/g, (text) =>
      text.replace(/[a-z]/g, () => LETTERS[random(LETTERS.length)]),
    )
    .replace(/(?<![\w.'"])\d{1,3}(?![\w.'"])/g, () => String(random(12)));
}

/** Writes a corpus of kind jsonl; returns how many invocations it asks for. */
export function writeVariants({ from, to, programs, variants, seed }) {
  const lines = readFileSync(from, 'utf8').trimEnd().split('\n').slice(0, programs);
  const records = lines.map((line, index) => {
    const { code, input } = JSON.parse(line);
    const random = generator(seed + index);
    const inputs = new Set([input]);
    for (let tries = 0; inputs.size < variants && tries < 20 * variants; tries += 1) {
      inputs.add(variant(input, random));
    }
    const calls = [...inputs].map((each) => `f(${each})`);
    return { source: code, entry: 'f', calls };
  });
  writeFileSync(to, `${records.map((record) => JSON.stringify(record)).join('\n')}\n`);
  return records.reduce((sum, { calls }) => sum + calls.length, 0);
}
