// Places as a map without tiles: circles whose area is the number of visits, and the same as a list.
import { drawing, element } from './dom.js';
import { called, text } from './texts.js';

const [WIDTH, HEIGHT, EDGE] = [640, 420, 52];
const MOST_RADIUS = 22;

/** @param {any} collection GeoJSON, a point for each place */
export function mapOf(collection) {
  const places = collection.features.filter((/** @type {any} */ place) => place.geometry?.type === 'Point');
  const at = places.map((/** @type {any} */ place) => place.geometry.coordinates);
  const middle = at.reduce((/** @type {number} */ sum, /** @type {number[]} */ [, y]) => sum + y, 0) / Math.max(at.length, 1);
  // A degree east is as wide as the cosine of the latitude makes it.
  const flat = at.map((/** @type {number[]} */ [x, y]) => [x * Math.cos((middle * Math.PI) / 180), -y]);
  const [xs, ys] = [0, 1].map((axis) => flat.map((/** @type {number[]} */ point) => point[axis]));
  const span = Math.max(Math.max(...xs) - Math.min(...xs), ((Math.max(...ys) - Math.min(...ys)) * (WIDTH - 2 * EDGE)) / (HEIGHT - 2 * EDGE), 1e-4);
  const scale = (WIDTH - 2 * EDGE) / span;
  const visits = places.map((/** @type {any} */ place) => Number(place.properties.visits ?? place.properties.detections ?? 0));
  const most = Math.max(...visits, 1);
  const centre = [xs, ys].map((axis) => (Math.max(...axis) + Math.min(...axis)) / 2);
  const circles = places.map((/** @type {any} */ place, /** @type {number} */ index) => {
    const [x, y] = [WIDTH / 2 + (flat[index][0] - centre[0]) * scale, HEIGHT / 2 + (flat[index][1] - centre[1]) * scale];
    const radius = Math.max(3, MOST_RADIUS * Math.sqrt(visits[index] / most));
    const name = String(place.properties.name ?? place.properties.place ?? place.id ?? '');
    return drawing('g', {}, drawing('circle', { cx: x, cy: y, r: radius }), drawing('text', { x, y: y - radius - 4, 'text-anchor': 'middle' }, name));
  });
  const picture = drawing('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': text('map'), class: 'map' }, ...circles);
  const names = [...new Set(collection.features.flatMap((/** @type {any} */ place) => Object.keys(place.properties)))];
  const row = (/** @type {any} */ place) => element('tr', {}, ...names.map((name) => {
    const value = place.properties[name];
    return element('td', { textContent: value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value), className: typeof value === 'number' ? 'number' : '' });
  }));
  return element('div', {}, picture, element('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: text('map') },
    element('table', {}, element('thead', {}, element('tr', {}, ...names.map((name) => element('th', { scope: 'col', textContent: called(name) })))),
      element('tbody', {}, ...collection.features.map(row)))));
}
