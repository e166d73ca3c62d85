/** Bundles the page into a folder that any server of files can serve. */
export function buildPage(out: string): Promise<void>;
