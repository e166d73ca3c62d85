// What simple methods reach on the same split with the same candidates, for reading a model's metrics.

export interface Floor {
  /** `nearest drawing`, `ridge regression` … */
  readonly name: string;
  /** `set.split` */
  readonly split: string;
  /** By the names that the measure uses. */
  readonly metrics: ReadonlyMap<string, number>;
}
