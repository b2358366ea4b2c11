// Days that people ask for. The gateway is told days; which season is meant stands here alone.
import { isoDay } from './dom.js';

/** A season begins with August, when antlers are grown. @param {Date} today */
function season(today) {
  const year = today.getFullYear() - (today.getMonth() < 7 ? 1 : 0);
  return { start_date: `${year}-08-01`, end_date: isoDay(-1, today) };
}

/** Mid October to the end of November, the latest that has begun. @param {Date} today */
function rut(today) {
  const begun = isoDay(0, today) > `${today.getFullYear()}-10-16`;
  const year = today.getFullYear() - (begun ? 0 : 1);
  const [last, yesterday] = [`${year}-11-30`, isoDay(-1, today)];
  return { start_date: `${year}-10-15`, end_date: last < yesterday ? last : yesterday };
}

/** The same days a year before; of 29 February the 28th. @param {string} day */
export function yearBefore(day) {
  const [year, rest] = [Number(day.slice(0, 4)) - 1, day.slice(4)];
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return `${year}${rest === '-02-29' && !leap ? '-02-28' : rest}`;
}

/**
 * Each by its name in the texts; yesterday rather than today: it may still be yesterday where the gateway is.
 * @param {{start_date?: string, end_date?: string}} now what the form has @param {Date} [today]
 */
export function presets(now, today = new Date()) {
  const made = [
    { name: 'season', ...season(today) },
    { name: 'rut', ...rut(today) },
    { name: 'last30', start_date: isoDay(-30, today), end_date: isoDay(-1, today) },
    { name: 'last90', start_date: isoDay(-90, today), end_date: isoDay(-1, today) },
  ];
  if (now.start_date && now.end_date) {
    made.push({ name: 'before', start_date: yearBefore(now.start_date), end_date: yearBefore(now.end_date) });
  }
  return made.filter(({ start_date, end_date }) => start_date < end_date);
}
