// The form of a lock file, as a JSON Schema (draft 7).

const textMap = { type: 'object', additionalProperties: { type: 'string' } } as const;

/** Paths, or `{ "net.layers.{0..11}": [paths under each] }`. */
const reads = {
  type: 'array',
  items: { anyOf: [{ type: 'string' }, { $ref: '#/definitions/layers' }] },
} as const;

const meaning = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;

const object = (properties: Readonly<Record<string, unknown>>, optional: readonly string[] = []) => ({
  type: 'object',
  required: Object.keys(properties).filter(name => !optional.includes(name)),
  additionalProperties: false,
  properties,
});

const model = object(
  {
    model: { type: 'string' },
    version: { type: 'string' },
    modalities: textMap,
    labels: {
      type: 'object',
      additionalProperties: {
        anyOf: [
          { type: 'array', items: { type: 'string' } },
          { type: 'integer', minimum: 0 },
        ],
      },
    },
    tokenizers: {
      type: 'object',
      additionalProperties: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    },
    exports: {
      type: 'object',
      additionalProperties: object({ takes: textMap, gives: { type: 'string' }, meaning, reads }),
    },
    weights: { $ref: '#/definitions/ranged' },
    parts: { $ref: '#/definitions/ranged' },
    renamed: { $ref: '#/definitions/ranged' },
    stages: {
      type: 'object',
      additionalProperties: object({
        computes: { type: 'array', items: object({ meaning, reads }) },
        recipe: textMap,
      }),
    },
  },
  ['version', 'tokenizers', 'renamed'],
);

export const lockSchema = {
  ...object({
    lock: { const: 1 },
    mmlang: { type: 'string' },
    std: { type: 'string' },
    models: { type: 'object', additionalProperties: model },
  }),
  definitions: {
    layers: { type: 'object', minProperties: 1, maxProperties: 1, additionalProperties: reads },
    ranged: {
      type: 'object',
      additionalProperties: { anyOf: [{ type: 'string' }, { $ref: '#/definitions/ranged' }] },
    },
  },
};

/** Paths in `reads`, with layers that are alike as one entry. */
export type ReadsData = readonly (string | { readonly [range: string]: ReadsData })[];

/** Text by path, with layers that are alike under one key. */
export type RangedData = { readonly [path: string]: string | RangedData };

export interface ModelData {
  readonly model: string;
  readonly version?: string;
  readonly modalities: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, readonly string[] | number>>;
  readonly tokenizers?: Readonly<Record<string, string>>;
  readonly exports: Readonly<
    Record<string, { readonly takes: Readonly<Record<string, string>>; readonly gives: string } & MeaningData>
  >;
  readonly weights: RangedData;
  readonly parts: RangedData;
  readonly renamed?: RangedData;
  readonly stages: Readonly<
    Record<
      string,
      { readonly computes: readonly MeaningData[]; readonly recipe: Readonly<Record<string, string>> }
    >
  >;
}

export interface MeaningData {
  readonly meaning: string;
  readonly reads: ReadsData;
}

export interface LockData {
  readonly lock: 1;
  readonly mmlang: string;
  readonly std: string;
  readonly models: Readonly<Record<string, ModelData>>;
}
