/** A `.mm` file imported from TypeScript is its text. */
declare module '*.mm' {
  const text: string;
  export default text;
}
