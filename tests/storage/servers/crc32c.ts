/** The table of CRC-32C (RFC 3720, appendix B.4), reflected. */
const table = Int32Array.from({ length: 256 }, (_, n) => {
  let sum = n
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0x82f63b78 : sum >>> 1
  return sum
})

/** CRC-32C of bytes as Google tells it: four bytes, the highest first, in base 64. */
export function crc32c(bytes: Uint8Array): string {
  let sum = -1
  for (const byte of bytes) sum = (table[(sum ^ byte) & 255] ?? 0) ^ (sum >>> 8)
  const out = Buffer.alloc(4)
  out.writeUInt32BE(~sum >>> 0)
  return out.toString('base64')
}
