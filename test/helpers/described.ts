import { Ajv, type ValidateFunction } from 'ajv';

type Json = Record<string, unknown>;

/** Compares values with the schemas of a description, as JSON has both. */
export function describedBy(description: object) {
  const document = JSON.parse(JSON.stringify(description), (_key, value) => closed(value)) as Json;
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(document, 'document');
  const known = new Map<string, ValidateFunction>();
  return {
    document,
    /** What is wrong with a value, also a field that the schema does not have. @param pointer such as `/components/schemas/Order` */
    problems(pointer: string, value: unknown): string[] {
      const isValid = known.get(pointer) ?? ajv.compile({ $ref: `document#${pointer}` });
      known.set(pointer, isValid);
      if (isValid(JSON.parse(JSON.stringify(value)))) return [];
      return (isValid.errors ?? []).map(({ instancePath, message, params }) =>
        [pointer, instancePath, message, JSON.stringify(params)].join(' '),
      );
    },
    /** The text of each `$ref` that leads nowhere in the document. */
    lostRefs: () => refsIn(document).filter((ref) => !ref.startsWith('#/') || at(document, ref.slice(1)) === undefined),
  };
}

/** A field that no schema has is then an error. What a schema leaves open on purpose stays open. */
function closed(value: unknown): unknown {
  const isClosable = isObject(value) && isObject(value['properties']) && value['additionalProperties'] === undefined;
  return isClosable ? { ...value, additionalProperties: false } : value;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const refsIn = (value: unknown): string[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([key, inner]) => (key === '$ref' ? [String(inner)] : refsIn(inner)));

/** What is at a JSON pointer. */
export const at = (document: object, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((inner, key) => (inner as Json | undefined)?.[key], document);

/** The names of all fields that a schema describes. */
export function fieldsOf(schema: unknown, document: object): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, inner]) => {
    if (key === '$ref') return fieldsOf(at(document, String(inner).slice(1)), document);
    if (key === 'properties') return Object.entries(inner).flatMap(([name, one]) => [name, ...fieldsOf(one, document)]);
    return fieldsOf(inner, document);
  });
}

/** The names of all fields of a value. */
export const namesIn = (value: unknown): string[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([name, inner]) => [name, ...namesIn(inner)]);
