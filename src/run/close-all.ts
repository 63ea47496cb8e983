/**
 * Closes one after the other, all of them, whatever one of them throws: a process that is not closed keeps ours
 * alive for ever. Rejects with the first error.
 */
export async function closeAll(...all: readonly { close(): Promise<void> }[]): Promise<void> {
  const errors: unknown[] = []
  for (const each of all) await each.close().catch((error: unknown) => void errors.push(error))
  if (errors.length > 0) throw errors[0]
}
