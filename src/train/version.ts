// The version of mmlang, which every run records.

import pkg from '../../package.json' with { type: 'json' };

export const { version } = pkg;
