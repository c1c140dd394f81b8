// Wheels and sdists made in a test: plain zip and tar writers, so that hostile ones can be made as well.
import { crc32Of } from './crc32.ts';
import { deflateRawSync, gzipSync } from 'node:zlib';

export interface ZipMember {
  readonly name: string;
  readonly content: Buffer | string;
  /** What the heads say it unpacks to, where they lie. */
  readonly claimed?: number;
}

function zipHead(
  signature: number,
  member: {
    readonly size: number;
    readonly packed: number;
    readonly crc: number;
    readonly name: Buffer;
  },
): Buffer {
  const isCentral = signature === 0x02014b50;
  const head = Buffer.alloc(isCentral ? 46 : 30);
  head.writeUInt32LE(signature, 0);
  const at = isCentral ? 2 : 0;
  if (isCentral) head.writeUInt16LE(20, 4);
  head.writeUInt16LE(20, 4 + at);
  head.writeUInt16LE(0x0800, 6 + at);
  head.writeUInt16LE(8, 8 + at);
  head.writeUInt32LE(member.crc, 14 + at);
  head.writeUInt32LE(member.packed, 18 + at);
  head.writeUInt32LE(member.size, 22 + at);
  head.writeUInt16LE(member.name.length, 26 + at);
  return head;
}

/** A zip archive of deflated members, in the given order. */
export function zipOf(members: readonly ZipMember[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name: text, content, claimed } of members) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes);
    const name = Buffer.from(text, 'utf8');
    const facts = {
      size: claimed ?? bytes.length,
      packed: packed.length,
      crc: crc32Of(bytes),
      name,
    };
    const head = zipHead(0x02014b50, facts);
    head.writeUInt32LE(offset, 42);
    central.push(head, name);
    const local = Buffer.concat([zipHead(0x04034b50, facts), name, packed]);
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

export interface TarMember {
  readonly name: string;
  readonly content?: Buffer | string;
  /** A symbolic link to this. */
  readonly link?: string;
}

function tarHead(name: string, size: number, link: string | undefined): Buffer {
  const head = Buffer.alloc(512);
  head.write(name, 0, 100, 'utf8');
  head.write('0000644\0', 100);
  head.write('0000000\0', 108);
  head.write('0000000\0', 116);
  head.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  head.write('00000000000\0', 136);
  head.write(' '.repeat(8), 148);
  head.write(link === undefined ? '0' : '2', 156);
  head.write(link ?? '', 157, 100, 'utf8');
  head.write('ustar\x0000', 257);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return head;
}

/** A gzipped tar of plain files and links. */
export function tarOf(members: readonly TarMember[]): Buffer {
  const parts = members.flatMap(({ name, content = '', link }) => {
    const bytes = Buffer.from(content);
    const padding = Buffer.alloc((512 - (bytes.length % 512)) % 512);
    return [tarHead(name, bytes.length, link), bytes, padding];
  });
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(1024)]));
}
