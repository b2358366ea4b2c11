// Controls for the fields of a schema: each shows a value, reads it back, and tells when it changes.
import { element } from './dom.js';
import { called, text } from './texts.js';

/**
 * @typedef {{node: any, focus: any, group?: boolean, switch?: boolean, read: () => any, write: (value: any) => void}} Control
 */

/**
 * @param {import('./schema.js').Schemas} schemas @param {any} field @param {boolean} required
 * @param {(rows: number) => any} [suggest] what a new row begins with, where there are so many @returns {Control}
 */
export function control(schemas, field, required, suggest = () => ({})) {
  const choices = schemas.choices(field);
  if (choices) return select(choices, required, field.default);
  if (schemas.is(field, 'boolean')) return toggle(field.default === true);
  if (schemas.is(field, 'array')) {
    const items = schemas.choices(field.items);
    if (items) return checkboxes(items, field.default ?? []);
    const item = schemas.whole(field.items);
    return item.properties ? rows(schemas, item, suggest) : list(item.type, field.default ?? []);
  }
  const type = field.format === 'date' ? 'date' : schemas.is(field, 'string') ? 'text' : 'number';
  const node = element('input', { type, required, value: field.default ?? '' });
  if (field.maxLength) node.maxLength = field.maxLength;
  if (type === 'number') Object.assign(node, { min: field.minimum ?? '', max: field.maximum ?? '', step: schemas.is(field, 'integer') ? '1' : 'any' });
  const read = () => (node.value === '' ? undefined : type === 'number' ? Number(node.value) : node.value);
  return { node, focus: node, read, write: (value) => { node.value = value ?? ''; } };
}

/** @param {string[]} choices @param {boolean} required @param {any} preset @returns {Control} */
function select(choices, required, preset) {
  const options = choices.map((value) => element('option', { value, textContent: called(value) }));
  const usual = required || preset !== undefined ? [] : [element('option', { value: '', textContent: text('any') })];
  const node = element('select', {}, ...usual, ...options);
  const write = (/** @type {any} */ value) => { node.value = value ?? preset ?? node.options[0].value; };
  write(preset);
  return { node, focus: node, read: () => node.value || undefined, write };
}

/** @param {boolean} preset @returns {Control} */
function toggle(preset) {
  const node = element('input', { type: 'checkbox', checked: preset });
  return { node, focus: node, switch: true, read: () => node.checked, write: (value) => { node.checked = value ?? preset; } };
}

/** @param {string[]} choices @param {string[]} preset @returns {Control} */
function checkboxes(choices, preset) {
  const boxes = choices.map((value) => element('input', { type: 'checkbox', value }));
  const node = element('fieldset', {}, ...boxes.map((box) => element('label', { className: 'choice' }, box, called(box.value))));
  const write = (/** @type {any} */ value) => boxes.forEach((box) => { box.checked = (value ?? preset).includes(box.value); });
  write(undefined);
  return { node, focus: boxes[0], group: true, read: () => boxes.filter((box) => box.checked).map((box) => box.value), write };
}

/** One entry a line, or with commas between. @param {string} type @param {any[]} preset @returns {Control} */
function list(type, preset) {
  const node = element('textarea', { rows: 2 });
  const entry = (/** @type {string} */ given) => (type !== 'string' && !Number.isNaN(Number(given)) ? Number(given) : given);
  const read = () => {
    const entries = node.value.split(/[\n,]/).map((/** @type {string} */ line) => line.trim()).filter(Boolean).map(entry);
    return entries.length ? entries : undefined;
  };
  const write = (/** @type {any} */ value) => { node.value = (value ?? preset).join('\n'); };
  write(undefined);
  return { node, focus: node, read, write };
}

/** In the order in which a person would say them. */
const PARTS = ['start_date', 'end_date', 'label'];

/** A row of controls for each entry that has parts of its own. @param {import('./schema.js').Schemas} schemas @param {any} item @param {(rows: number) => any} suggest @returns {Control} */
function rows(schemas, item, suggest) {
  /** @type {{box: any, parts: [string, Control][]}[]} */
  let entries = [];
  const body = element('div', { className: 'rows' });
  const add = element('button', { type: 'button', className: 'quiet', textContent: text('add') });
  const node = element('fieldset', {}, body, add);
  const changed = () => node.dispatchEvent(new Event('input', { bubbles: true }));
  const append = (/** @type {any} */ value = {}) => {
    const fields = schemas.fields(item).toSorted(([a], [b]) => PARTS.indexOf(a) - PARTS.indexOf(b));
    /** @type {[string, Control][]} */
    const parts = fields.map(([name, field]) => [name, control(schemas, schemas.whole(field), (item.required ?? []).includes(name))]);
    const remove = element('button', { type: 'button', className: 'quiet', textContent: text('drop') });
    const box = element('div', { className: 'row' },
      ...parts.map(([name, part]) => element('label', {}, called(name), part.node)), remove);
    for (const [name, part] of parts) part.write(value[name]);
    const entry = { box, parts };
    remove.addEventListener('click', () => {
      entries = entries.filter((other) => other !== entry);
      box.remove();
      add.focus();
      changed();
    });
    entries.push(entry);
    body.append(box);
    return entry;
  };
  add.addEventListener('click', () => {
    append(suggest(entries.length)).parts[0][1].focus.focus();
    changed();
  });
  const read = () => (entries.length ? entries.map(({ parts }) => Object.fromEntries(parts.map(([name, part]) => [name, part.read()]))) : undefined);
  const write = (/** @type {any} */ value) => {
    entries = [];
    body.replaceChildren();
    for (const entry of value ?? []) append(entry);
  };
  return { node, focus: add, group: true, read, write };
}
