// What the gateway would say of a value, said while it is typed: the same schemas, the same words. What is not checked here
// (rules between days that only the gateway's clock decides) the gateway says.

/** @param {(string|number)[]} path @param {string} msg */
const problem = (path, msg) => ({ loc: ['body', ...path], msg });

/** A day of the calendar. @param {any} value */
export function isDay(value) {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const day = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
}

/**
 * Problems of one value, in the gateway's form.
 * @param {import('./schema.js').Schemas} schemas @param {any} schema @param {any} value @param {(string|number)[]} path
 * @returns {{loc: (string|number)[], msg: string}[]}
 */
function ofValue(schemas, schema, value, path) {
  const whole = schemas.whole(schema);
  const choices = schemas.choices(whole);
  if (choices) {
    const permitted = choices.map((name) => `'${name}'`).join(', ');
    return choices.includes(value) ? [] : [problem(path, `value is not a valid enumeration member; permitted: ${permitted}`)];
  }
  if (whole.format === 'date') return isDay(value) ? [] : [problem(path, 'invalid date format')];
  if (schemas.is(whole, 'array')) return ofList(schemas, whole, value, path);
  if (schemas.is(whole, 'boolean')) return typeof value === 'boolean' ? [] : [problem(path, 'value could not be parsed to a boolean')];
  if (schemas.is(whole, 'integer') || schemas.is(whole, 'number')) return ofNumber(schemas, whole, value, path);
  if (schemas.is(whole, 'string')) return ofText(whole, value, path);
  return whole.properties ? problems(schemas, whole, value, path) : [];
}

/** @param {import('./schema.js').Schemas} schemas @param {any} schema @param {any} value @param {(string|number)[]} path */
function ofList(schemas, schema, value, path) {
  if (!Array.isArray(value)) return [problem(path, 'value is not a valid list')];
  if (value.length > schema.maxItems) return [problem(path, `ensure this value has at most ${schema.maxItems} items`)];
  if (value.length < (schema.minItems ?? 0)) return [problem(path, `ensure this value has at least ${schema.minItems} items`)];
  return value.flatMap((item, index) => ofValue(schemas, schema.items, item, [...path, index]));
}

/** @param {import('./schema.js').Schemas} schemas @param {any} schema @param {any} value @param {(string|number)[]} path */
function ofNumber(schemas, schema, value, path) {
  if (schemas.is(schema, 'integer') && !Number.isInteger(value)) return [problem(path, 'value is not a valid integer')];
  if (typeof value !== 'number' || Number.isNaN(value)) return [problem(path, 'value is not a valid float')];
  if (value > schema.maximum) return [problem(path, `ensure this value is less than or equal to ${schema.maximum}`)];
  if (value < schema.minimum) return [problem(path, `ensure this value is greater than or equal to ${schema.minimum}`)];
  return [];
}

/** @param {any} schema @param {any} value @param {(string|number)[]} path */
function ofText(schema, value, path) {
  if (typeof value !== 'string') return [problem(path, 'str type expected')];
  const length = [...value].length;
  if (length > schema.maxLength) return [problem(path, `ensure this value has at most ${schema.maxLength} characters`)];
  if (length < (schema.minLength ?? 0)) return [problem(path, 'ensure this value has at least 1 characters')];
  return [];
}

/**
 * Problems of all fields of a body; fields that are not given count where they are required.
 * @param {import('./schema.js').Schemas} schemas @param {any} schema @param {any} body @param {(string|number)[]} [path]
 * @returns {{loc: (string|number)[], msg: string}[]}
 */
export function problems(schemas, schema, body, path = []) {
  const required = schema.required ?? [];
  return schemas.fields(schema).flatMap(([name, field]) => {
    const value = body[name];
    if (value === undefined) return required.includes(name) ? [problem([...path, name], 'field required')] : [];
    return ofValue(schemas, field, value, [...path, name]);
  });
}

/** The order of two days, in the words of the kind. @param {string} kind @param {any} body @returns {string|undefined} */
export function rule(kind, body) {
  const { start_date: start, end_date: end } = body;
  if (!isDay(start) || !isDay(end)) return undefined;
  if (kind === 'pdf' && start >= end) return 'start_date must be before end_date';
  if (kind !== 'pdf' && start > end) return 'start_date must not be after end_date';
  if (kind === 'pdf' && (Date.parse(end) - Date.parse(start)) / 86_400_000 > 365) return 'Date range cannot exceed 1 year';
  return undefined;
}
