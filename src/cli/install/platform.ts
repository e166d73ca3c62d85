// This machine as the tables of what is installed name it.

/** `linux x64`, `macOS arm64`. Linux without glibc (Alpine) is another platform: no wheel is for it. */
export function thisPlatform(): string {
  const system = process.platform === 'darwin' ? 'macOS' : process.platform;
  return `${system} ${process.arch}${process.platform === 'linux' && !hasGlibc() ? ' with musl' : ''}`;
}

function hasGlibc(): boolean {
  const report: unknown = process.report.getReport();
  const header =
    typeof report === 'object' && report !== null && 'header' in report ? report.header : undefined;
  return typeof header === 'object' && header !== null && 'glibcVersionRuntime' in header;
}
