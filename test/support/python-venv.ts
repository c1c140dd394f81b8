// A Python of its own with packages, kept in the cache.
interface PythonTools {
  ensureVenv(
    what: string,
    packages: readonly string[],
    say: (text: string) => void,
  ): Promise<string>;
}
/** A script, which has no types. */
const TOOLS = new URL('../../scripts/lib/python-tools.mjs', import.meta.url).href;

/** The folder of a virtual environment with these packages; made where it is not there. */
export async function pythonVenv(what: string, packages: readonly string[]): Promise<string> {
  const tools = (await import(TOOLS)) as PythonTools;
  return await tools.ensureVenv(what, packages, () => undefined);
}
