const units: Readonly<Record<string, number>> = {
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
}

/** Bytes of a size such as `500MB` or `2 GiB`; undefined when it is none, or none is given. */
export function parseSize(text: string | undefined): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s?([MGT]i?B)$/.exec(text ?? '')
  const unit = match?.[2] === undefined ? undefined : units[match[2]]
  return unit === undefined ? undefined : Math.round(Number(match?.[1]) * unit)
}
