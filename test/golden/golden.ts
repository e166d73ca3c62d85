// The file of golden values, and the numbers that both sides make from formulas (bench/golden/values.py).

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { HostTensor } from '../../src/base/tensor.ts';
import { elements } from '../../src/base/tensor.ts';

/** at + by · sin(phase + i + 0.37 i²) over the flat index i. */
export interface Wave {
  readonly shape: readonly number[];
  readonly phase: number;
  readonly at?: number;
  readonly by?: number;
}

export interface GoldenInput extends Wave {
  /** Of an index: how many positions it points at. */
  readonly of?: number;
  /** Which rows, and which places of each, are real. */
  readonly rows?: readonly number[];
  readonly places?: readonly (readonly number[])[];
}

export interface GoldenBlock {
  readonly block: string;
  readonly params: string;
  readonly returns: string;
  readonly inputs: Readonly<Record<string, GoldenInput>>;
  /** And states. */
  readonly weights: Readonly<Record<string, Wave & { readonly state?: true }>>;
  readonly shape: readonly number[];
  /** null where nothing is kept. */
  readonly out: readonly (number | null)[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
  /** Whether the block learns; what its states are then after the step. */
  readonly learning?: true;
  readonly next?: Readonly<Record<string, readonly number[]>>;
}

export interface GoldenSteps {
  readonly spec: string;
  readonly rows: number;
  readonly clip: number | null;
  /** Of the temperature. */
  readonly bounds: readonly [number, number];
  readonly weights: Readonly<Record<string, Wave>>;
  readonly steps: readonly {
    readonly loss: number;
    readonly gradient_norm: number;
    readonly weights: Readonly<Record<string, readonly number[]>>;
  }[];
}

export interface Golden {
  readonly blocks: readonly GoldenBlock[];
  readonly dropout: Wave & {
    readonly rate: number;
    readonly kept: readonly number[];
    readonly gradient: readonly number[];
  };
  readonly optimizers: Readonly<Record<'adamw' | 'sgd', readonly GoldenSteps[]>>;
}

export const golden = JSON.parse(readFileSync(join(import.meta.dirname, 'std.json'), 'utf8')) as Golden;

/** In double precision, which the reference keeps and other engines round. */
export function wave({ shape, phase, at = 0, by = 1 }: Wave): HostTensor {
  const value = (_: unknown, i: number): number => at + by * Math.sin(phase + i + 0.37 * i * i);
  return { dtype: 'f32', shape, data: Float64Array.from({ length: elements(shape) }, value) };
}

export function inputTensor(input: GoldenInput): HostTensor {
  const { shape, phase, of } = input;
  if (of === undefined) return wave(input);
  const data = Int32Array.from({ length: elements(shape) }, (_, i) => (phase + 7 * i + i * i) % of);
  return { dtype: 'i32', shape, data };
}

export function maskTensor(kept: readonly number[] | readonly (readonly number[])[]): HostTensor {
  const flat = kept.flat();
  const [first] = kept;
  const shape = Array.isArray(first) ? [kept.length, first.length] : [kept.length];
  return { dtype: 'bool', shape, data: Uint8Array.from(flat) };
}

/** Floats in single precision, for engines that have no other. */
export function single(tensors: ReadonlyMap<string, HostTensor>): Map<string, HostTensor> {
  return new Map(
    [...tensors].map(([name, t]) => [
      name,
      t.dtype === 'f32' ? { ...t, data: Float32Array.from(t.data) } : t,
    ]),
  );
}

/**
 * Each number is within `tolerance` of what it should be, relative to itself or, where it is small, to a tenth of the
 * largest of `beside` (numbers made in the same sum: what cancels keeps the error of what it was made of).
 */
export function expectNear(
  found: ArrayLike<number>,
  wanted: readonly number[],
  tolerance: number,
  what: string,
  beside = wanted,
): void {
  expect(found.length, what).toBe(wanted.length);
  const floor = beside.reduce((most, v) => Math.max(most, Math.abs(v)), 0) / 10;
  const far = wanted.flatMap((v, i) => {
    const error = Math.abs((found[i] ?? Number.NaN) - v) / Math.max(Math.abs(v), floor, 1e-12);
    return error <= tolerance ? [] : [`${what}[${i}] is ${found[i]}, not ${v}`];
  });
  expect(far).toEqual([]);
}
