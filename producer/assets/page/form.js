// The form of one kind of export: what most people ask first, everything else under "more".
import * as api from './api.js';
import { control } from './controls.js';
import { element, setText } from './dom.js';
import { presets, yearBefore } from './presets.js';
import { called, text } from './texts.js';
import { problems, rule } from './validate.js';

/** What a person would say first, in this order. Everything else is under "more", in the order of its names here. */
const FIRST = ['start_date', 'end_date', 'report_type', 'compare_with', 'label', 'group_by', 'format', 'topic', 'classifications'];
const THEN = ['title', 'place_ids', 'deer_ids', 'detection_ids', 'units', 'paper', 'include_insights', 'include_charts', 'include_tables',
  'include_map', 'include_individuals', 'include_photos', 'exact_coordinates', 'rut_start', 'rut_end', 'visit_gap_minutes', 'visit_gap_since'];
/** What only means something with another choice. @type {Record<string, (body: any) => boolean>} */
const ONLY_WITH = {
  compare_with: (body) => body.report_type === 'comparison',
  label: (body) => body.report_type === 'comparison',
  topic: (body) => body.format === undefined || body.format === 'csv',
};
const DRAFT = 'deertrack.draft';

/** @type {Record<string, any>} What was typed, by kind; days are the same for all. */
let drafts = {};
try {
  drafts = JSON.parse(localStorage.getItem(DRAFT) ?? '{}');
} catch {
  drafts = {};
}

export class Form {
  /** @param {import('./schema.js').Schemas} schemas @param {any} kind @param {(job: any) => void} started */
  constructor(schemas, kind, started) {
    this.schemas = schemas;
    this.kind = kind;
    this.started = started;
    this.busy = false;
    this.schema = schemas.of(kind.name);
    const place = (/** @type {string} */ name) => {
      const [first, then] = [FIRST.indexOf(name), THEN.indexOf(name)];
      return first >= 0 ? first : then >= 0 ? 100 + then : 200;
    };
    this.fields = schemas.fields(this.schema).map(([name, schema]) => this.field(name, schemas.whole(schema)))
      .sort((a, b) => place(a.name) - place(b.name));
    this.button = element('button', { type: 'submit', textContent: text('start') });
    this.problem = element('p', { className: 'problem', role: 'alert' });
    this.presets = element('div', { className: 'presets', role: 'group', ariaLabel: text('presets') });
    const isFirst = (/** @type {{name: string}} */ field) => place(field.name) < 100;
    this.more = element('details', {}, element('summary', { textContent: text('more') }),
      ...this.fields.filter((field) => !isFirst(field)).map((field) => field.box));
    this.parts = [this.presets, ...this.fields.filter(isFirst).map((field) => field.box), this.more, this.button, this.problem];
  }

  /** @param {string} name @param {any} schema */
  field(name, schema) {
    const required = (this.schema.required ?? []).includes(name);
    const made = control(this.schemas, schema, required, (rows) => this.earlier(rows + 1));
    const problem = element('span', { className: 'problem', id: `problem-${name}` });
    const hint = element('small', { textContent: schema.description ?? '', id: `hint-${name}` });
    made.focus.setAttribute('aria-describedby', `${problem.id} ${hint.id}`);
    const caption = called(name) + (required ? ' *' : '');
    const label = element(made.group ? 'legend' : 'label', { textContent: caption });
    if (!made.group) {
      made.focus.id = `field-${name}`;
      label.htmlFor = made.focus.id;
    }
    const box = made.group ? made.node : element('div');
    box.classList.add('field', ...(made.switch ? ['switch'] : []));
    if (made.group) box.prepend(label);
    else box.append(...(made.switch ? [made.node, label] : [label, made.node]));
    box.append(hint, problem);
    return { name, box, problem, control: made, touched: false };
  }

  /** Puts itself into the page's form, with what was typed before. @param {any} form */
  show(form) {
    form.replaceChildren(...this.parts);
    this.write({ ...drafts[this.kind.name], ...drafts.days });
    form.oninput = (/** @type {Event} */ event) => this.changed(event.target);
    form.onsubmit = (/** @type {Event} */ event) => {
      event.preventDefault();
      this.submit();
    };
  }

  /** The form's days so many years before. @param {number} years */
  earlier(years) {
    const { start_date, end_date } = this.read();
    if (!start_date || !end_date) return {};
    const back = (/** @type {string} */ day) => Array.from({ length: years }).reduce((/** @type {string} */ at) => yearBefore(at), day);
    return { start_date: back(start_date), end_date: back(end_date) };
  }

  read() {
    const body = Object.fromEntries(this.fields.map(({ name, control: made }) => [name, made.read()]));
    for (const [name, applies] of Object.entries(ONLY_WITH)) if (!applies(body)) delete body[name];
    return body;
  }

  /** Shows these values; fields that are not named are as at the beginning. @param {any} values */
  write(values) {
    for (const field of this.fields) {
      field.control.write(values[field.name]);
      field.touched = false;
    }
    this.tell([]);
    this.arrange(this.read());
  }

  /** @param {any} [target] */
  changed(target) {
    const body = this.read();
    const touched = this.fields.find((field) => field.box.contains(target));
    if (touched) touched.touched = true;
    const { start_date, end_date, ...rest } = body;
    drafts = { ...drafts, [this.kind.name]: rest, days: { start_date, end_date } };
    localStorage.setItem(DRAFT, JSON.stringify(drafts));
    this.arrange(body);
    const known = problems(this.schemas, this.schema, body).filter(({ loc }) => this.fields.some((field) => field.touched && field.name === loc[1]));
    this.tell(known, rule(this.kind.name, body));
  }

  /** Shows what means something now, and days to choose. @param {any} body */
  arrange(body) {
    for (const field of this.fields) field.box.hidden = !(ONLY_WITH[field.name]?.(body) ?? true);
    const focused = /** @type {any} */ (document.activeElement)?.dataset?.preset;
    const made = presets(body).map((preset) => {
      const button = element('button', { type: 'button', className: 'quiet', textContent: text(/** @type {any} */ (preset.name)), dataset: { preset: preset.name } });
      button.addEventListener('click', () => {
        for (const field of this.fields) if (field.name in preset) field.control.write(/** @type {any} */ (preset)[field.name]);
        this.changed();
      });
      return button;
    });
    this.presets.replaceChildren(...made);
    // Made anew, so that the keyboard keeps its place.
    if (focused) made.find((button) => button.dataset.preset === focused)?.focus();
  }

  async submit() {
    if (this.busy) return;
    const body = this.read();
    const known = problems(this.schemas, this.schema, body);
    if (known.length) return this.complain(known);
    // Not disabled: a disabled button loses the keyboard.
    this.busy = true;
    this.button.setAttribute('aria-disabled', 'true');
    this.tell([]);
    try {
      const { job_id } = await api.submit(this.kind.name, body);
      this.started({ kind: this.kind.name, job_id, label: label(this.kind, body), body, begun: new Date().toISOString() });
    } catch (error) {
      if (error instanceof api.Refused) this.complain(error.detail);
      else setText(this.problem, text('unreachable'));
    } finally {
      this.busy = false;
      this.button.removeAttribute('aria-disabled');
    }
  }

  /** @param {{loc: (string|number)[], msg: string}[]} told by field @param {string} [sentence] of them all */
  tell(told, sentence = '') {
    const rest = told.filter(({ loc }) => !this.fields.some((field) => field.name === loc[1]));
    for (const field of this.fields) {
      const own = told.filter(({ loc }) => loc[1] === field.name);
      setText(field.problem, own.map(({ loc, msg }) => [...loc.slice(2).map((part) => (typeof part === 'number' ? `${part + 1}.` : called(part))), msg].join(' ')).join('; '));
      if (own.length) field.control.focus.setAttribute('aria-invalid', 'true');
      else field.control.focus.removeAttribute('aria-invalid');
    }
    setText(this.problem, [...rest.map(({ loc, msg }) => `${loc.slice(1).join('.')}: ${msg}`), sentence].filter(Boolean).join(' '));
  }

  /** A list of problems names its fields; a sentence begins with the field that it is about, or stands alone. @param {any} detail */
  complain(detail) {
    const first = Array.isArray(detail) ? undefined : this.fields.find((field) => field.name === String(detail).split(' ')[0]);
    if (Array.isArray(detail)) this.tell(detail);
    else this.tell(first ? [{ loc: ['body', first.name], msg: String(detail) }] : [], first ? '' : String(detail));
    const wrong = this.fields.find((field) => field.problem.textContent !== '');
    if (wrong && this.more.contains(wrong.box)) this.more.open = true;
    wrong?.control.focus.focus();
  }
}

/** @param {any} kind @param {any} body */
function label(kind, body) {
  const period = body.start_date && body.end_date ? `${body.start_date} – ${body.end_date}` : '';
  return [kind.title, body.title, body.format && String(body.format).toUpperCase(), period].filter(Boolean).join(', ');
}

/** Puts values into the draft of a kind, for who asks again or follows a link. @param {string} kind @param {any} values */
export function draft(kind, values) {
  const { start_date, end_date, ...rest } = values;
  drafts = { ...drafts, [kind]: rest, days: start_date || end_date ? { start_date, end_date } : drafts.days };
  localStorage.setItem(DRAFT, JSON.stringify(drafts));
}
