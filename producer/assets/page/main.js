// The page: who asks, the forms, the list, the events.
import * as api from './api.js';
import { byId, element } from './dom.js';
import { follow } from './events.js';
import { Form, draft } from './form.js';
import { Jobs } from './jobs.js';
import { Schemas } from './schema.js';
import { text, translatePage } from './texts.js';

/** @param {'waiting'|'live'|'lost'} state @param {string} words */
function say(state, words) {
  byId('connection').dataset.state = state;
  byId('connection').textContent = words;
}

/** Waits until the gateway knows who we are, or asks nobody. The key itself is kept in a cookie that no script reads. */
async function signIn() {
  const isKnown = await api.session().then(() => true, (error) => {
    if (error instanceof api.Refused && error.status === 401) return false;
    throw error;
  });
  if (isKnown) return;
  const form = byId('sign-in');
  say('waiting', text('keyNeeded'));
  form.hidden = false;
  byId('main').hidden = true;
  byId('key').focus();
  await new Promise((/** @type {(value?: any) => void} */ resolve) => form.addEventListener('submit', (/** @type {Event} */ event) => {
    event.preventDefault();
    byId('sign-in-problem').textContent = '';
    api.signIn(byId('key').value.trim()).then(resolve, (/** @type {Error} */ error) => {
      byId('sign-in-problem').textContent = error instanceof api.Refused ? error.message : text('unreachable');
    });
  }));
  byId('key').value = '';
  form.hidden = true;
  byId('main').hidden = false;
}

/** `?kind=pdf&start_date=2025-10-01`: a link that fills in the form. @param {Form[]} forms */
function prefill(forms) {
  const asked = Object.fromEntries(new URLSearchParams(location.search));
  const form = forms.find(({ kind }) => kind.name === asked.kind);
  if (!form) return undefined;
  const given = form.fields.filter(({ name }) => name in asked).map(({ name, control }) => {
    const schema = form.schemas.whole(form.schema.properties[name]);
    const value = asked[name];
    const is = (/** @type {string} */ type) => form.schemas.is(schema, type);
    return [name, is('array') ? value.split(',') : is('boolean') ? value === 'true' : is('integer') || is('number') ? Number(value) : value, control];
  });
  draft(form.kind.name, Object.fromEntries(given));
  return form;
}

/** @param {Jobs} jobs */
async function showForms(jobs) {
  const [openapi, kinds] = await Promise.all([api.contract(), api.kinds()]);
  const schemas = new Schemas(openapi);
  const forms = kinds.map((/** @type {any} */ kind) => new Form(schemas, kind, (job) => jobs.add(job)));
  const buttons = forms.map((/** @type {Form} */ form) => element('button', { type: 'button', textContent: form.kind.title, dataset: { kind: form.kind.name } }));
  const choose = (/** @type {number} */ index) => {
    buttons.forEach((/** @type {any} */ button, /** @type {number} */ other) => button.setAttribute('aria-pressed', String(other === index)));
    byId('about').textContent = forms[index].kind.description;
    forms[index].show(byId('form'));
    sessionStorage.setItem('deertrack.kind', forms[index].kind.name);
  };
  buttons.forEach((/** @type {any} */ button, /** @type {number} */ index) => button.addEventListener('click', () => choose(index)));
  byId('kinds').replaceChildren(...buttons);
  const index = (/** @type {string|null|undefined} */ name) => forms.findIndex((/** @type {Form} */ form) => form.kind.name === name);
  const first = prefill(forms)?.kind.name ?? sessionStorage.getItem('deertrack.kind');
  choose(Math.max(0, index(first)));
  jobs.ask.again = async (job) => {
    const form = forms[index(job.kind)];
    try {
      const { job_id } = await api.submit(job.kind, job.body);
      jobs.add({ kind: job.kind, job_id, label: job.label, body: job.body, begun: new Date().toISOString() });
    } catch (error) {
      jobs.ask.change(job);
      form.complain(error instanceof api.Refused ? error.detail : text('unreachable'));
    }
  };
  jobs.ask.change = (job) => {
    draft(job.kind, job.body);
    choose(index(job.kind));
    forms[index(job.kind)].fields[0].control.focus.focus();
  };
}

async function start() {
  translatePage();
  say('waiting', text('connecting'));
  try {
    await signIn();
  } catch {
    say('lost', text('lost'));
  }
  const jobs = new Jobs({ again: () => {}, change: () => {} });
  jobs.restore();
  jobs.poll();
  follow({
    ended: (record) => jobs.ended(record),
    missed: () => jobs.poll(),
    state: (state) => say(state === 'lost' ? 'lost' : 'live', text(state)),
  });
  byId('look-close').addEventListener('click', () => byId('look').close());
  byId('notify').addEventListener('change', (/** @type {any} */ event) => {
    if (event.target.checked && 'Notification' in window) Notification.requestPermission();
  });
  try {
    await showForms(jobs);
    document.body.dataset.ready = 'true';
  } catch (error) {
    console.error(error);
    byId('about').textContent = text('kindsUnread');
  }
}

start();
