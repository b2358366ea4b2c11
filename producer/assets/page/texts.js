// What the page says, in English and in German. What the gateway says (hints, problems) comes in its own words.
import { byId } from './dom.js';

const TEXTS = {
  en: {
    newExport: 'New export', yourExports: 'Your exports', nothing: 'Nothing yet. What you start appears here, and stays for as long as its file.',
    more: 'More choices', start: 'Start', again: 'Again', change: 'Change and start again', cancel: 'Cancel', remove: 'Remove from this list',
    open: 'Open', look: 'Look inside', download: 'Download', close: 'Close', add: 'Add', drop: 'Remove', yes: 'Yes', no: 'No', any: 'as usual',
    search: 'Search your exports', noneFound: 'No export with these words.',
    asking: 'asking', queued: 'waits', running: 'is made', retrying: 'will be tried again', completed: 'ready', failed: 'failed',
    cancelled: 'cancelled', expired: 'too late', dead: 'given up', processing: 'is made', gone: 'no longer known',
    begun: 'started', ended: 'ended', ready: 'is ready', notReady: 'has ended without a file', job: 'Job',
    expiredNote: 'The gateway has forgotten this job; its file is kept for as long as files are kept.',
    lost: 'connection lost, trying again', live: 'live', connecting: 'connecting', keyNeeded: 'a key is needed', follows: 'live, through another tab',
    unreachable: 'The gateway cannot be reached. Nothing was started; try again.', kindsUnread: 'The kinds of export could not be read. Reload the page.',
    notify: 'Tell me when one is ready', presets: 'Days', last30: 'Last 30 days', last90: 'Last 90 days', season: 'This season', rut: 'The last rut',
    before: 'The same days a year before', all: 'Everything we have', rows: 'rows', firstRows: 'the first rows', of: 'of', files: 'files', map: 'Map of places',
    verdict: 'Verdict', notShown: 'This file cannot be shown here; download it.', loading: 'reading the file', sortedBy: 'sort by', signOut: 'Sign out',
    required: 'required', language: 'Language', place: 'Place', visits: 'visits', links: 'the file', contents: 'What is in it', progress: 'Progress', similarities: 'Best similarities',
  },
  de: {
    newExport: 'Neuer Export', yourExports: 'Ihre Exporte', nothing: 'Noch nichts. Was Sie starten, erscheint hier und bleibt, solange es seine Datei gibt.',
    more: 'Weitere Angaben', start: 'Starten', again: 'Noch einmal', change: 'Ändern und neu starten', cancel: 'Abbrechen', remove: 'Aus der Liste nehmen',
    open: 'Öffnen', look: 'Hineinsehen', download: 'Herunterladen', close: 'Schließen', add: 'Hinzufügen', drop: 'Entfernen', yes: 'Ja', no: 'Nein', any: 'wie üblich',
    search: 'Ihre Exporte durchsuchen', noneFound: 'Kein Export mit diesen Wörtern.',
    asking: 'wird erfragt', queued: 'wartet', running: 'wird erstellt', retrying: 'wird noch einmal versucht', completed: 'fertig', failed: 'misslungen',
    cancelled: 'abgebrochen', expired: 'zu spät', dead: 'aufgegeben', processing: 'wird erstellt', gone: 'nicht mehr bekannt',
    begun: 'gestartet', ended: 'beendet', ready: 'ist fertig', notReady: 'endete ohne Datei', job: 'Auftrag',
    expiredNote: 'Dieser Auftrag ist nicht mehr bekannt; seine Datei bleibt, solange Dateien aufgehoben werden.',
    lost: 'Verbindung verloren, neuer Versuch', live: 'verbunden', connecting: 'verbindet', keyNeeded: 'ein Schlüssel wird gebraucht', follows: 'verbunden, durch ein anderes Fenster',
    unreachable: 'Der Server ist nicht erreichbar. Nichts wurde gestartet; versuchen Sie es noch einmal.', kindsUnread: 'Die Arten von Exporten waren nicht zu lesen. Laden Sie die Seite neu.',
    notify: 'Bescheid sagen, wenn einer fertig ist', presets: 'Tage', last30: 'Letzte 30 Tage', last90: 'Letzte 90 Tage', season: 'Diese Saison', rut: 'Die letzte Brunft',
    before: 'Dieselben Tage ein Jahr zuvor', all: 'Alles, was da ist', rows: 'Zeilen', firstRows: 'die ersten Zeilen', of: 'von', files: 'Dateien', map: 'Karte der Standorte',
    verdict: 'Urteil', notShown: 'Diese Datei lässt sich hier nicht zeigen; laden Sie sie herunter.', loading: 'die Datei wird gelesen', sortedBy: 'ordnen nach', signOut: 'Abmelden',
    required: 'nötig', language: 'Sprache', place: 'Standort', visits: 'Besuche', links: 'die Datei', contents: 'Was darin ist', progress: 'Fortschritt', similarities: 'Beste Ähnlichkeiten',
  },
};

/** Names of fields and of what may be chosen. What is not named here is called as the contract calls it. */
const NAMES = {
  en: {
    start_date: 'First day', end_date: 'Last day', group_by: 'Rows of', report_type: 'Kind of report', compare_with: 'Earlier periods',
    label: 'Name of this period', title: 'Title', classifications: 'Only these', requested_by: 'Asked for by', paper: 'Paper', units: 'Units',
    visit_gap_minutes: 'Minutes between visits', visit_gap_since: 'The gap runs from', rut_start: 'First day of the rut’s peak', rut_end: 'Last day of the rut’s peak',
    include_charts: 'Charts', include_individuals: 'Known bucks', include_insights: 'What the numbers say', include_map: 'Map', include_photos: 'Photographs',
    include_tables: 'Tables', exact_coordinates: 'Exact coordinates', topic: 'Rows are', format: 'Format', deer_ids: 'Only these deer', place_ids: 'Only these places',
    detection_ids: 'These detections', crop_size: 'Size of a crop (pixels)', occasion_days: 'Days of an occasion', sampling_design: 'How places were chosen',
    scientific_name: 'Scientific name', contributor: 'Contributor', current_threshold: 'Similarity asked for today', same_sex: 'Compare the same sex only',
    sample_size: 'Pairs to look at', seed: 'Seed of the sample', target: 'Wrong assignments at most', thresholds: 'Similarities to try',
  },
  de: {
    start_date: 'Erster Tag', end_date: 'Letzter Tag', group_by: 'Zeilen je', report_type: 'Art des Berichts', compare_with: 'Frühere Zeiträume',
    label: 'Name dieses Zeitraums', title: 'Titel', classifications: 'Nur diese', requested_by: 'Erbeten von', paper: 'Papier', units: 'Einheiten',
    visit_gap_minutes: 'Minuten zwischen Besuchen', visit_gap_since: 'Die Pause zählt ab', rut_start: 'Erster Tag der Hochbrunft', rut_end: 'Letzter Tag der Hochbrunft',
    include_charts: 'Diagramme', include_individuals: 'Bekannte Hirsche', include_insights: 'Was die Zahlen sagen', include_map: 'Karte', include_photos: 'Fotos',
    include_tables: 'Tabellen', exact_coordinates: 'Genaue Koordinaten', topic: 'Zeilen sind', format: 'Format', deer_ids: 'Nur diese Tiere', place_ids: 'Nur diese Standorte',
    detection_ids: 'Diese Aufnahmen', crop_size: 'Größe eines Ausschnitts (Pixel)', occasion_days: 'Tage je Gelegenheit', sampling_design: 'Wahl der Standorte',
    scientific_name: 'Wissenschaftlicher Name', contributor: 'Beitragende', current_threshold: 'Heute verlangte Ähnlichkeit', same_sex: 'Nur gleiches Geschlecht vergleichen',
    sample_size: 'Anzusehende Paare', seed: 'Startwert der Stichprobe', target: 'Falsche Zuordnungen höchstens', thresholds: 'Zu prüfende Ähnlichkeiten',
    buck: 'Hirsch', doe: 'Kuh', fawn: 'Kalb', unknown: 'unbekannt', day: 'Tag', week: 'Woche', month: 'Monat', metric: 'metrisch', us: 'amerikanisch',
    seasonal_activity: 'Eine Saison', comparison: 'Vergleich mit früher', detections: 'Aufnahmen', visits: 'Besuche', effort: 'Aufwand', individuals: 'Tiere',
  },
};

const KEPT = 'deertrack.language';
const offered = Object.keys(TEXTS);
const wished = [localStorage.getItem(KEPT), ...navigator.languages].map((tag) => String(tag).slice(0, 2));
/** @type {'en'|'de'} */
export const language = /** @type {any} */ (wished.find((tag) => offered.includes(tag)) ?? 'en');

/** @param {keyof typeof TEXTS.en} name */
export const text = (name) => TEXTS[language][name] ?? TEXTS.en[name];

/** What people call a field or a choice. @param {string} name */
export function called(name) {
  const known = /** @type {Record<string, string>} */ (NAMES[language])[name] ?? /** @type {Record<string, string>} */ (NAMES.en)[name];
  return known ?? (name.charAt(0).toUpperCase() + name.slice(1)).replaceAll('_', ' ');
}

/** Fills in what the page says, and offers the other language. */
export function translatePage() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll('[data-text]')) {
    node.textContent = text(/** @type {any} */ (/** @type {HTMLElement} */ (node).dataset.text));
  }
  const choice = byId('language');
  choice.value = language;
  choice.setAttribute('aria-label', text('language'));
  choice.addEventListener('change', () => {
    localStorage.setItem(KEPT, choice.value);
    location.reload();
  });
}

/** For tests: each language says everything. */
export const untranslated = () =>
  Object.keys(TEXTS.en).filter((name) => offered.some((tag) => !(name in TEXTS[/** @type {'en'|'de'} */ (tag)])));
