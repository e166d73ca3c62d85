// Whole trainings on WebGPU.

import { testWholeRuns } from './whole-runs.ts';

testWholeRuns('webgpu', 30);
