// A look into a finished file without downloading it by hand: a table's rows, a map of places, what an archive holds.
import { bytes, fileOf } from './api.js';
import { lookIntoArchive } from './archive_view.js';
import { byId, element } from './dom.js';
import { mapOf } from './map_view.js';
import { tableOf } from './table_view.js';
import { text } from './texts.js';

/** Of a table so much is read. */
const MOST_BYTES = 1 << 20;

/** @type {Record<string, (url: string, record: any) => Promise<any[]>>} */
const VIEWS = {
  csv: async (url) => {
    const { bytes: part, whole } = await bytes(url, 0, MOST_BYTES);
    return [tableOf(new TextDecoder().decode(part), part.length < whole)];
  },
  geojson: async (url) => {
    const response = await fetch(url);
    return [mapOf(await response.json())];
  },
  zip: (url) => lookIntoArchive(url),
};

const ending = (/** @type {string} */ url) => url.split('.').pop() ?? '';

/** @param {string} url */
export const canLook = (url) => ending(url) in VIEWS;

/** Shows it in the page's dialog; closing it gives the keyboard back. @param {any} job @param {any} from */
export async function look(job, from) {
  const dialog = byId('look');
  const url = fileOf(job.record);
  byId('look-title').textContent = job.label ?? job.kind;
  const place = byId('look-body');
  place.replaceChildren(element('p', { className: 'soft', textContent: text('loading') }));
  dialog.addEventListener('close', () => from.focus(), { once: true });
  dialog.showModal();
  try {
    if (!url) throw new Error(text('notShown'));
    place.replaceChildren(...await VIEWS[ending(url)](url, job.record));
  } catch (error) {
    place.replaceChildren(element('p', { className: 'error', role: 'alert', textContent: `${text('notShown')} (${/** @type {Error} */ (error).message})` }));
  }
}
