// The exports that were started in this browser: kept here with what was last known of them, for their records are forgotten
// after an hour and their files are not.
import * as api from './api.js';
import { byId } from './dom.js';
import { JobItem } from './job_item.js';
import { language, text } from './texts.js';

const KEPT = 'deertrack.jobs';
const MOST_JOBS = 200;
/** How often a job that has not ended is asked for: soon at first, then less and less often. */
const [FIRST_POLL_MS, LAST_POLL_MS] = [500, 5000];

export const isOpen = (/** @type {any} */ job) => (job.record?.status ?? 'processing') === 'processing' && !job.gone;

export class Jobs {
  /** @param {{again: (job: any) => void, change: (job: any) => void}} ask */
  constructor(ask) {
    this.ask = ask;
    /** @type {any[]} */
    this.list = [];
    /** @type {Map<string, JobItem>} */
    this.items = new Map();
    this.unseen = 0;
    byId('search').addEventListener('input', () => this.filter());
    addEventListener('storage', (event) => {
      if (event.key === KEPT) this.restore();
    });
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) return;
      this.unseen = 0;
      this.title();
      this.poll();
    });
  }

  restore() {
    try {
      this.list = JSON.parse(localStorage.getItem(KEPT) ?? '[]');
    } catch {
      this.list = [];
    }
    for (const job of this.list.toReversed()) this.draw(job);
    for (const [id, item] of this.items) if (!this.list.some((job) => job.job_id === id)) this.leave(id, item);
    this.filter();
  }

  /** @param {any} job */
  add(job) {
    this.list = [job, ...this.list].slice(0, MOST_JOBS);
    this.save();
    this.draw(job);
    this.filter();
    this.watch(job, FIRST_POLL_MS);
    byId('announce').textContent = `${job.label}: ${text('queued')}`;
    this.items.get(job.job_id)?.node.scrollIntoView({ block: 'nearest' });
  }

  save() {
    localStorage.setItem(KEPT, JSON.stringify(this.list));
  }

  /** @param {any} job */
  draw(job) {
    const known = this.items.get(job.job_id);
    if (known) return known.show(job);
    const item = new JobItem(job, {
      cancel: () => this.cancel(job), remove: () => this.remove(job), again: () => this.ask.again(this.now(job)), change: () => this.ask.change(this.now(job)),
    });
    this.items.set(job.job_id, item);
    byId('jobs').prepend(item.node);
  }

  /** @param {any} job */
  now(job) {
    return this.list.find((other) => other.job_id === job.job_id) ?? job;
  }

  /** @param {string} id @param {JobItem} item */
  leave(id, item) {
    item.node.remove();
    this.items.delete(id);
  }

  /** Off this list; the job and its file stay. @param {any} job */
  remove(job) {
    const item = this.items.get(job.job_id);
    const next = item?.node.nextElementSibling ?? item?.node.previousElementSibling;
    this.list = this.list.filter((other) => other.job_id !== job.job_id);
    if (item) this.leave(job.job_id, item);
    this.save();
    this.filter();
    // The keyboard goes on where it was.
    (next?.querySelector('button:not([hidden]), a:not([hidden])') ?? byId('search')).focus();
  }

  /** Shows what holds all words that were typed: kind, title, days, state, id. */
  filter() {
    /** @type {string[]} */
    const words = byId('search').value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const job of this.list) {
      const item = this.items.get(job.job_id);
      if (!item) continue;
      const hay = `${job.label} ${job.kind} ${job.job_id} ${item.node.textContent}`.toLowerCase();
      item.node.hidden = !words.every((word) => hay.includes(word));
      shown += item.node.hidden ? 0 : 1;
    }
    byId('empty').hidden = this.list.length > 0;
    byId('none-found').hidden = this.list.length === 0 || shown > 0;
  }

  /** Asks for all that is not known to have ended: events may have been missed. */
  poll() {
    for (const job of this.list.filter(isOpen)) this.watch(job, FIRST_POLL_MS);
  }

  /** Asks now, and again while it has not ended. Its event may tell the end first. @param {any} job @param {number} wait */
  async watch(job, wait) {
    const item = this.items.get(job.job_id);
    if (!item || item.watched) return;
    item.watched = true;
    for (let pause = wait; isOpen(this.now(job)) && this.items.has(job.job_id); pause = Math.min(pause * 1.3, LAST_POLL_MS)) {
      if (!document.hidden) await this.look(this.now(job));
      if (!isOpen(this.now(job))) break;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    item.watched = false;
  }

  /** @param {any} job */
  async look(job) {
    try {
      this.update(job, await api.status(job.kind, job.job_id));
    } catch (error) {
      if (!(error instanceof api.Refused) || error.status !== 404) return; // the state of the connection tells
      job.gone = true;
      this.save();
      this.draw(job);
    }
  }

  /** A waiting job ends at once, a running one at its next beat; its event or the next look tells. @param {any} job */
  async cancel(job) {
    try {
      await api.cancel(job.job_id);
    } catch (error) {
      if (error instanceof api.Refused) byId('announce').textContent = error.message;
    }
    await this.look(this.now(job));
  }

  /** An event: of a job of ours, or not. @param {any} record */
  ended(record) {
    const job = this.list.find((candidate) => candidate.job_id === record.job_id);
    if (job) this.update(job, record);
  }

  /** @param {any} job @param {any} record */
  update(job, record) {
    const wasOpen = isOpen(job);
    job.record = record;
    this.draw(job);
    if (isOpen(job)) return;
    this.save();
    if (wasOpen) this.announce(job, record);
  }

  /** Ends only: what goes on is for the eyes. @param {any} job @param {any} record */
  announce(job, record) {
    const said = `${job.label} ${text(record.status === 'completed' ? 'ready' : 'notReady')}`;
    byId('announce').textContent = said;
    if (!document.hidden) return;
    this.unseen += 1;
    this.title();
    if (byId('notify').checked && Notification.permission === 'granted') new Notification('Deertrack Exports', { body: said, lang: language, silent: true });
  }

  title() {
    document.title = this.unseen ? `(${this.unseen}) Deertrack Exports` : 'Deertrack Exports';
  }
}
