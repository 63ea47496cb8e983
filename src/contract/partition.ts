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

const wholeNumbers = new Set(['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT'])

/** Whether a column of a type can part a table: its values have one spelling each, and there may be few of them. */
export function isPartitionType(type: string): boolean {
  return wholeNumbers.has(type) || type === 'VARCHAR' || type === 'DATE' || type === 'BOOLEAN'
}

/** How values of partitions are ordered: whole numbers by value, all others by their texts. */
export function partitionOrder(types: readonly string[]): (a: PartitionValues, b: PartitionValues) => number {
  const numeric = types.map((type) => wholeNumbers.has(type))
  return (a, b) => {
    for (let at = 0; at < numeric.length; at++) {
      const [one, other] = [a[at] ?? '', b[at] ?? '']
      if (one === other) continue
      const least = numeric[at] === true ? BigInt(one) < BigInt(other) : one < other
      return least ? -1 : 1
    }
    return 0
  }
}

/** What a notebook that works by partition is told of the one that it computes: its values as texts, and its time. */
export type PartitionOf<P> = P extends { readonly by: infer B }
  ? {
      readonly [C in B extends string ? B : B extends readonly (infer E)[] ? E & string : never]: string
    } & (P extends {
      readonly every: Grain
    }
      ? { readonly start: Date; readonly end: Date }
      : {})
  : undefined

/** The values of a partition as one text, by which it is found. */
export function partitionKey(values: PartitionValues): string {
  return values.length === 1 ? (values[0] ?? '') : JSON.stringify(values)
}
