// The image that holds CPython's own test suite, a package of Debian: made once and kept in the cache, as infra/dev makes the
// sandbox's own bases.
import { built } from './sandboxes.mjs';

export const SUITE_IMAGE = {
  reference: 'tracemill-python-testsuite:trixie',
  file: 'trixie-testsuite.tar',
  packages: ['python3.13', 'libpython3.13-testsuite'],
};

/**
 * @param {{ socketPath: string, context: object }} services
 * @returns {Promise<string>} the id of the image, made where it is not there
 */
export async function ensureSuiteImage({ socketPath, context }) {
  const { imageId } = await built('infra/dev/engine-api.js');
  const { importMadeImage } = await built('infra/dev/base-images.js');
  const found = await imageId(socketPath, SUITE_IMAGE.reference);
  if (found !== null) return found;
  await importMadeImage(context, socketPath, SUITE_IMAGE);
  return await imageId(socketPath, SUITE_IMAGE.reference);
}
