// How a command of package.json ends: with the exit code that its work gives, or with one sentence.
import { nodeProblem } from './project.mjs';

/**
 * @param {(line: string) => void} say
 * @param {() => Promise<number>} work
 */
export async function runCommand(say, work) {
  try {
    const problem = nodeProblem();
    if (problem !== null) throw new Error(problem);
    process.exitCode = await work();
  } catch (error) {
    say(error.message);
    process.exitCode = 1;
  }
}
