// What an archive holds: the verdict of an analysis, tables, pictures, and all files by name.
import { drawing, element, size } from './dom.js';
import { tableOf } from './table_view.js';
import { text } from './texts.js';
import { members, unpack } from './zip.js';

const PICTURES = { png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', svg: 'image/svg+xml', webp: 'image/webp' };
const MOST_BYTES = 8 << 20;
const MOST_LISTED = 500;

const ending = (/** @type {string} */ name) => (name.split('.').pop() ?? '').toLowerCase();
const isText = (/** @type {string} */ name) => ['csv', 'json', 'txt', 'md', 'bib'].includes(ending(name));

/** @param {string} url */
export async function lookIntoArchive(url) {
  const all = await members(url);
  const files = all.filter(({ name }) => !name.endsWith('/'));
  const shown = element('div', { className: 'member', ariaLive: 'polite' });
  const open = async (/** @type {import('./zip.js').Member} */ member) => {
    shown.replaceChildren(element('p', { className: 'soft', textContent: text('loading') }));
    try {
      shown.replaceChildren(element('h3', { textContent: member.name }), await view(url, member));
    } catch (error) {
      shown.replaceChildren(element('p', { className: 'error', textContent: /** @type {Error} */ (error).message }));
    }
  };
  const entry = (/** @type {import('./zip.js').Member} */ member) => {
    const can = member.size <= MOST_BYTES && (ending(member.name) in PICTURES || isText(member.name));
    const name = can ? element('button', { type: 'button', className: 'link', textContent: member.name }) : element('span', { textContent: member.name });
    if (can) name.addEventListener('click', () => open(member));
    return element('li', {}, name, ' ', element('span', { className: 'soft', textContent: size(member.size) }));
  };
  const listed = files.slice(0, MOST_LISTED);
  const count = listed.length < files.length ? `${listed.length} ${text('of')} ${files.length} ${text('files')}` : `${files.length} ${text('files')}`;
  const list = element('details', { open: files.length <= 30 }, element('summary', { textContent: `${text('contents')}: ${count}` }), element('ul', { className: 'files' }, ...listed.map(entry)));
  const analysis = files.find(({ name }) => name === 'analysis.json' || name.endsWith('/analysis.json'));
  const first = analysis ? [await verdict(url, analysis, files)] : [];
  return [...first, list, shown];
}

/** @param {string} url @param {import('./zip.js').Member} member */
async function view(url, member) {
  const data = await unpack(url, member);
  const type = /** @type {Record<string, string>} */ (PICTURES)[ending(member.name)];
  if (type) return picture(data, type, member.name);
  const written = new TextDecoder().decode(data);
  if (ending(member.name) === 'csv') return tableOf(written, false);
  return element('pre', { textContent: written.slice(0, 100_000), tabIndex: 0 });
}

/** As an image, in which no script runs. @param {Uint8Array} data @param {string} type @param {string} name */
function picture(data, type, name) {
  const image = element('img', { alt: name, className: 'picture' });
  const address = URL.createObjectURL(new Blob([/** @type {any} */ (data)], { type }));
  image.addEventListener('load', () => URL.revokeObjectURL(address), { once: true });
  image.src = address;
  return image;
}

/** What the analysis says first: its words, the picture of similarities, and what each threshold would do. @param {string} url @param {import('./zip.js').Member} analysis @param {import('./zip.js').Member[]} files */
async function verdict(url, analysis, files) {
  const told = JSON.parse(new TextDecoder().decode(await unpack(url, analysis)));
  const words = element('ul', {}, ...sentences(told).map((sentence) => element('li', { textContent: sentence })));
  const chart = files.find(({ name }) => /histogram.*\.(svg|png)$/.test(name) || /similarit.*\.(svg|png)$/.test(name));
  const rows = Array.isArray(told.thresholds) ? told.thresholds : [];
  const names = [...new Set(rows.flatMap((/** @type {any} */ row) => Object.keys(row)))].filter((name) => rows.every((/** @type {any} */ row) => typeof row[name] !== 'object'));
  const table = rows.length === 0 ? '' : element('table', {},
    element('thead', {}, element('tr', {}, ...names.map((name) => element('th', { scope: 'col', textContent: String(name).replaceAll('_', ' ') })))),
    element('tbody', {}, ...rows.map((/** @type {any} */ row) => element('tr', {}, ...names.map((name) => element('td', { className: 'number', textContent: name === 'assignment_rate' ? `${Number(row[name]).toFixed(1)} %` : short(row[name]) }))))));
  return element('section', { className: 'verdict' }, element('h3', { textContent: text('verdict') }), words,
    ...(chart ? [await view(url, chart)] : histogram(told.histogram)), element('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: text('verdict') }, table));
}

/** How often which similarity is the best one. @param {any} told */
function histogram(told) {
  if (!told?.counts?.length) return [];
  const [width, height] = [480, 120];
  const [most, step] = [Math.max(...told.counts, 1), width / told.counts.length];
  const bars = told.counts.map((/** @type {number} */ count, /** @type {number} */ index) => {
    const tall = (count / most) * height;
    return drawing('rect', { x: index * step, y: height - tall, width: Math.max(step - 1, 0.5), height: tall });
  });
  const ends = [told.edges[0], told.edges.at(-1)].map((edge) => Number(edge).toFixed(2));
  return [drawing('svg', { viewBox: `0 0 ${width} ${height + 16}`, role: 'img', 'aria-label': `${text('similarities')}: ${ends.join(' – ')}`, class: 'histogram' }, ...bars,
    drawing('text', { x: 0, y: height + 14 }, ends[0]), drawing('text', { x: width, y: height + 14, 'text-anchor': 'end' }, ends[1]))];
}

/** The verdict in words; the threshold where there is a safe one. @param {any} told */
function sentences(told) {
  const { kind = '', threshold, reason } = told.verdict ?? {};
  const headline = [String(kind).replaceAll('_', ' '), typeof threshold === 'number' ? threshold.toFixed(2) : ''].filter(Boolean).join(': ');
  const alarms = (told.space_check?.alarms ?? []).map((/** @type {any} */ alarm) => alarm.message);
  return [headline, reason, ...alarms].filter(Boolean);
}

/** @param {any} value */
const short = (value) => (typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(3) : String(value ?? ''));
