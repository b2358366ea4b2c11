// Elements and words of a page. Foreign text enters as text nodes and properties only; nothing is ever parsed as HTML.

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/**
 * An element with properties, data attributes (`dataset`), other attributes (`attributes`) and children.
 * @param {string} name @param {any} [properties] @param {...(Node|string)} children @returns {any}
 */
export function element(name, properties = {}, ...children) {
  const { dataset = {}, attributes = {}, ...plain } = properties;
  const made = Object.assign(document.createElement(name), plain);
  Object.assign(made.dataset, dataset);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

const SVG = 'http://www.w3.org/2000/svg';

/** The same for a picture. @param {string} name @param {any} [attributes] @param {...(Node|string)} children @returns {any} */
export function drawing(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, String(value));
  made.append(...children);
  return made;
}

/** Sets a text only where it differs: a reader's selection and a screen reader's place stay. @param {any} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Bytes for people. @param {number} bytes */
export function size(bytes) {
  if (!bytes) return '';
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  return `${(bytes / 1000 ** power).toFixed(power ? 1 : 0)} ${units[power]}`;
}

/** An instant in the reader's zone, which is named. @param {string|undefined} instant @param {string} language */
export function time(instant, language) {
  const at = new Date(instant ?? NaN);
  if (Number.isNaN(at.getTime())) return '';
  return new Intl.DateTimeFormat(language, {
    year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', timeZoneName: 'short',
  }).format(at);
}

/** A local day some days from now, as the gateway writes it. @param {number} offset @param {Date} [from] */
export function isoDay(offset, from = new Date()) {
  const day = new Date(from.getFullYear(), from.getMonth(), from.getDate() + offset);
  const two = (/** @type {number} */ number) => String(number).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}
