// The contract's schemas as the page reads them.

/** Marks, in the contract, what is taken for the platform's sake. */
const PLATFORM_NAME = 'x-platform-name';

export class Schemas {
  /** @param {any} openapi */
  constructor(openapi) {
    this.openapi = openapi;
  }

  /** The body of a request of this kind. @param {string} kind */
  of(kind) {
    return this.openapi.paths[`/api/exports/${kind}`].post.requestBody.content['application/json'].schema;
  }

  /** What a reference stands for; of something or null, the something. @param {any} schema */
  resolve(schema) {
    const given = schema.anyOf?.find((/** @type {any} */ option) => option.type !== 'null') ?? schema;
    return given.$ref ? this.openapi.components.schemas[given.$ref.split('/').pop()] : given;
  }

  /** A field with what it refers to. @param {any} schema */
  whole(schema) {
    return { ...this.resolve(schema), ...schema };
  }

  /** The fields that people fill in: not what other programs call by another name, and no key for requests sent twice. @param {any} schema @returns {[string, any][]} */
  fields(schema) {
    return Object.entries(schema.properties)
      .filter(([name, field]) => name !== 'idempotency_key' && !(PLATFORM_NAME in /** @type {any} */ (field)));
  }

  /** The names of a closed list, or nothing. @param {any} schema @returns {string[]|undefined} */
  choices(schema) {
    const resolved = this.resolve(schema ?? {});
    const open = resolved.oneOf?.filter((/** @type {any} */ option) => !(PLATFORM_NAME in option));
    return resolved.enum ?? open?.map((/** @type {any} */ option) => option.const);
  }

  /** @param {any} schema @param {string} type */
  is(schema, type) {
    return [schema.type].flat().includes(type);
  }
}
