// Engines compute without a pause; between tests the runner is told how far they are, before it takes them for lost.

import { afterEach } from 'vitest';

afterEach(() => new Promise<void>(resolve => setTimeout(resolve, 5)));
