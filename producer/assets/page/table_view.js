// A table of CSV, as rows that can be ordered by each column.
import { element } from './dom.js';
import { language, text } from './texts.js';

const MOST_ROWS = 200;

/** Fields of CSV by RFC 4180. A last line that was cut off is left out where the text is not whole. @param {string} csv @param {boolean} [cut] */
export function parseCsv(csv, cut = false) {
  /** @type {string[][]} */
  const rows = [];
  let [row, field, quoted] = [/** @type {string[]} */ ([]), '', false];
  const given = csv.startsWith('\ufeff') ? csv.slice(1) : csv;
  for (let at = 0; at < given.length; at += 1) {
    const sign = given[at];
    if (quoted) {
      if (sign !== '"') field += sign;
      else if (given[at + 1] === '"') field += given[(at += 1)];
      else quoted = false;
    } else if (sign === '"' && field === '') quoted = true;
    else if (sign === ',') {
      row.push(field);
      field = '';
    } else if (sign === '\n') {
      rows.push([...row, field.replace(/\r$/, '')]);
      [row, field] = [[], ''];
    } else field += sign;
  }
  if (!cut && (field !== '' || row.length)) rows.push([...row, field]);
  return rows;
}

const isNumber = (/** @type {string} */ value) => value !== '' && !Number.isNaN(Number(value));

/** By number where both are numbers, else as words; what is empty comes last. @param {string} a @param {string} b */
export function order(a, b) {
  if (a === '' || b === '') return Number(a === '') - Number(b === '');
  return isNumber(a) && isNumber(b) ? Number(a) - Number(b) : a.localeCompare(b, language, { numeric: true });
}

/** @param {string} csv @param {boolean} cut */
export function tableOf(csv, cut) {
  const [head = [], ...all] = parseCsv(csv, cut);
  const kept = all.slice(0, MOST_ROWS);
  const body = element('tbody');
  const fill = (/** @type {string[][]} */ rows) =>
    body.replaceChildren(...rows.map((row) => element('tr', {}, ...head.map((_, column) => element('td', { textContent: row[column] ?? '', className: isNumber(row[column] ?? '') ? 'number' : '' })))));
  /** @type {any[]} */
  const cells = head.map((name, column) => {
    const button = element('button', { type: 'button', textContent: name });
    const cell = element('th', { scope: 'col' }, button);
    button.addEventListener('click', () => {
      const up = cell.getAttribute('aria-sort') !== 'ascending';
      for (const other of cells) other.removeAttribute('aria-sort');
      cell.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      const sign = up ? 1 : -1;
      fill(kept.toSorted((a, b) => sign * order(a[column] ?? '', b[column] ?? '')));
    });
    return cell;
  });
  fill(kept);
  const more = cut || kept.length < all.length;
  const count = more ? `${text('firstRows')}: ${kept.length}` : `${kept.length} ${text('rows')}`;
  return element('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: text('rows') },
    element('table', {}, element('caption', { textContent: count }), element('thead', {}, element('tr', {}, ...cells)), body));
}
