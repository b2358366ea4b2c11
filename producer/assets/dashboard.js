// The dashboard: a form for each export kind, made from /openapi.json, and the jobs started in this browser.
// Foreign text enters the page as text nodes and properties only; nothing is ever parsed as HTML.
'use strict';

const POLL_MS = 1000;
const RECONNECT_MS = 3000;
const KEPT_JOBS = 50;
const FINAL_STATES = ['completed', 'failed', 'cancelled', 'expired', 'dead'];
const FILES = '/api/static/exports/';
/** Marks, in the contract, what is taken for the platform's sake. */
const PLATFORM_NAME = 'x-platform-name';

const byId = (id) => document.getElementById(id);

function element(name, properties = {}, ...children) {
  const { dataset, ...plain } = properties;
  const made = Object.assign(document.createElement(name), plain);
  Object.assign(made.dataset, dataset);
  made.append(...children);
  return made;
}

const words = (name) => (name.charAt(0).toUpperCase() + name.slice(1)).replaceAll('_', ' ');

// ---- The form -------------------------------------------------------------------------------------------------

/** Yesterday rather than today: it may still be yesterday where the gateway is. */
const PREFILL = { start_date: () => isoDay(-90), end_date: () => isoDay(-1) };

function isoDay(offset) {
  const day = new Date();
  day.setDate(day.getDate() + offset);
  const two = (number) => String(number).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

class Form {
  constructor(openapi, kind) {
    this.kind = kind;
    this.definitions = openapi.components.schemas;
    const post = openapi.paths[`/api/exports/${kind.name}`].post;
    this.schema = post.requestBody.content['application/json'].schema;
    // A key is for programs that may send a request twice; this page disables its button instead.
    this.fields = Object.entries(this.schema.properties)
      // What other programs call by another name is not offered twice.
      .filter(([name, schema]) => name !== 'idempotency_key' && !(PLATFORM_NAME in schema))
      .map(([name, schema]) => this.field(name, { ...this.resolve(schema), ...schema }))
      .sort((a, b) => a.rank - b.rank);
    this.button = element('button', { type: 'submit', textContent: 'Start' });
    this.problem = element('p', { className: 'problem', role: 'alert' });
  }

  show(form) {
    form.replaceChildren(...this.fields.map((field) => field.box), this.button, this.problem);
    form.onsubmit = (event) => {
      event.preventDefault();
      this.submit();
    };
  }

  /** What a reference stands for; of something or null, the something. */
  resolve(schema) {
    const given = schema.anyOf?.find((option) => option.type !== 'null') ?? schema;
    return given.$ref ? this.definitions[given.$ref.split('/').pop()] : given;
  }

  /** The names of a closed list, or nothing. */
  choices(schema) {
    const resolved = this.resolve(schema ?? {});
    return resolved.enum ?? resolved.oneOf?.filter((option) => !(PLATFORM_NAME in option)).map((option) => option.const);
  }

  field(name, schema) {
    const place = (this.schema.required ?? []).indexOf(name);
    const required = place >= 0;
    const input = this.input(name, schema, required);
    const problem = element('span', { className: 'problem', id: `problem-${name}` });
    const hint = element('small', { textContent: schema.description ?? '' });
    input.control.setAttribute('aria-describedby', problem.id);
    const label = element(input.group ? 'legend' : 'label', { textContent: words(name) + (required ? ' *' : '') });
    if (!input.group) {
      input.control.id = `field-${name}`;
      label.htmlFor = input.control.id;
    }
    const order = input.switch ? [input.control, label] : [label, ...(input.group ? [] : [input.control])];
    const box = input.group ? input.control : element('div', { className: input.switch ? 'field switch' : 'field' });
    box.prepend(...order);
    box.append(hint, problem);
    // The period, what else is required, texts and lists, switches: a JSON object's fields have no order of their own.
    const period = Object.keys(PREFILL).indexOf(name) + 1;
    const rank = period || (required ? 10 + place : 100 + (input.group ? 1 : input.switch ? 2 : 0));
    return { name, rank, box, problem, control: input.control, read: input.read };
  }

  input(name, schema, required) {
    const types = [schema.type].flat();
    const choices = this.choices(schema);
    if (choices) return this.select(required ? choices : ['', ...choices], schema.default);
    if (types.includes('boolean')) {
      const control = element('input', { type: 'checkbox', checked: schema.default === true });
      return { control, switch: true, read: () => control.checked };
    }
    const items = types.includes('array') && this.choices(schema.items);
    if (items) return this.checkboxes(items, schema.default ?? []);
    const item = this.resolve(schema.items ?? {}).type;
    if (types.includes('array') && item !== 'object') return this.list(item, schema.default ?? []);
    if (types.includes('array') || types.includes('object')) return this.json(schema.default);
    const type = schema.format === 'date' ? 'date' : types.includes('string') ? 'text' : 'number';
    const control = element('input', { type, required, value: PREFILL[name]?.() ?? schema.default ?? '' });
    if (schema.maxLength) control.maxLength = schema.maxLength;
    if (type === 'number') Object.assign(control, { min: schema.minimum ?? '', max: schema.maximum ?? '', step: 'any' });
    return { control, read: () => (control.value === '' ? undefined : type === 'number' ? Number(control.value) : control.value) };
  }

  select(choices, preset) {
    const control = element('select', {}, ...choices.map((value) => element('option', { value, textContent: words(value) })));
    if (preset !== undefined) control.value = preset;
    return { control, read: () => control.value || undefined };
  }

  checkboxes(choices, preset) {
    const boxes = choices.map((value) => element('input', { type: 'checkbox', value, checked: preset.includes(value) }));
    const labels = boxes.map((box) => element('label', { className: 'choice' }, box, words(box.value)));
    const control = element('fieldset', { className: 'field' }, ...labels);
    return { control, group: true, read: () => boxes.filter((box) => box.checked).map((box) => box.value) };
  }

  /** One entry a line, or with commas between. */
  list(type, preset) {
    const control = element('textarea', { rows: 2, value: preset.join('\n') });
    const entry = (text) => (type !== 'string' && !Number.isNaN(Number(text)) ? Number(text) : text);
    const entries = () => control.value.split(/[\n,]/).map((text) => text.trim()).filter(Boolean).map(entry);
    return { control, read: () => (entries().length ? entries() : undefined) };
  }

  /** What has parts of its own as JSON text. Text that is not JSON is sent as it is: the gateway says what is wrong. */
  json(preset) {
    const control = element('textarea', { rows: 3, value: preset === undefined ? '' : JSON.stringify(preset) });
    const read = () => {
      try {
        return control.value.trim() === '' ? undefined : JSON.parse(control.value);
      } catch {
        return control.value;
      }
    };
    return { control, read };
  }

  async submit() {
    this.clear();
    this.button.disabled = true;
    try {
      const body = Object.fromEntries(this.fields.map((field) => [field.name, field.read()]));
      const response = await fetch(`/api/exports/${this.kind.name}`, {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
      });
      const answer = await response.json();
      if (response.ok) jobs.add({ kind: this.kind.name, job_id: answer.job_id, label: label(this.kind, body) });
      else this.complain(answer.detail);
    } catch {
      this.problem.textContent = 'The gateway cannot be reached. Nothing was started; try again.';
    } finally {
      this.button.disabled = false;
    }
  }

  clear() {
    this.problem.textContent = '';
    for (const field of this.fields) {
      field.problem.textContent = '';
      field.control.removeAttribute('aria-invalid');
    }
  }

  /** A list of problems names its fields; a sentence begins with the field that it is about, or stands alone. */
  complain(detail) {
    const problems = Array.isArray(detail) ? detail : [{ loc: ['body', String(detail).split(' ')[0]], msg: String(detail) }];
    for (const { loc, msg } of problems) {
      const field = this.fields.find((candidate) => candidate.name === loc[1]);
      if (!field) {
        this.problem.textContent += `${Array.isArray(detail) ? `${loc.slice(1).join('.')}: ` : ''}${msg} `;
        continue;
      }
      field.problem.textContent = msg;
      field.control.setAttribute('aria-invalid', 'true');
    }
    this.fields.find((field) => field.control.hasAttribute('aria-invalid'))?.control.focus();
  }
}

function label(kind, body) {
  const period = body.start_date && body.end_date ? `${body.start_date} to ${body.end_date}` : '';
  return [kind.title, body.title, period].filter(Boolean).join(', ');
}

// ---- The jobs -------------------------------------------------------------------------------------------------

const jobs = {
  list: [],

  restore() {
    try {
      this.list = JSON.parse(localStorage.getItem('deertrack.jobs') ?? '[]');
    } catch {
      this.list = [];
    }
    this.list.toReversed().forEach((job) => this.draw(job));
  },

  add(job) {
    this.list = [job, ...this.list].slice(0, KEPT_JOBS);
    this.save();
    this.draw(job);
    this.ask(job);
  },

  save() {
    const kept = this.list.map(({ kind, job_id, label }) => ({ kind, job_id, label }));
    localStorage.setItem('deertrack.jobs', JSON.stringify(kept));
  },

  forget(job) {
    this.list = this.list.filter((other) => other !== job);
    job.item?.remove();
    this.save();
    byId('empty').hidden = this.list.length > 0;
  },

  /** Asks for the jobs that are not known to have ended; all of them when events may have been missed. */
  poll(all = false) {
    const asked = this.list.filter((job) => all || (job.record?.status ?? 'processing') === 'processing');
    return Promise.all(asked.map((job) => this.ask(job)));
  },

  async ask(job) {
    try {
      const response = await fetch(`/api/exports/${job.kind}/${encodeURIComponent(job.job_id)}`);
      if (response.status === 404) this.forget(job);
      else if (response.ok) this.update(job, await response.json());
    } catch {
      // The connection state tells; the next poll asks again.
    }
  },

  /** A waiting job ends at once, a running one at its next beat; its event or the next poll tells. */
  async cancel(job, button) {
    button.disabled = true;
    try {
      await fetch(`/api/exports/${encodeURIComponent(job.job_id)}`, { method: 'DELETE' });
    } finally {
      this.ask(job);
    }
  },

  ended(record) {
    const job = this.list.find((candidate) => candidate.job_id === record.job_id);
    if (job) this.update(job, record);
  },

  update(job, record) {
    job.record = record;
    this.draw(job);
  },

  draw(job) {
    byId('empty').hidden = true;
    const item = element('li', {}, ...parts(job, job.record ?? {}));
    if (job.item) job.item.replaceWith(item);
    else byId('jobs').prepend(item);
    job.item = item;
  },
};

function parts(job, record) {
  const status = record.status ?? 'processing';
  const state = record.state ?? record.status ?? 'asking';
  const top = element('div', { className: 'top' },
    element('span', { className: 'title', textContent: job.label ?? job.kind }),
    element('span', { className: 'state', textContent: words(state), dataset: { status } }));
  if (status === 'processing') {
    const cancel = element('button', { className: 'quiet', type: 'button', textContent: 'Cancel' });
    cancel.addEventListener('click', () => jobs.cancel(job, cancel));
    top.append(cancel);
  }
  const made = [top];
  if (status === 'processing') made.push(bar(record), element('p', { className: 'soft', textContent: record.stage ?? '' }));
  if (record.headline) made.push(element('p', { textContent: record.headline }));
  if (record.error) made.push(element('p', { className: 'error', textContent: record.error }));
  // Only our own files: a record may have been written by another program.
  if (record.download_url?.startsWith(FILES)) {
    const link = element('a', { href: record.download_url, textContent: record.filename ?? 'Download', download: '' });
    made.push(element('p', {}, link, ` ${size(record.file_size_bytes)}`));
  }
  made.push(element('p', { className: 'soft', textContent: `Job ${job.job_id}` }));
  return made;
}

function bar(record) {
  const progress = element('progress', { max: 1, ariaLabel: 'Progress' });
  if (record.state !== 'queued' && record.progress > 0) progress.value = record.progress;
  return progress;
}

function size(bytes) {
  if (!bytes) return '';
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  return `${(bytes / 1000 ** power).toFixed(power ? 1 : 0)} ${units[power]}`;
}

// ---- Events ---------------------------------------------------------------------------------------------------

function say(state, text) {
  byId('connection').dataset.state = state;
  byId('connection').textContent = text;
}

/** A browser comes back by itself when a stream ends, but gives up when it is refused: then we begin anew. */
function follow(lastEventId) {
  const query = lastEventId ? `?last_event_id=${encodeURIComponent(lastEventId)}` : '';
  const events = new EventSource(`/api/events${query}`);
  let last = lastEventId;
  events.onopen = () => {
    say('live', 'live');
    jobs.poll(true);
  };
  events.onerror = () => {
    say('lost', 'connection lost, trying again');
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, RECONNECT_MS, last);
  };
  for (const state of FINAL_STATES) {
    events.addEventListener(state, (event) => {
      last = event.lastEventId;
      jobs.ended(JSON.parse(event.data).record);
    });
  }
  events.addEventListener('lagged', () => jobs.poll(true));
}

// ---- Keys -----------------------------------------------------------------------------------------------------

/** Waits until the gateway knows who we are, or asks nobody. The key itself is kept in a cookie that no script reads. */
async function signIn() {
  if ((await fetch('/api/session')).status !== 401) return;
  const form = byId('sign-in');
  say('waiting', 'a key is needed');
  form.hidden = false;
  document.querySelector('main').hidden = true;
  byId('key').focus();
  await new Promise((resolve) => form.addEventListener('submit', async (event) => {
    event.preventDefault();
    byId('sign-in-problem').textContent = '';
    try {
      const headers = { Authorization: `Bearer ${byId('key').value.trim()}`, 'Content-Type': 'application/json' };
      const response = await fetch('/api/session', { method: 'POST', headers, body: '{}' });
      if (response.ok) resolve();
      else byId('sign-in-problem').textContent = (await response.json()).detail;
    } catch {
      byId('sign-in-problem').textContent = 'The gateway cannot be reached, or this is no key; try again.';
    }
  }));
  byId('key').value = '';
  form.hidden = true;
  document.querySelector('main').hidden = false;
}

async function start() {
  try {
    await signIn();
  } catch {
    say('lost', 'the gateway cannot be reached; reload the page');
  }
  jobs.restore();
  follow();
  setInterval(() => document.hidden || jobs.poll(), POLL_MS);
  try {
    const [openapi, { kinds }] = await Promise.all(
      ['/openapi.json', '/api/kinds'].map((path) => fetch(path).then((response) => response.json())));
    const forms = kinds.map((kind) => new Form(openapi, kind));
    const buttons = forms.map((form) => element('button', { type: 'button', textContent: form.kind.title }));
    const choose = (index) => {
      buttons.forEach((button, other) => button.setAttribute('aria-pressed', String(other === index)));
      byId('about').textContent = forms[index].kind.description;
      forms[index].show(byId('form'));
    };
    buttons.forEach((button, index) => button.addEventListener('click', () => choose(index)));
    byId('kinds').replaceChildren(...buttons);
    choose(0);
  } catch (error) {
    console.error(error);
    byId('about').textContent = 'The kinds of export could not be read. Reload the page.';
  }
}

start();
