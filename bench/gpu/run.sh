#!/usr/bin/env bash
# Every benchmark on this machine's CUDA card, ours on tensorflow beside its peers, into a file: bench/gpu/run.sh [results.json]
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-bench-gpu.json}
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
python=${MMLANG_PYTHON:-python3}
"$python" -c 'import torch; assert torch.cuda.is_available(), "this PyTorch has no CUDA"; print("PyTorch", torch.__version__, "CUDA", torch.version.cuda)'
for library in jax onnxruntime; do
  "$python" -c "import $library as l; print('$library', l.__version__)" || echo "no $library: it is skipped"
done
[ -d node_modules ] || npm ci
node bin/mm.mjs engines
MMLANG_PYTHON=$python MMLANG_PEER_DEVICE=cuda npm run --silent bench -- --only steps --engine tensorflow --json >"$out"
echo "written: $out"
