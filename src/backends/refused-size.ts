// Why a graph can't be written with open sizes, and at which node that shows.

export interface RefusedSize {
  readonly kind: 'refused';
  readonly why: string;
  /** `softmax (spec.mm:7)`. */
  readonly at: string | undefined;
}

export const refusedSize = (why: string, at?: string): RefusedSize => ({ kind: 'refused', why, at });

export const reasons = {
  structure: 'what it does depends on how many rows there are',
  setting: 'a setting of it depends on how many rows there are',
  number: 'a number in it depends on how many rows there are',
  unseen: 'it reads how many rows there are of something that nothing else of it reads',
} as const;
