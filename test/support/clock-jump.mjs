// Loaded before a worker by a row of the fault matrix: its clock is off by what a file says, in milliseconds, at any time.
import { readFileSync } from 'node:fs';

const path = process.env.TEST_CLOCK_FILE;
const RealDate = Date;
const LOOK_MS = 50;
let offset = 0;

setInterval(() => {
  try {
    offset = Number(readFileSync(path, 'utf8'));
  } catch {
    offset = 0;
  }
}, LOOK_MS).unref();

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + offset);
    else super(...given);
  }

  static now() {
    return RealDate.now() + offset;
  }
};
