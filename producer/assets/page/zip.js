// What a ZIP holds, read by ranges: its directory from the end, and each member when it is asked for. The server unpacks
// nothing. ZIP64 as well (APPNOTE 6.3.10).
import { bytes } from './api.js';

const [END, END64, LOCATOR64, ENTRY, LOCAL] = [0x06054b50, 0x06064b50, 0x07064b50, 0x02014b50, 0x04034b50];
/** The end record and the longest comment behind it. */
const TAIL = 22 + 0xffff;
const MOST_DIRECTORY = 16 << 20;

/** @typedef {{name: string, size: number, packed: number, method: number, at: number}} Member */

/** @param {Uint8Array} data */
const view = (data) => new DataView(data.buffer, data.byteOffset, data.byteLength);
/** @param {DataView} data @param {number} at */
const long = (data, at) => Number(data.getBigUint64(at, true));

/** @param {string} url @returns {Promise<Member[]>} */
export async function members(url) {
  const { bytes: tail, whole } = await bytes(url, -TAIL);
  const end = view(tail);
  let at = tail.length - 22;
  while (at >= 0 && end.getUint32(at, true) !== END) at -= 1;
  if (at < 0) throw new Error('this is no ZIP file');
  let [count, length, from] = [end.getUint16(at + 10, true), end.getUint32(at + 12, true), end.getUint32(at + 16, true)];
  if (from === 0xffffffff || count === 0xffff || length === 0xffffffff) {
    if (at < 20 || end.getUint32(at - 20, true) !== LOCATOR64) throw new Error('the directory of the ZIP file is not where it should be');
    const end64 = view((await bytes(url, long(end, at - 12), long(end, at - 12) + 56)).bytes);
    if (end64.getUint32(0, true) !== END64) throw new Error('the directory of the ZIP file is not where it should be');
    [count, length, from] = [long(end64, 32), long(end64, 40), long(end64, 48)];
  }
  if (length > MOST_DIRECTORY) throw new Error('it holds too many files to list them here');
  const start = whole - tail.length;
  const directory = from >= start ? tail.subarray(from - start, from - start + length) : (await bytes(url, from, from + length)).bytes;
  return listed(directory, count);
}

/** @param {Uint8Array} directory @param {number} count */
function listed(directory, count) {
  const [data, names] = [view(directory), new TextDecoder()];
  /** @type {Member[]} */
  const found = [];
  for (let at = 0; found.length < count && at + 46 <= directory.length;) {
    if (data.getUint32(at, true) !== ENTRY) throw new Error('the directory of the ZIP file is damaged');
    const [name, extra, comment] = [28, 30, 32].map((field) => data.getUint16(at + field, true));
    const member = {
      name: names.decode(directory.subarray(at + 46, at + 46 + name)), method: data.getUint16(at + 10, true),
      packed: data.getUint32(at + 20, true), size: data.getUint32(at + 24, true), at: data.getUint32(at + 42, true),
    };
    large(data, at + 46 + name, extra, member);
    found.push(member);
    at += 46 + name + extra + comment;
  }
  return found;
}

/** Numbers of more than 32 bits stand in a field of their own, in this order, where they are needed. @param {DataView} data @param {number} from @param {number} length @param {Member} member */
function large(data, from, length, member) {
  for (let at = from; at + 4 <= from + length; at += 4 + data.getUint16(at + 2, true)) {
    if (data.getUint16(at, true) !== 1) continue;
    let field = at + 4;
    for (const name of /** @type {const} */ (['size', 'packed', 'at'])) {
      if (member[name] !== 0xffffffff) continue;
      member[name] = long(data, field);
      field += 8;
    }
  }
}

/** The bytes of a member. @param {string} url @param {Member} member */
export async function unpack(url, member) {
  const head = view((await bytes(url, member.at, member.at + 30)).bytes);
  if (head.getUint32(0, true) !== LOCAL) throw new Error('the ZIP file is damaged');
  const from = member.at + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  if (member.packed === 0) return new Uint8Array();
  const packed = (await bytes(url, from, from + member.packed)).bytes;
  if (member.method === 0) return packed;
  if (member.method !== 8) throw new Error(`a way to pack that is not known: ${member.method}`);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
