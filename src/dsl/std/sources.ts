// The standard library's files, as text.

import adapt from './adapt.mm';
import align from './align.mm';
import attention from './attention.mm';
import cluster from './cluster.mm';
import contrast from './contrast.mm';
import crf from './crf.mm';
import crossEntropy from './cross-entropy.mm';
import ctc from './ctc.mm';
import divergence from './divergence.mm';
import dropout from './dropout.mm';
import embedding from './embedding.mm';
import generation from './generation.mm';
import linear from './linear.mm';
import mean from './mean.mm';
import norm from './norm.mm';
import picture from './picture.mm';
import random from './random.mm';
import recurrent from './recurrent.mm';
import speech from './speech.mm';
import statistics from './statistics.mm';
import subsample from './subsample.mm';
import transformer from './transformer.mm';
import video from './video.mm';

export const stdSources: readonly { readonly file: string; readonly text: string }[] = [
  { file: 'std/adapt.mm', text: adapt },
  { file: 'std/align.mm', text: align },
  { file: 'std/attention.mm', text: attention },
  { file: 'std/crf.mm', text: crf },
  { file: 'std/cross-entropy.mm', text: crossEntropy },
  { file: 'std/ctc.mm', text: ctc },
  { file: 'std/cluster.mm', text: cluster },
  { file: 'std/contrast.mm', text: contrast },
  { file: 'std/divergence.mm', text: divergence },
  { file: 'std/dropout.mm', text: dropout },
  { file: 'std/embedding.mm', text: embedding },
  { file: 'std/generation.mm', text: generation },
  { file: 'std/linear.mm', text: linear },
  { file: 'std/mean.mm', text: mean },
  { file: 'std/norm.mm', text: norm },
  { file: 'std/picture.mm', text: picture },
  { file: 'std/random.mm', text: random },
  { file: 'std/speech.mm', text: speech },
  { file: 'std/recurrent.mm', text: recurrent },
  { file: 'std/statistics.mm', text: statistics },
  { file: 'std/subsample.mm', text: subsample },
  { file: 'std/transformer.mm', text: transformer },
  { file: 'std/video.mm', text: video },
];
