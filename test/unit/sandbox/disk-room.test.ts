// No batch is begun on a disk that is almost full.
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { requireDiskRoom } from '../../../src/sandbox/disk-room.ts';

test('a disk with room lets work begin; one without is a fault that is tried again', async () => {
  await requireDiskRoom(tmpdir(), 1);
  await expect(requireDiskRoom(tmpdir(), Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({
    code: 'service-not-available',
    retryable: true,
  });
});
