/** A promise of a function that gives the value or throws: a rejection is then never left unhandled. */
export async function settled<T>(promise: Promise<T>): Promise<() => T> {
  try {
    const value = await promise
    return () => value
  } catch (error) {
    return () => {
      throw error
    }
  }
}
