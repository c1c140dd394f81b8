// tracemill image: what it asks for, and what it prints.
import { expect, test } from 'vitest';
import { tracemill } from './fake-gateway.ts';
import { entry } from './samples.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test('image push stores both images, and says where they are and which environment they make', async () => {
  const { out, code, asked } = await tracemill(['image', 'push']);
  expect(code).toBe(0);
  expect(asked.calls).toEqual(['image push sandbox,worker null']);
  expect(out).toContain(`worker ${DIGEST}`);
  expect(out).toContain(`stored as s3://tracemill/images/${'a'.repeat(64)}.tar (150.7 MiB)`);
  expect(out).toContain(`environment ${'e'.repeat(64)}`);
});

test('image push takes one image, and the repository of a registry', async () => {
  const to = ['--to', 'registry.example.com:5000/traces/tracemill'];
  const { out, asked } = await tracemill(['image', 'push', '--only', 'worker', ...to]);
  expect(asked.calls).toEqual(['image push worker registry.example.com:5000/traces/tracemill']);
  expect(out).not.toContain('environment');
});

test.each([DIGEST, `registry.example.com/tracemill/sandbox@${DIGEST}`])(
  'image pull takes %s',
  async (reference) => {
    const { out, asked } = await tracemill(['image', 'pull', reference]);
    expect(asked.calls).toEqual([`image pull ${reference}`]);
    expect(out).toContain('loaded from');
  },
);

test('image pull --job takes the image that the job began with', async () => {
  const { asked } = await tracemill(['image', 'pull', '--job', '@last'], { entries: [entry] });
  expect(asked.calls).toEqual([`image of ${entry.workflowId}`, `image pull ${DIGEST}`]);
});

test.each([
  [['image', 'build'], 'is not one of push, pull'],
  [['image', 'pull'], 'needs the digest of an image'],
  [['image', 'pull', 'tracemill-sandbox:latest'], 'names no image by its digest'],
  [['image', 'pull', DIGEST, '--job', '@last'], 'needs the digest of an image, or --job'],
  [['image', 'pull', DIGEST, '--to', 'a/b'], 'are for image push'],
  [['image', 'push', DIGEST], 'takes no image'],
  [['image', 'push', '--only', 'base'], 'is not one of sandbox, worker'],
  [['image', 'push', '--to', 'host/Name'], 'is no repository'],
  [['image', 'push', '--to', 'host/name:tag'], 'is no repository'],
])('%j is refused with one sentence', async (argv, sentence) => {
  const { code, err } = await tracemill(argv);
  expect(code).toBe(2);
  expect(err).toContain(sentence);
});
