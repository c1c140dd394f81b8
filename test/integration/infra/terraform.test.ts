// infra/terraform/aws: parsed and formatted as HashiCorp's own formatter does, and what it promises of the network, the
// bucket and the machines. Applying it needs AWS.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { ensureBinary } from '../../../infra/dev/binaries.ts';
import { devContext } from '../../../infra/dev/context.ts';
import { testConfig, testLog } from '../../support/services.ts';

const folder = fileURLToPath(new URL('../../../infra/terraform/aws/', import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith('.tf'));
const textOf = (name: string): string => readFileSync(`${folder}${name}`, 'utf8');

/** The text of each block with this head, its braces included; blocks are formatted, so one ends at its indent. */
function blocks(text: string, head: string): readonly string[] {
  const found: string[] = [];
  const lines = text.split('\n');
  for (const [at, line] of lines.entries()) {
    if (!line.trimStart().startsWith(head)) continue;
    const indent = line.slice(0, line.length - line.trimStart().length);
    const end = lines.findIndex((other, index) => index > at && other === `${indent}}`);
    found.push(lines.slice(at, end + 1).join('\n'));
  }
  return found;
}

let hclfmt = '';
beforeAll(async () => {
  const source = {
    service: 's3',
    name: 'hclfmt',
    version: '2.24.0',
    least: null,
    release: null,
    goPackage: 'github.com/hashicorp/hcl/v2/cmd/hclfmt@v2.24.0',
    buildMinutes: 1,
  } as const;
  hclfmt = (await ensureBinary(devContext(testConfig(), testLog()), source)).path;
});

it('every file is HCL, and formatted', () => {
  expect(files.length).toBeGreaterThan(5);
  for (const name of files) {
    const formatted = execFileSync(hclfmt, [`${folder}${name}`], { encoding: 'utf8' });
    expect(formatted, name).toBe(textOf(name));
  }
});

it('every name that is used is declared, and every variable is used and described', () => {
  const all = files.map(textOf).join('\n');
  const variables = [...all.matchAll(/^variable "(\w+)"/gm)].map(([, name]) => String(name));
  const used = new Set([...all.matchAll(/\bvar\.(\w+)/g)].map(([, name]) => String(name)));
  expect([...used].sort()).toEqual([...variables].sort());
  for (const block of blocks(all, 'variable "')) expect(block).toMatch(/description = ".{10}/);
  const declared = new Set(
    [...all.matchAll(/^(?:resource|data) "(\w+)" "(\w+)"/gm)].map(([, type, name]) => {
      return `${String(type)}.${String(name)}`;
    }),
  );
  const references = all.matchAll(/\b(?:data\.)?(aws_\w+)\.(\w+)(?=[.[])/g);
  for (const [text, type, name] of references) {
    expect(declared, text).toContain(`${String(type)}.${String(name)}`);
  }
});

it('nothing comes in but from machines of the network to Temporal', () => {
  const all = files.map(textOf).join('\n');
  const ingress = blocks(all, 'ingress {');
  expect(ingress).toHaveLength(1);
  expect(ingress[0]).toContain('7233');
  expect(ingress[0]).toContain('security_groups = [aws_security_group.machines.id]');
  expect(ingress[0]).not.toContain('cidr_blocks');
  expect(all).not.toMatch(/aws_(?:vpc_)?security_group_(?:ingress_)?rule|key_name/);
});

it('the bucket is closed and encrypted, machines have version 2 of the metadata service at one hop', () => {
  const bucket = textOf('bucket.tf');
  for (const closed of ['block_public_acls', 'block_public_policy', 'restrict_public_buckets']) {
    expect(bucket).toMatch(new RegExp(`${closed} += true`));
  }
  expect(bucket).toContain('sse_algorithm = "AES256"');
  expect(bucket).toContain('aws:SecureTransport');
  const all = files.map(textOf).join('\n');
  const machines = blocks(all, 'resource "aws_instance"').length + 1;
  const metadata = blocks(all, 'metadata_options {');
  expect(metadata).toHaveLength(machines);
  for (const block of metadata) {
    expect(block).toMatch(/http_tokens += "required"/);
    expect(block).toMatch(/http_put_response_hop_limit = 1\n/);
  }
  for (const disk of [...blocks(all, 'ebs {'), ...blocks(all, 'root_block_device {')]) {
    expect(disk).toMatch(/encrypted += true/);
  }
});

it('the group is what the fleet needs of one', () => {
  const group = blocks(textOf('fleet.tf'), 'resource "aws_autoscaling_group"')[0] ?? '';
  expect(group).toMatch(/min_size += 0/);
  expect(group).toMatch(/protect_from_scale_in = true/);
  expect(group).toMatch(/capacity_rebalance = var\.spot/);
  expect(group).toMatch(/lifecycle_transition = "autoscaling:EC2_INSTANCE_TERMINATING"/);
  expect(group).toMatch(/default_result += "CONTINUE"/);
  expect(group).toMatch(/heartbeat_timeout += 300/);
});

it('the loop may do what src/fleet/aws.ts calls, and nothing else', () => {
  const source = readFileSync(new URL('../../../src/fleet/aws.ts', import.meta.url), 'utf8');
  const called = new Set([...source.matchAll(/new (\w+)Command\(/g)].map(([, name]) => name));
  const { Statement } = JSON.parse(readFileSync(`${folder}policies/fleet.json`, 'utf8')) as {
    readonly Statement: readonly { readonly Action: readonly string[] }[];
  };
  const allowed = Statement.flatMap(({ Action }) => Action);
  expect([...allowed].sort()).toEqual(
    [...called].map((name) => `autoscaling:${String(name)}`).sort(),
  );
});
