/** How much time a partition stands for. Its values are texts: `2019-01-31T07`, `2019-01-31`, `2019-W05`, `2019-01`, `2019`. */
export type Grain = 'hour' | 'day' | 'week' | 'month' | 'year'

/** How a notebook works by partition: once for each value, and only where something changed. */
export interface PartitionOptions {
  /** The columns that all its outputs are partitioned by. */
  readonly by: string | readonly string[]
  /** Set when the only column stands for time: how much time one value is. */
  readonly every?: Grain
  /**
   * So many partitions before the latest one are computed again when late rows come; those before them are left as
   * they are, and their late rows are counted and listed. All are when left out.
   */
  readonly lookback?: number
  /** A partition is complete this long after the end of its time, such as `'2h'`. */
  readonly complete?: { readonly after: string }
}

/** The same as plain JSON. */
export interface DeclaredPartition {
  readonly by: readonly string[]
  readonly every?: Grain
  readonly lookback?: number
  /** Milliseconds. */
  readonly completeAfter?: number
}

/** The values of a partition, as texts, in the order of the columns that the table is partitioned by. */
export type PartitionValues = readonly string[]

/** A partition's name: `month=2019-01`, or `region=eu/month=2019-01`; what is no plain text is percent-encoded. */
export function partitionName(by: readonly string[], values: PartitionValues): string {
  return by.map((column, at) => `${encode(column)}=${encode(values[at] ?? '')}`).join('/')
}

/** As Hive does: a name of a partition holds no `/`, `=` or character that a terminal obeys. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll('%3A', ':').replaceAll('%20', ' ')
}
