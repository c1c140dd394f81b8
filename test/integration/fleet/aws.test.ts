// The provider of an Auto Scaling group through the real SDK, against moto's server and a small one before it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { awsProvider } from '../../../src/fleet/aws.ts';
import { ProviderError } from '../../../src/fleet/provider.ts';
import type { FleetProvider } from '../../../src/fleet/provider.ts';
import { fakeAws } from '../../support/fake-aws.ts';
import type { FakeAws, Refusal } from '../../support/fake-aws.ts';
import { fleetContract } from '../../support/fleet-contract.ts';
import { testConfig } from '../../support/services.ts';

const MAX = 4;
const EC2 = { Version: '2016-11-15' };
const GROUPS = { Version: '2011-01-01' };
const KEYS = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'not-a-secret' };

let aws: FakeAws;

/** As infra/terraform makes it: a launch template, several types, spot with rebalancing, protected from scale-in, a hook. */
async function makeGroup(name: string): Promise<void> {
  await aws.call('autoscaling', {
    ...GROUPS,
    Action: 'CreateAutoScalingGroup',
    AutoScalingGroupName: name,
    MinSize: '0',
    MaxSize: String(MAX),
    DesiredCapacity: '0',
    'AvailabilityZones.member.1': 'us-east-1a',
    CapacityRebalance: 'true',
    NewInstancesProtectedFromScaleIn: 'true',
    'MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification.LaunchTemplateName': 'trace',
    'MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification.Version': '$Latest',
    'MixedInstancesPolicy.LaunchTemplate.Overrides.member.1.InstanceType': 'c7i.xlarge',
    'MixedInstancesPolicy.LaunchTemplate.Overrides.member.2.InstanceType': 'm7i.xlarge',
    'MixedInstancesPolicy.InstancesDistribution.SpotAllocationStrategy': 'price-capacity-optimized',
  });
}

beforeAll(async () => {
  Object.assign(process.env, KEYS);
  aws = await fakeAws(testConfig().cache);
  await aws.call('ec2', {
    ...EC2,
    Action: 'CreateLaunchTemplate',
    LaunchTemplateName: 'trace',
    'LaunchTemplateData.ImageId': 'ami-12c6146b',
    'LaunchTemplateData.InstanceType': 'c7i.xlarge',
  });
  for (const name of ['contract-a', 'contract-b', 'refused']) await makeGroup(name);
});
afterAll(async () => {
  for (const name of Object.keys(KEYS)) Reflect.deleteProperty(process.env, name);
  await aws[Symbol.asyncDispose]();
});

const open = (group: string, endpoint = aws.endpoint): Promise<FleetProvider> =>
  awsProvider({ region: 'us-east-1', group, hook: 'drain', endpoint });

fleetContract('aws', { open, ready: () => Promise.resolve(), drainMs: null });

test('the size is never above the bound of the group, nor below what is there', async () => {
  await using provider = await open('refused');
  const signal = AbortSignal.timeout(30_000);
  const asked = provider.setDesired(MAX + 9, signal);
  await expect(asked).rejects.toThrow(/bounded at 4 machines; 13 are wanted/);
  expect((await provider.describe(signal)).vms).toHaveLength(MAX);
  await provider.setDesired(1, signal);
  expect(await provider.describe(signal)).toMatchObject({ desired: MAX });
});

test.each([
  ['throttled', { status: 400, code: 'Throttling', message: 'Rate exceeded' }],
  ['throttled', { status: 400, code: 'ScalingActivityInProgress', message: 'wait' }],
  ['denied', { status: 403, code: 'AccessDenied', message: 'not authorized' }],
  ['denied', { status: 403, code: 'InvalidClientTokenId', message: 'the token is invalid' }],
  ['denied', { status: 403, code: 'SignatureDoesNotMatch', message: 'no' }],
  ['denied', { status: 403, code: 'ExpiredToken', message: 'no' }],
  ['unreachable', { status: 503, code: 'ServiceUnavailable', message: 'later' }],
  ['other', { status: 400, code: 'ValidationError', message: 'nonsense' }],
] as const)('%s: %j is one clear error', async (trouble, refusal: Refusal) => {
  await using provider = await open('contract-a');
  aws.refuse(refusal);
  try {
    const asked = provider.describe(AbortSignal.timeout(30_000));
    await expect(asked).rejects.toMatchObject({ name: 'ProviderError', trouble });
    await expect(asked).rejects.toThrow(/the Auto Scaling group "contract-a" in us-east-1/);
  } finally {
    aws.refuse(null);
  }
});

test('an API that is down, a group that is not there, and no capacity are told apart', async () => {
  const signal = AbortSignal.timeout(30_000);
  await using down = await open('contract-a', 'http://127.0.0.1:9');
  await expect(down.describe(signal)).rejects.toMatchObject({ trouble: 'unreachable' });
  await using missing = await open('nobody');
  await expect(missing.describe(signal)).rejects.toMatchObject({ trouble: 'not-found' });
  await using provider = await open('contract-b');
  aws.failActivities('We currently do not have sufficient c7i.xlarge capacity');
  // moto starts machines at once: one that waits for its hook is missing.
  await aws.call('autoscaling', {
    ...GROUPS,
    Action: 'SuspendProcesses',
    AutoScalingGroupName: 'contract-b',
    'ScalingProcesses.member.1': 'Launch',
  });
  const asked = provider.setDesired(2, signal).then(
    () => null,
    (error: unknown) => error,
  );
  const error = await asked;
  if (error !== null) expect(error).toBeInstanceOf(ProviderError);
  expect((error as ProviderError | null)?.trouble).toBe('no-capacity');
  aws.failActivities(null);
});
