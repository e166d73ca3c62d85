// The JSON Schema of a manifest. A `description` beside an `anyOf` is what a mistake there is told: `must be …`. What it can't say (exactly one source, names that must exist) is checked after it.

const text = { type: 'string', minLength: 1, maxLength: 4096 } as const;
const name = { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$', maxLength: 64 } as const;
const unit = { type: 'number', minimum: 0, maximum: 1 } as const;
const names = {
  description: 'a name or a list of names',
  anyOf: [name, { type: 'array', items: name, minItems: 1 }],
} as const;
const columns = {
  description: 'a column or a list of columns',
  anyOf: [text, { type: 'array', items: text, minItems: 1 }],
} as const;
const scalar = { type: ['string', 'number', 'boolean'] } as const;

const share = {
  type: 'object',
  additionalProperties: false,
  required: ['of'],
  properties: { of: columns, from: unit, to: unit, salt: text },
} as const;

const iconSource = {
  type: 'object',
  additionalProperties: false,
  required: ['styles', 'labels'],
  properties: {
    styles: {
      type: 'object',
      minProperties: 1,
      propertyNames: { maxLength: 64 },
      additionalProperties: text,
    },
    labels: text,
    locale: { type: 'string', pattern: '^[a-z]{2}(-[a-z]+)?$' },
    concepts: { enum: ['in every style', 'in any style'] },
  },
} as const;

const source = {
  type: 'object',
  additionalProperties: false,
  properties: {
    table: text,
    format: { enum: ['csv', 'tsv', 'jsonl', 'parquet', 'conll'] },
    columns: { type: 'array', items: text, minItems: 1, uniqueItems: true },
    delimiter: { type: 'string', minLength: 1, maxLength: 1 },
    quote: {
      description: 'one character or false',
      anyOf: [{ type: 'string', minLength: 1, maxLength: 1 }, { const: false }],
    },
    folder: text,
    icons: iconSource,
  },
} as const;

const field = {
  type: 'object',
  additionalProperties: false,
  required: ['as'],
  properties: {
    as: {
      enum: ['image', 'text', 'audio', 'video', 'label', 'number', 'tags', 'numbers', 'place'],
    },
    column: text,
    template: text,
    lowercase: { type: 'boolean' },
    trim: { type: 'boolean' },
    names: { type: 'array', items: scalar, minItems: 1, uniqueItems: true },
  },
} as const;

const split = {
  type: 'object',
  additionalProperties: false,
  properties: {
    where: {
      type: 'object',
      minProperties: 1,
      additionalProperties: {
        description: 'a value or a list of values',
        anyOf: [scalar, { type: 'array', items: scalar, minItems: 1 }],
      },
    },
    share: {
      description:
        'of the form { of: COLUMN, from: 0.2, to: 0.8 } with numbers from 0 to 1, or a list of these',
      anyOf: [share, { type: 'array', items: share, minItems: 1 }],
    },
    less: names,
    overlaps: names,
  },
} as const;

export const manifestSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'mmlang data manifest',
  type: 'object',
  additionalProperties: false,
  required: ['source', 'fields', 'splits'],
  properties: {
    about: { type: 'string' },
    licence: { type: 'string' },
    source,
    fields: { type: 'object', minProperties: 1, propertyNames: name, additionalProperties: field },
    splits: { type: 'object', minProperties: 1, propertyNames: name, additionalProperties: split },
    skip: {
      description: 'a share of the rows such as 1% or 0.01',
      anyOf: [unit, { type: 'string', pattern: '^[0-9]{1,3}(\\.[0-9]+)? ?%$' }],
    },
  },
} as const;
