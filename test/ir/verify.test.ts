// The verifier finds what is wrong with a graph, each fault by name.

import { expect, test } from 'vitest';
import type { Graph } from '../../src/ir/graph.ts';
import { parse } from '../../src/ir/parse.ts';
import { verify } from '../../src/ir/verify.ts';
import { ops } from '../../src/ops/registry.ts';

const graph = (body: string): Graph => {
  const { value, diagnostics } = parse(`graph g {\n${body}\n}`);
  expect(diagnostics).toEqual([]);
  return value!;
};

test('a sound graph has no faults', () => {
  const sound = graph(`
    input %0 "x" feed: f32[2, 3]
    input %1 "w" weight: f32[3]
    %2: f32[2, 3] = mul(%0, %1)
    %3: f32[3] = reduce_sum(%2) {axes: [0], keepdims: false}
    next "w" %3
    fetch "w" %2`);
  expect(verify(sound, ops)).toEqual([]);
});

test.each([
  [
    'a read before its making',
    '%0: f32[] = neg(%1)\n%1: f32[] = constant() {dtype: "f32", shape: [], value: 1}',
    '%0 = neg: reads %1 before it is made',
  ],
  ['an unknown op', '%0: f32[] = fly()', '%0 = fly: there is no such op'],
  [
    'a wrong shape',
    'input %0 "x" feed: f32[2]\n%1: f32[3] = neg(%0)',
    '%1 = neg: output 0 is f32[3] where its rules give f32[2]',
  ],
  [
    'a wrong dtype',
    'input %0 "x" feed: f32[2]\n%1: i32[2] = neg(%0)',
    '%1 = neg: output 0 is i32[2] where its rules give f32[2]',
  ],
  [
    'too few outputs',
    'input %0 "x" feed: f32[2]\n%1: f32[2] = layer_norm(%0) {epsilon: 0.1}',
    '%1 = layer_norm: has 1 outputs where its rules give 2',
  ],
  [
    'rules that say no',
    'input %0 "x" feed: bool[2]\n%1: bool[2] = neg(%0)',
    '%1 = neg: neg takes floats of one dtype; got bool',
  ],
  ['two inputs of a name', 'input %0 "x" feed: f32[]\ninput %1 "x" feed: f32[]', 'two inputs are named x'],
  [
    'two outputs of a name',
    'input %0 "x" feed: f32[]\nfetch "y" %0\nfetch "y" %0',
    'two fetch outputs are named y',
  ],
  ['a next value without its input', 'input %0 "x" feed: f32[]\nnext "w" %0', 'output w: renews no input'],
  [
    'a next value of another type',
    'input %0 "x" feed: f32[2]\ninput %1 "w" weight: f32[]\nnext "w" %0',
    'output w: is f32[2] where its input is f32[]',
  ],
  [
    'a fault in a region',
    'input %0 "x" feed: f32[]\n%1: f32[] = neg(%0)\ngraph body {\n%0: f32[] = fly()\n}',
    '%1 = neg: in region body: %0 = fly: there is no such op',
  ],
])('%s', (_, body, fault) => {
  expect(verify(graph(body), ops)).toContain(fault);
});

test('an output that is never made, a value made twice', () => {
  const sound = graph('input %0 "x" feed: f32[]\n%1: f32[] = neg(%0)\nfetch "y" %1');
  const [node] = sound.nodes;
  expect(verify({ ...sound, nodes: [] }, ops)).toEqual(['output y: %1 is never made']);
  expect(verify({ ...sound, nodes: [node!, node!] }, ops)).toEqual(['%1 = neg: %1 is made twice']);
});
