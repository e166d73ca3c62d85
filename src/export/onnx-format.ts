// Format `onnx`: one self-contained file.

import { onnxFile, onnxFileTarget } from '../backends/onnx/model-file.ts';
import { encodeModel } from '../backends/onnx/model-proto.ts';
import { openFile } from '../backends/onnx/run-file.ts';
import { type ExportFormat, mostOfProtobuf } from './format.ts';

export const onnxFormat: ExportFormat = {
  name: 'onnx',
  mostBytes: mostOfProtobuf,
  ending: '.onnx',
  single: true,
  target: onnxFileTarget,
  write(contents, base) {
    const { mmlang, doc, metadata } = contents;
    const made = onnxFile(contents);
    if (made.kind === 'refused') return made;
    const about = { producer: mmlang, metadata, ...(doc === undefined ? {} : { doc }) };
    const bytes = encodeModel({ ...made.model, ...about });
    return { kind: 'files', files: new Map([[base, bytes]]), ops: made.model.nodes.length };
  },
  open: openFile,
};
