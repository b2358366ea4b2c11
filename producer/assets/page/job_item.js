// One export in the list. Its nodes are made once and keep their place: who reads or tabs through them is not disturbed by news.
import { fileOf } from './api.js';
import { element, setText, size, time } from './dom.js';
import { canLook, look } from './look.js';
import { language, text } from './texts.js';

const STATES = ['queued', 'running', 'retrying', 'completed', 'failed', 'cancelled', 'expired', 'dead', 'processing'];

export class JobItem {
  /** @param {any} job @param {{cancel: () => void, remove: () => void, again: () => void, change: () => void}} does */
  constructor(job, does) {
    this.watched = false;
    const button = (/** @type {string} */ name, /** @type {() => void} */ run) => {
      const made = element('button', { type: 'button', className: 'quiet', textContent: text(/** @type {any} */ (name)), dataset: { does: name } });
      made.addEventListener('click', run);
      return made;
    };
    this.title = element('h3', { className: 'title' });
    this.state = element('span', { className: 'state' });
    this.progress = element('progress', { max: 1, ariaLabel: text('progress') });
    this.stage = element('p', { className: 'soft' });
    this.headline = element('p');
    this.error = element('p', { className: 'error' });
    this.note = element('p', { className: 'soft', textContent: text('expiredNote') });
    this.open = element('a', { target: '_blank', rel: 'noopener', textContent: text('open') });
    this.file = element('a', { download: '' });
    this.size = element('span', { className: 'soft' });
    this.looks = button('look', () => look(this.job, this.looks));
    this.cancel = button('cancel', does.cancel); // never disabled: a disabled button loses the keyboard
    this.again = button('again', does.again);
    this.change = button('change', does.change);
    this.remove = button('remove', does.remove);
    this.times = element('p', { className: 'soft' });
    this.node = element('li', { dataset: { job: job.job_id } },
      element('div', { className: 'top' }, this.title, this.state),
      this.progress, this.stage, this.headline, this.error, this.note,
      element('p', { className: 'file' }, this.file, ' ', this.size),
      element('p', { className: 'does' }, this.open, this.looks, this.cancel, this.again, this.change, this.remove),
      this.times);
    this.show(job);
  }

  /** @param {any} job */
  show(job) {
    this.job = job;
    const record = job.record ?? {};
    const open = (record.status ?? 'processing') === 'processing' && !job.gone;
    const state = job.gone && !record.completed_at ? 'gone' : record.state ?? record.status ?? 'asking';
    const file = record.status === 'completed' ? fileOf(record) : undefined;
    setText(this.title, job.label ?? job.kind);
    setText(this.state, text(/** @type {any} */ (STATES.includes(state) || state === 'gone' ? state : 'asking')));
    this.state.dataset.status = job.gone && !record.completed_at ? 'gone' : record.status ?? 'processing';
    this.progress.hidden = !open;
    if (record.state === 'running' && record.progress > 0) this.progress.value = record.progress;
    else this.progress.removeAttribute('value');
    setText(this.stage, open ? record.stage ?? '' : '');
    setText(this.headline, record.headline ?? '');
    setText(this.error, record.error ?? '');
    this.note.hidden = !(job.gone && record.completed_at && file);
    if (file) {
      this.file.href = file;
      this.open.href = `${file}?inline=1`;
    }
    setText(this.file, file ? record.filename ?? text('download') : '');
    setText(this.size, file ? size(record.file_size_bytes) : '');
    this.open.hidden = !file?.endsWith('.pdf');
    this.looks.hidden = !file || !canLook(file);
    this.again.hidden = this.change.hidden = !job.body;
    // Where the keyboard was on a button that goes, it goes on with the next one.
    const hadFocus = document.activeElement === this.cancel;
    this.cancel.hidden = !open;
    if (hadFocus && !open) this.node.querySelector('.does > :not([hidden])')?.focus();
    const said = [job.begun && `${text('begun')} ${time(job.begun, language)}`, record.completed_at && `${text('ended')} ${time(record.completed_at, language)}`, `${text('job')} ${job.job_id}`];
    setText(this.times, said.filter(Boolean).join(' · '));
  }
}
