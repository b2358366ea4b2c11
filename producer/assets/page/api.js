// What the page asks the gateway. Addresses are relative: the page may live below a path of a proxy.

/** The gateway did not answer, or refused. */
export class Refused extends Error {
  /** @param {number} status @param {any} detail */
  constructor(status, detail) {
    super(typeof detail === 'string' ? detail : 'the request was refused');
    this.status = status;
    this.detail = detail;
  }
}

/** @param {string} path @param {RequestInit} [options] @returns {Promise<any>} */
async function ask(path, options) {
  const response = await fetch(path, options);
  if (response.ok) return response.status === 204 ? undefined : response.json();
  const detail = await response.json().then((body) => body.detail, () => undefined);
  throw new Refused(response.status, detail ?? `the gateway answered ${response.status}`);
}

const JSON_TYPE = { 'Content-Type': 'application/json' };

export const contract = () => ask('openapi.json');
export const kinds = () => ask('api/kinds').then((answer) => answer.kinds);
/** @param {string} kind @param {any} body */
export const submit = (kind, body) =>
  ask(`api/exports/${kind}`, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) });
/** @param {string} kind @param {string} job */
export const status = (kind, job) => ask(`api/exports/${kind}/${encodeURIComponent(job)}`);
/** @param {string} job */
export const cancel = (job) => ask(`api/exports/${encodeURIComponent(job)}`, { method: 'DELETE' });
export const session = () => ask('api/session');
/** @param {string} key */
export const signIn = (key) =>
  ask('api/session', { method: 'POST', headers: { ...JSON_TYPE, Authorization: `Bearer ${key}` }, body: '{}' });
export const signOut = () => ask('api/session', { method: 'DELETE' });

/** Where events come from, after this one. @param {string|undefined} last */
export const eventsAfter = (last) => `api/events${last ? `?last_event_id=${encodeURIComponent(last)}` : ''}`;

const FILES = '/api/static/exports/';

/** The address of a job's file, below this page; nothing for an address that is not one of our files. @param {any} record */
export function fileOf(record) {
  const url = String(record?.download_url ?? '');
  // Only our own files: a record may have been written by another program.
  return url.startsWith(FILES) && /^[\w.-]+$/.test(url.slice(FILES.length)) ? url.slice(1) : undefined;
}

/** A part of a file, from one byte to before another; of an unknown end, to the end. @param {string} url @param {number} from @param {number} [to] */
export async function bytes(url, from, to) {
  const range = from < 0 ? `bytes=${from}` : `bytes=${from}-${to === undefined ? '' : to - 1}`;
  const response = await fetch(url, { headers: { Range: range } });
  if (response.status !== 206 && response.status !== 200) throw new Refused(response.status, 'the file cannot be read; it may have been removed by age');
  const whole = Number(response.headers.get('Content-Range')?.split('/')[1] ?? response.headers.get('Content-Length'));
  return { bytes: new Uint8Array(await response.arrayBuffer()), whole };
}
