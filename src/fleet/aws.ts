// Machines of an Auto Scaling group of AWS. The only importer of its client, which is loaded when a fleet of this kind is opened.
//
// The group never picks a machine to end: all are protected from scale-in, and the size is lowered by ending one by name. The
// group's hook then holds that machine until its worker has drained, and is completed here; its own time limit does so where no
// loop runs.
import type * as AutoScaling from '@aws-sdk/client-auto-scaling';
import type {
  Activity,
  AutoScalingClient,
  AutoScalingGroup,
  Instance,
} from '@aws-sdk/client-auto-scaling';
import { ProviderError } from './provider.ts';
import type {
  FleetDescription,
  FleetProvider,
  FleetVm,
  ProviderTrouble,
  VmState,
} from './provider.ts';

export interface AwsFleet {
  readonly region: string;
  /** Name of the Auto Scaling group. */
  readonly group: string;
  /** Name of its lifecycle hook on termination. */
  readonly hook: string;
  /** Null is AWS itself. */
  readonly endpoint: string | null;
}

type Sdk = typeof AutoScaling;

const TROUBLES: readonly (readonly [RegExp, ProviderTrouble, string])[] = [
  [
    /Throttl|RequestLimitExceeded|TooManyRequests|ScalingActivityInProgress|ResourceContention/,
    'throttled',
    'asks for fewer calls',
  ],
  [
    /AccessDenied|Unauthorized|AuthFailure|InvalidClientTokenId|SignatureDoesNotMatch|ExpiredToken|CredentialsProvider|UnrecognizedClient|OptInRequired/,
    'denied',
    'refuses the credentials; see the policy of the operator in docs/fleet.md',
  ],
  [/LimitExceeded|InsufficientInstanceCapacity|MaxSpot/, 'no-capacity', 'has no more machines now'],
  [
    /ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|EPIPE|Timeout|AbortError|NetworkingError|InternalFailure|ServiceUnavailable/,
    'unreachable',
    'does not answer',
  ],
];
/** What AWS writes into an activity that found no machine. */
const NO_CAPACITY = /capacity|MaxSpotInstanceCount|VcpuLimit|InstanceLimit/i;
/** A failure that is older says nothing about now: the group itself tries again every few minutes. */
const ACTIVITY_MS = 600_000;
const ACTIVITIES = 5;
/** The SDK's own retries are few: the loop has its own, which are slower and said. */
const ATTEMPTS = 2;
const MESSAGE_CHARACTERS = 300;

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return `${error.name} ${code} ${error.message}`;
}

function troubleOf(error: unknown, place: string): ProviderError {
  if (error instanceof ProviderError) return error;
  const words = wordsOf(error);
  const known = TROUBLES.find(([pattern]) => pattern.test(words));
  const [trouble, what] =
    known === undefined ? (['other', 'failed'] as const) : [known[1], known[2]];
  const said = error instanceof Error ? error.message.slice(0, MESSAGE_CHARACTERS) : words;
  return new ProviderError(trouble, `${place} ${what}: ${said}`, error);
}

function stateOf(instance: Instance): VmState {
  const LifecycleState: string = instance.LifecycleState ?? '';
  if (LifecycleState.startsWith('Terminating')) return 'draining';
  if (LifecycleState === 'Terminated' || LifecycleState.startsWith('Detach')) return 'ended';
  return 'running';
}

const isWaiting = ({ LifecycleState }: Instance): boolean => LifecycleState === 'Terminating:Wait';

/** Its own id is the name of the host, which cloud-init sets. */
function vmOf(instance: Instance): FleetVm {
  const id = instance.InstanceId ?? '';
  return { id, host: id, state: stateOf(instance), launchedAtMs: null, note: null };
}

class AwsProvider implements FleetProvider {
  readonly kind = 'aws';
  readonly place: string;
  private readonly sdk: Sdk;
  private readonly client: AutoScalingClient;
  private readonly given: AwsFleet;

  constructor(sdk: Sdk, given: AwsFleet) {
    this.sdk = sdk;
    this.given = given;
    this.place = `the Auto Scaling group ${JSON.stringify(given.group)} in ${given.region}`;
    this.client = new sdk.AutoScalingClient({
      region: given.region,
      maxAttempts: ATTEMPTS,
      ...(given.endpoint === null ? {} : { endpoint: given.endpoint }),
    });
  }

  async describe(signal: AbortSignal): Promise<FleetDescription> {
    const group = await this.group(signal);
    const vms = (group.Instances ?? []).map(vmOf);
    return { desired: group.DesiredCapacity ?? 0, vms };
  }

  async setDesired(count: number, signal: AbortSignal): Promise<void> {
    const group = await this.group(signal);
    const here = (group.Instances ?? []).filter((one) => stateOf(one) === 'running');
    await this.protect(here, signal);
    // A size below what is there would make the group pick one; one above its own bound is refused by AWS.
    const size = Math.min(group.MaxSize ?? 0, Math.max(count, here.length));
    if (size !== group.DesiredCapacity) {
      await this.told(async ({ SetDesiredCapacityCommand }) => {
        const input = { AutoScalingGroupName: this.given.group, DesiredCapacity: size };
        const command = new SetDesiredCapacityCommand({ ...input, HonorCooldown: false });
        await this.client.send(command, { abortSignal: signal });
      });
    }
    if (here.length < size) await this.refuseMissing(signal);
    if (count > size) {
      throw new ProviderError(
        'no-capacity',
        `${this.place} is bounded at ${String(group.MaxSize)} machines; ${String(count)} are wanted`,
      );
    }
  }

  async drain(id: string, signal: AbortSignal): Promise<void> {
    const instance = await this.find(id, signal);
    if (instance !== null && stateOf(instance) === 'running') await this.endInstance(id, signal);
  }

  private async endInstance(id: string, signal: AbortSignal): Promise<void> {
    await this.told(async ({ TerminateInstanceInAutoScalingGroupCommand }) => {
      const input = { InstanceId: id, ShouldDecrementDesiredCapacity: true };
      const command = new TerminateInstanceInAutoScalingGroupCommand(input);
      await this.client.send(command, { abortSignal: signal });
    });
  }

  async terminate(id: string, signal: AbortSignal): Promise<void> {
    let instance = await this.find(id, signal);
    if (instance !== null && stateOf(instance) === 'running') {
      await this.endInstance(id, signal);
      instance = await this.find(id, signal);
    }
    if (instance === null || !isWaiting(instance)) return;
    await this.told(async ({ CompleteLifecycleActionCommand }) => {
      const command = new CompleteLifecycleActionCommand({
        AutoScalingGroupName: this.given.group,
        LifecycleHookName: this.given.hook,
        LifecycleActionResult: 'CONTINUE',
        InstanceId: id,
      });
      await this.client.send(command, { abortSignal: signal });
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.client.destroy();
    return Promise.resolve();
  }

  private async told<T>(work: (sdk: Sdk) => Promise<T>): Promise<T> {
    try {
      return await work(this.sdk);
    } catch (error) {
      throw troubleOf(error, this.place);
    }
  }

  private async group(signal: AbortSignal): Promise<AutoScalingGroup> {
    const groups = await this.told(async ({ DescribeAutoScalingGroupsCommand }) => {
      const command = new DescribeAutoScalingGroupsCommand({
        AutoScalingGroupNames: [this.given.group],
      });
      return (await this.client.send(command, { abortSignal: signal })).AutoScalingGroups ?? [];
    });
    const [group] = groups;
    if (group !== undefined) return group;
    throw new ProviderError(
      'not-found',
      `${this.place} does not exist; make it with infra/terraform`,
    );
  }

  private async find(id: string, signal: AbortSignal): Promise<Instance | null> {
    const { Instances = [] } = await this.group(signal);
    return Instances.find(({ InstanceId }) => InstanceId === id) ?? null;
  }

  private async protect(here: readonly Instance[], signal: AbortSignal): Promise<void> {
    const InstanceIds = here
      .filter((one) => one.ProtectedFromScaleIn !== true && one.LifecycleState === 'InService')
      .flatMap(({ InstanceId }) => InstanceId ?? []);
    if (InstanceIds.length === 0) return;
    await this.told(async ({ SetInstanceProtectionCommand }) => {
      const input = { AutoScalingGroupName: this.given.group, InstanceIds };
      const command = new SetInstanceProtectionCommand({ ...input, ProtectedFromScaleIn: true });
      await this.client.send(command, { abortSignal: signal });
    });
  }

  /** AWS takes any size, and says later, in an activity, that there was no machine. */
  private async refuseMissing(signal: AbortSignal): Promise<void> {
    const activities = await this.told(async ({ DescribeScalingActivitiesCommand }) => {
      const command = new DescribeScalingActivitiesCommand({
        AutoScalingGroupName: this.given.group,
        MaxRecords: ACTIVITIES,
      });
      return (await this.client.send(command, { abortSignal: signal })).Activities ?? [];
    });
    const isRecent = ({ StartTime }: Activity): boolean =>
      Date.now() - (StartTime?.getTime() ?? 0) < ACTIVITY_MS;
    const newest = activities.find(isRecent);
    const message = newest?.StatusMessage ?? '';
    if (newest?.StatusCode !== 'Failed') return;
    const trouble = NO_CAPACITY.test(message) ? 'no-capacity' : 'other';
    throw new ProviderError(
      trouble,
      `${this.place} started no machine: ${message.slice(0, MESSAGE_CHARACTERS)}`,
    );
  }
}

/** Reaches for nothing yet. */
export async function awsProvider(given: AwsFleet): Promise<FleetProvider> {
  return new AwsProvider(await import('@aws-sdk/client-auto-scaling'), given);
}
