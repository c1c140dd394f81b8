// Run by scripts/build.mjs after compiling: writes dist/workflow-bundle.js. Nothing else imports it.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflows } from './bundle.ts';

const workflows = new URL('../../workflows/index.js', import.meta.url);
const bundle = new URL('../../workflow-bundle.js', import.meta.url);
await writeFile(fileURLToPath(bundle), await bundleWorkflows(fileURLToPath(workflows)));
