// Completion events. One tab follows them for all tabs of this browser: over HTTP/1.1 six streams would be all connections
// that a browser opens, and the seventh tab would hang. Who leads holds a lock; when it closes, another takes over and goes on
// behind the last event that any of them has seen.
import { eventsAfter } from './api.js';

const FINAL_STATES = ['completed', 'failed', 'cancelled', 'expired', 'dead'];
const NAME = 'deertrack.events';
const RECONNECT_MS = 3000;

/**
 * @param {{ended: (record: any) => void, missed: () => void, state: (state: 'live'|'follows'|'lost') => void}} hear
 * `missed`: events may have passed unheard, so what is shown must be asked for.
 */
export function follow(hear) {
  /** @type {string|undefined} */
  let last;
  const channel = 'BroadcastChannel' in window ? new BroadcastChannel(NAME) : undefined;
  const tell = (/** @type {any} */ message) => {
    receive(message);
    channel?.postMessage(message);
  };
  const receive = (/** @type {any} */ message, leads = true) => {
    last = message.last ?? last;
    if (message.ended) hear.ended(message.ended);
    if (message.missed) hear.missed();
    if (message.state) hear.state(message.state === 'live' && !leads ? 'follows' : message.state);
    // A new tab asks how it stands.
    if (message.asks && leading) channel?.postMessage({ state: leading, last });
  };
  /** @type {'live'|'lost'|undefined} what the leader knows, where this tab leads */
  let leading;
  channel?.addEventListener('message', (event) => receive(event.data, false));

  const lead = () => {
    leading = 'lost';
    const source = new EventSource(eventsAfter(last));
    source.onopen = () => {
      leading = 'live';
      tell({ state: 'live', missed: true });
    };
    source.onerror = () => {
      leading = 'lost';
      tell({ state: 'lost' });
      // A browser comes back by itself when a stream ends, but gives up when it is refused: then we begin anew.
      if (source.readyState === EventSource.CLOSED) setTimeout(lead, RECONNECT_MS);
    };
    for (const state of FINAL_STATES) {
      source.addEventListener(state, (event) => {
        tell({ ended: JSON.parse(event.data).record, last: /** @type {MessageEvent} */ (event).lastEventId });
      });
    }
    source.addEventListener('lagged', () => tell({ missed: true }));
  };

  // Without locks (plain HTTP to another machine) each tab follows by itself.
  if (!navigator.locks || !channel) return lead();
  channel.postMessage({ asks: true });
  navigator.locks.request(NAME, () => {
    lead();
    return new Promise(() => {});
  });
}
