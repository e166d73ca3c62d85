// Slips met in writing programs of the field: a teacher, experts, views of one picture.

import { block, type Mistake } from '../../../../src/dsl/gallery/base.ts';

const teacher = `model Teacher(width: int = 16) version "1.0.0" {
  modality text: Text(tokenizer: bpe(300), length: 8)
  labels Topic { World, Sports }
  encoder scores(t: text[N..., T]) -> float[N..., Topic] {
    return embedding(t.ids, width: width) |> mean(axis: -2) |> linear(out: Topic)
  }
  objective topics(text: text[B, T], topic: index(Topic)[B]) { return cross_entropy(scores(text), topic) }
  stage tune {
    minimize topics on news.train batch 8
    train all
    optimizer adamw(rate: 1e-3)
    steps 10
  }
}
`;

interface Student {
  readonly topics?: string;
  readonly wise?: string;
  readonly partition?: string;
}

/** A student whose teacher is another model, and what is frozen or read of it. */
const student = ({ topics = 'labels Topic = teacher.Topic', wise, partition }: Student): string =>
  `use "teacher.mm" as Teacher

model Student(teacher: model = Teacher) {
  modality text = teacher.text
  ${topics}
  part wise = teacher.scores
  encoder scores(t: text[N..., T]) -> float[N..., Topic] {
    return embedding(t.ids, width: 8) |> mean(axis: -2) |> linear(out: Topic)
  }
  objective follows(text: text[B, T]) {
    return kl_divergence(softmax(${wise ?? 'wise(text)'}), ${topics.startsWith('labels Topic {') ? '«softmax(scores(text))»' : 'softmax(scores(text))'})
  }
  stage distil from teacher.tune(wise) {
    minimize follows on news.train batch 8
    ${partition ?? 'freeze wise train rest'}
    optimizer adamw(rate: 1e-3)
    steps 10
  }
}
`;

/** A pretrained reader and a head on it, whose stage starts as it says. */
const probed = (from: string, freeze: string): string => `model Probe {
  modality text: Text(tokenizer: bpe(300), length: 8)
  labels Topic { World, Sports }
  encoder read(t: text[N..., T]) -> float[N..., T, 16] {
    return embedding(t.ids, width: 16) |> transformer(depth: 1, heads: 2, causal: true)
  }
  part words = linear(out: text)
  objective next(text: text[B, T]) {
    return cross_entropy(words(read(text))[:, :-1, :], text.ids[:, 1:])
  }
  objective topics(text: text[B, T], topic: index(Topic)[B]) {
    return cross_entropy(linear(mean(read(text), axis: -2), out: Topic), topic)
  }
  stage pretrain { minimize next on books.train batch 8 train all optimizer adamw(rate: 1e-3) steps 10 }
  stage probe${from} {
    minimize topics on news.train batch 8
    train rest
    freeze ${freeze}
    optimizer adamw(rate: 1e-3)
    steps 10
  }
}
`;

const files = { 'teacher.mm': teacher };

export const programSlips: readonly Mistake[] = [
  {
    name: 'a student with labels of its own',
    code: 'dims-differ',
    says: "take the used model's, as in labels Topic = Other.Topic",
    wrong: student({ topics: 'labels Topic { World, Sports }' }),
    mended: student({}),
    files,
  },
  {
    name: 'a teacher behind stop that is trained',
    code: 'matches-nothing',
    says: 'wise matches no weight',
    wrong: student({ wise: 'stop(wise(text))', partition: 'train «wise», scores' }),
    mended: student({ wise: 'stop(wise(text))' }),
    files,
  },
  {
    name: 'a probe that starts from nothing',
    code: 'frozen-at-random',
    says: 'start from a stage that trains them',
    wrong: probed('', '«read»'),
    mended: probed(' from pretrain', 'read'),
  },
  {
    name: 'a loss of experts that begins as a number',
    code: 'carry-changes',
    says: 'begin with a tensor: let balance = expand(0, [])',
    ...block(
      'block balanced(x: float[N..., D]) -> float {\n  let balance = 0\n  repeat 2 as layers {\n    «balance» = balance + mean(linear(x, out: 2))\n  }\n  return balance\n}',
      'block balanced(x: float[N..., D]) -> float {\n  let balance = expand(0, [])\n  repeat 2 as layers {\n    balance = balance + mean(linear(x, out: 2))\n  }\n  return balance\n}',
    ),
  },
  {
    name: 'a mask where numbers are wanted',
    code: 'argument-type',
    says: 'to_float(x) makes numbers of it',
    ...block(
      'block replaced(scores: float[N..., T], a: index(V)[N..., T], b: index(V)[N..., T]) -> float {\n  return binary_cross_entropy(scores, «a != b»)\n}',
      'block replaced(scores: float[N..., T], a: index(V)[N..., T], b: index(V)[N..., T]) -> float {\n  return binary_cross_entropy(scores, to_float(a != b))\n}',
    ),
  },
  {
    name: 'a class where a vector is wanted',
    code: 'argument-type',
    says: 'embedding(x, width: …) a vector',
    ...block(
      'block put_by(x: float[N..., D], class: index(K)[N...]) -> float[N..., D] {\n  return x + linear(«class», out: D)\n}',
      'block put_by(x: float[N..., D], class: index(K)[N...]) -> float[N..., D] {\n  return x + embedding(class, width: D)\n}',
    ),
  },
  {
    name: 'a function by its name in PyTorch',
    code: 'unknown-name',
    says: 'did you mean concat?',
    ...block(
      'block both(a: float[N..., D], b: float[N..., D]) {\n  return «cat»(a, b)\n}',
      'block both(a: float[N..., D], b: float[N..., D]) {\n  return concat(a, b)\n}',
    ),
  },
  {
    name: 'an activation by its name in TensorFlow',
    code: 'unknown-name',
    says: 'did you mean silu?',
    ...block(
      'block wide(x: float[N..., D]) -> float[N..., D] {\n  return feed_forward(x, activation: «swish»)\n}',
      'block wide(x: float[N..., D]) -> float[N..., D] {\n  return feed_forward(x, activation: silu)\n}',
    ),
  },
  {
    name: 'a pattern with an ellipsis, as einops has it',
    code: 'pattern-wrong',
    says: 'leading axes of a pack are one',
    ...block(
      'block flat(x: float[N..., H, W, C]) {\n  return rearrange(x, «"... h w c -> ... (h w) c"»)\n}',
      'block flat(x: float[N..., H, W, C]) {\n  return rearrange(x, "n h w c -> n (h w) c")\n}',
    ),
  },
  {
    name: 'labels as the type of a field',
    code: 'field-type',
    says: 'a label of them is index(Topic)[B]',
    wrong: teacher.replace('topic: index(Topic)[B]', 'topic: «Topic[B]»'),
    mended: teacher,
  },
  {
    name: 'noise by its name in PyTorch',
    code: 'unknown-name',
    says: 'did you mean noise?',
    ...block(
      'block noisy(x: float[N..., D]) {\n  return x + «randn_like»(x)\n}',
      'block noisy(x: float[N..., D]) {\n  return x + noise(x)\n}',
    ),
  },
];
